"""The provider that the documentation writes passes, and so does one that can do little and says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bzz.providers.base import Capabilities, Provider
from bzz.providers.memory import MemoryProvider
from tests.providers.memory import test_conformance as memory
from tests.support.pages import ROOT, run

PAGE = run(ROOT / "docs" / "providers" / "write-a-provider.md")


shelf_suite: Any = PAGE["TestShelf"]


class TestTheProviderOfThePage(shelf_suite):
    """Passes."""


class PlainStore(MemoryProvider):
    """Can do very little."""

    capabilities = Capabilities(count=False, page=False, after=False, if_match=False)


class TestThePlainStore(memory.TestMemory):
    """Passes in what it can."""

    skips = memory.TestMemory.skips | dict.fromkeys(("count", "page", "after", "if_match"), "it cannot")

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        yield PlainStore()
