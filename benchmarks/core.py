"""People stored as rows, by statements of SQLAlchemy Core that are built once. There are no instances."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.people import PER_PAGE, People
from benchmarks.threads import ThreadedPeople

Values = dict[str, Any]


class Statements:
    """The statements on one table, whose first column is the integer ``id``.

    Args:
        table: the table.
    """

    def __init__(self, table: sa.Table) -> None:
        has_key = table.c.id == sa.bindparam("key")
        self._names = table.c.keys()
        self.one = sa.select(table).where(has_key)
        self.first = sa.select(table).order_by(table.c.id).limit(PER_PAGE)
        self.create = sa.insert(table).returning(*table.c)
        self.update = sa.update(table).where(has_key).returning(*table.c)

    def shown(self, row: Any) -> Values:
        """Return the values of a row that a reply shows."""
        return {**dict(zip(self._names, row, strict=True)), "id": str(row[0])}

    def shown_or_none(self, row: Any) -> Values | None:
        """Return the same as ``shown``, or None for no row."""
        return None if row is None else self.shown(row)


def parameters(key: str, values: Mapping[str, Any] = {}) -> Values:
    """Return the parameters of a statement. No row has the key -1."""
    return {"key": int(key) if key.isdecimal() else -1, **values}


class CorePeople(ThreadedPeople):
    """People of a synchronous engine. Each operation runs in a thread.

    Args:
        pool: see ``ThreadedPeople``.
        engine: the engine. Reads of PostgreSQL are in no transaction.
        table: the table.
    """

    def __init__(self, pool: ThreadPoolExecutor, engine: sa.Engine, table: sa.Table) -> None:
        super().__init__(pool)
        level = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
        self._engine, self._reading, self._do = engine, engine.execution_options(**level), Statements(table)

    def get_one(self, key: str) -> Values | None:
        with self._reading.connect() as connection:
            return self._do.shown_or_none(connection.execute(self._do.one, parameters(key)).first())

    def get_first(self) -> list[Values]:
        with self._reading.connect() as connection:
            return [*map(self._do.shown, connection.execute(self._do.first))]

    def create_one(self, values: Values) -> Values:
        with self._engine.begin() as connection:
            return self._do.shown(connection.execute(self._do.create, values).one())

    def update_one(self, key: str, values: Values) -> Values | None:
        with self._engine.begin() as connection:
            return self._do.shown_or_none(connection.execute(self._do.update, parameters(key, values)).first())


class AsyncCorePeople(People):
    """People of an asynchronous engine.

    Args:
        engine: the engine. Reads of PostgreSQL are in no transaction.
        table: the table.
    """

    def __init__(self, engine: AsyncEngine, table: sa.Table) -> None:
        level = {} if engine.dialect.name == "sqlite" else {"isolation_level": "AUTOCOMMIT"}
        self._engine, self._reading, self._do = engine, engine.execution_options(**level), Statements(table)

    async def get(self, key: str) -> Values | None:
        async with self._reading.connect() as connection:
            return self._do.shown_or_none((await connection.execute(self._do.one, parameters(key))).first())

    async def first(self) -> list[Values]:
        async with self._reading.connect() as connection:
            return [*map(self._do.shown, await connection.execute(self._do.first))]

    async def create(self, values: Values) -> Values:
        async with self._engine.begin() as connection:
            return self._do.shown((await connection.execute(self._do.create, values)).one())

    async def update(self, key: str, values: Values) -> Values | None:
        async with self._engine.begin() as connection:
            return self._do.shown_or_none((await connection.execute(self._do.update, parameters(key, values))).first())
