"""The provider of the documentation passes the suite, and so does one that declares all it lacks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bzz.providers.base import Provider
from bzz.providers.capabilities import Capabilities
from bzz.providers.memory import MemoryProvider
from tests.support import conformance as memory
from tests.support.little import Tokens
from tests.support.pages import ROOT, run
from tests.support.text_provider import TextProvider
from tests.support.texts import Texts

PAGE = run(ROOT / "docs" / "providers" / "write-a-provider.md")


shelf_suite: Any = PAGE["TestShelf"]


class TestTheProviderOfThePage(shelf_suite):
    """Passes."""


class PlainStore(MemoryProvider):
    """A store without any capability but pages by number."""

    capabilities = Capabilities(count=False, after=False, if_match=False)


class TestThePlainStore(memory.MemorySuite):
    """Passes all cases but those of capabilities."""

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        yield PlainStore()


class TestTheStoreWithTokens(memory.MemorySuite):
    """Passes all cases but those of orders and page numbers."""

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        yield Tokens()


class TestTheStoreOfTexts(memory.MemorySuite):
    """Passes with an asynchronous provider, whose store can little and keeps nothing but texts."""

    skips = {  # noqa: RUF012
        **{name: why for name, why in memory.MemorySuite.skips.items() if name != "unreachable"},
        "unit": "a write is of one text",
    }

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        yield TextProvider(Texts())

    @asynccontextmanager
    async def unreachable(self) -> AsyncIterator[Provider]:
        texts = Texts()
        texts.is_up = False
        yield TextProvider(texts)
