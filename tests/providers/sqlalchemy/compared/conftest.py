"""The schemas in a database, served in three ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa
import tornado.ioloop
from sqlalchemy.orm import Session

import bzz
from bzz.http.urls import snake_case
from tests.providers.sqlalchemy.compared import chinook, oracle, trade, trade_rows
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.databases import DRIVERS
from tests.support.client import Api

DATABASES = [driver for driver in ("sqlite", "asyncpg") if driver in DRIVERS]  # one of each kind
ALL, ALONE = "/all", "/alone"  # all classes are one family, or each class is a family of its own
UNSTORED = "/unstored"  # all classes but those that store a many-to-many relation


@dataclass
class Served:
    """A schema that is served.

    Args:
        api: the application.
        database: the database.
        metadata: its tables.
        models: its classes.
        rows: its rows at the beginning, by table.
        new: values of a new instance that differ from those of the others, by class.
    """

    api: Api
    database: Database
    metadata: sa.MetaData
    models: list[Any]
    rows: dict[str, list[dict[str, Any]]]
    new: dict[str, dict[str, Any]]

    def path(self, model: Any, *rest: str, below: str = ALL) -> str:
        return "/".join([below, snake_case(model.__name__), *rest])

    def alone(self, model: Any) -> str:
        """Return the prefix of the family that has only one class."""
        return f"{ALONE}/{model.__name__}"

    async def world(self) -> oracle.World:
        return await self.database.run(lambda session: oracle.world_of(session, self.models))

    async def refill(self) -> None:
        """Store the rows of the beginning, and no others."""
        await self.database.run(self._refill)

    def _refill(self, session: Session) -> None:
        tables = [self.metadata.tables[name] for name in self.rows]
        for table in reversed(self.metadata.sorted_tables):
            if table in tables:
                session.execute(sa.delete(table))
        for table in self.metadata.sorted_tables:
            if table in tables:
                session.execute(sa.insert(table), self.rows[table.name])
        self.restart_keys(session)
        session.commit()

    def restart_keys(self, session: Session) -> None:
        """Let PostgreSQL generate the keys that follow those of the rows. SQLite does so by itself."""
        if session.get_bind().dialect.name == "postgresql":
            for name in self.rows:
                for column in self.metadata.tables[name].primary_key:
                    sequence = sa.func.pg_get_serial_sequence(f'"{name}"', column.name)
                    session.execute(
                        sa.select(sa.func.setval(sequence, sa.select(sa.func.max(column)).scalar_subquery()))
                    )

    def tables(self, session: Session) -> dict[str, list[Any]]:
        """Return the rows of all tables, in the order of their keys."""
        tables = {name: self.metadata.tables[name] for name in self.rows}
        return {
            name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key))]
            for name, table in tables.items()
        }


def _mount(served: Served) -> None:
    def hive(model: Any) -> Any:
        return bzz.ModelHive("sqlalchemy", model, session_factory=served.database.factory)

    unstored = [model for model in served.models if model.__name__ != "Employment"]
    apis = [bzz.Api([hive(model) for model in served.models], prefix=ALL)]
    apis += [bzz.Api([hive(model) for model in unstored], prefix=UNSTORED)]
    apis += [bzz.Api([hive(model)], prefix=served.alone(model)) for model in served.models]
    served.api.mount(*(api.routes() for api in apis))


async def _run(database: Database, function: Callable[[sa.Connection], Any]) -> Any:
    def in_connection(session: Session) -> Any:
        found = function(session.connection())
        session.commit()
        return found

    return await database.run(in_connection)


async def serve_chinook(api: Api, database: Database) -> Served:
    await _run(database, chinook.create_tables)
    base, models = await _run(database, chinook.mapped)
    new = chinook.NEW if database.sync_engine.dialect.name == "postgresql" else {}  # SQLite generates each key
    return Served(api, database, base.metadata, models, chinook.rows(), new)


async def serve_trade(api: Api, database: Database) -> Served:
    await database.create(trade.Trade)
    return Served(api, database, trade.Trade.metadata, trade.MODELS, trade_rows.rows(), trade_rows.NEW)


@pytest.fixture(params=[serve_chinook, serve_trade], ids=["chinook", "trade"])
def served(request: pytest.FixtureRequest, api: Api, database: Database, io_loop: tornado.ioloop.IOLoop) -> Served:
    async def serve() -> Served:
        found: Served = await request.param(api, database)
        await found.refill()
        _mount(found)
        return found

    found: Served = io_loop.run_sync(serve)
    return found
