"""The suite is passed by a provider whose units of work each have a thread and a connection of their own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bzz.providers.base import Provider
from tests.support.unit_shelf import PAGE, UnitShelf

shelf_suite: Any = PAGE["TestShelf"]


class TestTheStoreWithThreads(shelf_suite):
    """Passes all cases, those of units included."""

    skips = {name: why for name, why in shelf_suite.skips.items() if name != "unit"}  # noqa: RUF012

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        self.provider = UnitShelf(self.path)
        yield self.provider

    @asynccontextmanager
    async def unreachable(self) -> AsyncIterator[Provider]:
        yield UnitShelf("/no/such/folder/shelf.db", timeout=0.5)

    async def write_in(self, unit: Any, **values: Any) -> None:
        await self.provider.add(unit, self.provider.describe(self.person), values)
