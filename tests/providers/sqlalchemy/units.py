"""Calls to a provider without an act around them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.values import ActState, Address, Stored
from bzz.providers.writes import Create, Delete, Update, Write
from tests.providers.sqlalchemy.conftest import Database, ended


@asynccontextmanager
async def unit(provider: SQLAlchemyProvider, *, is_writing: bool = True) -> AsyncIterator[ActState]:
    """Yield the state of an act, with an open unit of work."""
    state = ActState(is_writing=is_writing)
    state.unit = await provider.begin(state)
    try:
        yield state
    finally:
        await ended(provider, state.unit)


class Writer:
    """Makes writes for a provider, and performs them together.

    Args:
        database: the database of the provider.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.provider = SQLAlchemyProvider(database.factory)

    async def __call__(self, *writes: Write) -> Sequence[Stored]:
        """Perform writes in one transaction, and forget the statements before them."""
        async with unit(self.provider) as state:
            self.database.statements.clear()
            return await self.provider.write_all(writes, state=state)

    async def alone(self, write: Update) -> Stored:
        """Perform an update by ``Provider.update``."""
        async with unit(self.provider) as state:
            return await self.alone_in(state, write)

    async def alone_in(self, state: ActState, write: Update) -> Stored:
        return await self.provider.update(write.address, write.change, exact=False, loaded=None, state=state)

    def address(self, model: type, key: Any, field: str | None = None, **undefer: Any) -> Address:
        schema = self.provider.describe(model)
        found = Address.parse(schema, str(key), field)
        return Address(schema, found.id, found.field, found.parsed, undefer)

    def create(self, model: type, **data: Any) -> Create:
        return Create(self.provider.describe(model), data)

    def update(self, model: type, key: Any, /, **changed: Any) -> Update:
        deferred = self.provider.describe(model).deferred.intersection(changed)
        return Update(self.address(model, key, **dict.fromkeys(deferred)), lambda values: values | changed)

    def delete(self, model: type, key: Any) -> Delete:
        return Delete(self.address(model, key))

    async def values(self, model: type, key: Any, **undefer: Any) -> dict[str, Any]:
        """Return the stored values of an instance."""
        async with unit(self.provider, is_writing=False) as state:
            address = self.address(model, key, **undefer)
            return (await self.provider.get(address, state=state, needs_instances=False)).values
