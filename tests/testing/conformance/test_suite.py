"""The provider of the documentation passes the suite, and so does one that declares all it lacks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import bzz
from bzz.providers.base import Provider
from bzz.providers.capabilities import Capabilities
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import ActState, Query
from tests.support import conformance as memory
from tests.support.client import Api
from tests.support.little import Tokens
from tests.support.pages import ROOT, run
from tests.support.text_provider import TextProvider
from tests.support.texts import Texts

PAGE = run(ROOT / "docs" / "providers" / "write-a-provider.md")


shelf_suite: Any = PAGE["TestShelf"]


class TestTheProviderOfThePage(shelf_suite):
    """Passes."""


async def test_the_first_provider_of_the_page_creates_and_reads(api: Api, tmp_path: Path) -> None:
    shelf = PAGE["Shelf"](tmp_path / "books.db")
    api.mount(bzz.ModelHive.routes_for(shelf, PAGE["Book"], methods=["GET", "POST"]))
    for key, title, pages in (("1", "Emma", 3), ("2", "Ulysses", 2), ("3", "Dune", 1)):
        made = await api("POST", "/book", json_body={"id": key, "title": title, "pages": pages})
        assert (made.status, made.json) == (201, {"id": key, "title": title, "pages": pages})
    assert (await api("POST", "/book", json_body={"id": "1", "title": "Emma"})).status == 409
    assert (await api("POST", "/book", json_body={"id": "4"})).json["errors"] == {"title": ["is required"]}
    assert (await api("GET", "/book/2")).json["title"] == "Ulysses"
    page = await api("GET", "/book?pages__lt=3&sort=pages&per_page=1&count=true")
    assert ([book["title"] for book in page.json], page.headers["X-Total-Count"]) == (["Dune"], "2")
    assert [(await api(*request)).status for request in (("GET", "/book/9"), ("DELETE", "/book/1"))] == [404, 405]


async def test_the_unit_of_work_of_the_page_rolls_back(tmp_path: Path) -> None:
    shelf = PAGE["InTransaction"](tmp_path / "books.db")
    schema = shelf.describe(PAGE["Book"])
    unit = await shelf.begin(ActState())
    await unit.write(unit.opened.execute, PAGE["TABLE"])
    await unit.write(shelf.insert, unit.opened, schema, {"id": "1", "title": "Emma"})
    listing = await unit.read(shelf.page, unit.opened, schema, Query(), ActState(unit=unit))
    assert [one.values["title"] for one in listing.items] == ["Emma"]
    await shelf.end(unit)
    assert (await shelf.list(schema, Query(), state=ActState(), needs_instances=False)).items == []
    await shelf.close()


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
