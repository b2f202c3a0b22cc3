"""The shelf of the page about providers, with units of work: connections of SQLite that belong to a thread."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from bzz.exceptions import Unavailable
from bzz.providers import ActState, ThreadUnit
from tests.support.pages import ROOT, run

P = ParamSpec("P")
T = TypeVar("T")
Unit = ThreadUnit[sqlite3.Connection]
PAGE = run(ROOT / "docs" / "providers" / "write-a-provider.md")
shelf: Any = PAGE["ShelfProvider"]


class UnitShelf(shelf):
    """A shelf whose transactions begin with the first write in a unit, so that a unit alone locks nothing."""

    async def begin(self, state: ActState) -> Unit:
        unit: Unit = await self.open_thread(self.connection)
        return unit

    async def end(self, unit: Unit) -> None:
        await unit.close()

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = sqlite3.connect(self.path, timeout=self.timeout / 2, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise Unavailable("The shelf cannot be opened.") from error
        with closing(connection):  # rolls back unless it is committed
            connection.execute(PAGE["TABLE"])
            yield connection

    async def get(self, address: Any, *, state: Any, **options: Any) -> Any:
        return await state.unit.read(self.find, state.unit.opened, address, state)

    async def list(self, schema: Any, query: Any, *, state: Any, **options: Any) -> Any:
        return await state.unit.read(self.page, state.unit.opened, schema, query, state)

    async def create(self, schema: Any, data: Any, *, state: Any) -> Any:
        return await self.commit(state.unit, self.insert, schema, data)

    async def update(self, address: Any, change: Any, *, state: Any, **options: Any) -> Any:
        return await self.commit(state.unit, self.alter, address, change, state)

    async def delete(self, address: Any, *, check: Any, state: Any, **options: Any) -> Any:
        return await self.commit(state.unit, self.remove, address, check, state)

    async def add(self, unit: Unit, schema: Any, data: Any) -> None:
        """Insert an instance in a unit, and do not commit it."""
        await unit.write(in_transaction, unit.opened, self.insert, schema, data)

    async def commit(
        self,
        unit: Unit,
        function: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        def committed(connection: sqlite3.Connection) -> T:
            result = in_transaction(connection, function, *args, **kwargs)
            connection.execute("COMMIT")
            return result

        return await unit.write(committed, unit.opened)


def in_transaction(
    connection: sqlite3.Connection,
    function: Callable[Concatenate[sqlite3.Connection, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    try:
        if not connection.in_transaction:
            connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise Unavailable("The shelf is locked.") from error
    return function(connection, *args, **kwargs)
