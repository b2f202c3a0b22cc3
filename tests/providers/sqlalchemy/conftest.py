"""The provider on a database, over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
import tornado.ioloop
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import Session

import bzz
from bzz.providers.base import Provider
from tests.providers.sqlalchemy.databases import DRIVERS, connected, url
from tests.providers.sqlalchemy.models import MODELS, TRIGGERS, Base, Dataclasses, Item, Shelf
from tests.support.client import Api

T = TypeVar("T")


@dataclass
class Database:
    """A database with empty tables.

    Args:
        driver: name of the driver.
        factory: of sessions.
        engine: of the sessions.
        statements: that were sent to it.
    """

    driver: str
    factory: Any
    engine: Any
    statements: list[str] = field(default_factory=list)

    @property
    def is_async(self) -> bool:
        return isinstance(self.engine, AsyncEngine)

    @property
    def sync_engine(self) -> sa.Engine:
        made: sa.Engine = self.engine.sync_engine if self.is_async else self.engine
        return made

    async def create(self, base: Any) -> None:
        """Create the tables of other classes."""
        if self.is_async:
            async with self.engine.begin() as connection:
                await connection.run_sync(base.metadata.create_all)
        else:
            base.metadata.create_all(self.engine)

    async def run(self, function: Callable[[Session], T]) -> T:
        """Return the result of a function that uses a session."""
        session = self.factory()
        try:
            return await (session.run_sync(function) if self.is_async else asyncio.to_thread(function, session))
        finally:
            await (session.close() if self.is_async else asyncio.to_thread(session.close))


@pytest.fixture(params=DRIVERS)
def database(request: pytest.FixtureRequest, tmp_path: Path, io_loop: tornado.ioloop.IOLoop) -> Iterator[Database]:
    driver: str = request.param
    for table in Dataclasses.metadata.tables.values():
        if table.name not in Base.metadata.tables:
            table.to_metadata(Base.metadata)
    context = connected(url(driver, tmp_path), Base.metadata)
    factory = io_loop.run_sync(context.__aenter__)
    found = Database(driver, factory, factory.kw["bind"])

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        found.statements.append(statement)

    def add_triggers(connection: sa.Connection) -> None:
        for trigger in TRIGGERS[connection.dialect.name]:
            connection.exec_driver_sql(trigger)

    async def prepare() -> None:
        if found.is_async:
            async with found.engine.begin() as connection:
                await connection.run_sync(add_triggers)
        else:
            with found.engine.begin() as connection:
                add_triggers(connection)

    io_loop.run_sync(prepare)
    sa.event.listen(found.sync_engine, "before_cursor_execute", note)
    yield found
    pool: Any = found.sync_engine.pool
    for _ in range(200):  # a thread that was given up closes its session itself
        if pool.checkedout():
            io_loop.run_sync(lambda: asyncio.sleep(0.01))
    assert pool.checkedout() == 0, "each session was closed"
    io_loop.run_sync(lambda: context.__aexit__(None, None, None))


@pytest.fixture
def sql(api: Api, database: Database) -> Api:
    """The API with all models in the database."""
    for model in (*MODELS, Shelf, Item):
        api.mount(bzz.ModelHive.routes_for("sqlalchemy", model, session_factory=database.factory))
    return api


async def mount(api: Api, database: Database, base: Any, *models: type, **options: Any) -> Api:
    """Create the tables of other classes in the database, and serve them."""
    await database.create(base)
    for model in models:
        api.mount(bzz.ModelHive.routes_for("sqlalchemy", model, session_factory=database.factory, **options))
    return api


async def ended(provider: Provider, unit: Any) -> None:
    """End a unit of work and wait for its end."""
    ending = provider.end(unit)
    if ending is not None:
        await ending
