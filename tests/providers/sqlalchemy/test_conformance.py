"""The SQLAlchemy provider keeps the promises of all providers, on SQLite and PostgreSQL, synchronously and not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from bzz.providers.base import Provider
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.providers.sqlalchemy.databases import (
    connected,
    engine_for,
    factory_of,
    mariadb,
    needs_mariadb,
    needs_postgres,
    url,
)
from tests.providers.sqlalchemy.suite import Base, SQLAlchemySuite

TYPED = {"broken": "the types of the columns refuse each value that cannot be loaded"}
AWAITED = "the code of the model runs on the event loop, where the session awaits the database"


class Conformance(SQLAlchemySuite):
    driver: ClassVar[str]

    @pytest.fixture(autouse=True)
    def _database(self, tmp_path: Path) -> None:
        self.url = url(self.driver, tmp_path)

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        async with connected(self.url, Base.metadata) as factory:
            yield SQLAlchemyProvider(factory)

    @asynccontextmanager
    async def unreachable(self) -> AsyncIterator[Provider]:
        nowhere = self.url.replace("test.db", "no/such/folder").replace("127.0.0.1", "127.0.0.1:1")
        engine = engine_for(nowhere)
        yield SQLAlchemyProvider(factory_of(engine), timeout=0.5)


class TestSQLite(Conformance):
    driver = "sqlite"


class TestAiosqlite(Conformance):
    driver = "aiosqlite"
    skips: ClassVar[dict[str, str]] = {**SQLAlchemySuite.skips, "threads": AWAITED}


@needs_postgres
class TestPsycopg(Conformance):
    driver = "psycopg"
    skips: ClassVar[dict[str, str]] = SQLAlchemySuite.skips | TYPED


@needs_mariadb
class TestMariaDB(SQLAlchemySuite):
    skips: ClassVar[dict[str, str]] = {**SQLAlchemySuite.skips, **TYPED, "unreachable": "proven with PostgreSQL"}

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        async with mariadb(Base.metadata) as factory:
            yield SQLAlchemyProvider(factory)


@needs_postgres
class TestAsyncpg(Conformance):
    driver = "asyncpg"
    skips: ClassVar[dict[str, str]] = {**SQLAlchemySuite.skips, **TYPED, "threads": AWAITED}
