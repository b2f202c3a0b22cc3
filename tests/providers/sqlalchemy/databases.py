"""The databases of the tests: SQLite always, others at ``BZZ_TEST_POSTGRES_URI`` and ``BZZ_TEST_MARIADB_URI``."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import sessionmaker

POSTGRES = os.environ.get("BZZ_TEST_POSTGRES_URI", "")
DRIVERS = {"sqlite": "sqlite+pysqlite", "aiosqlite": "sqlite+aiosqlite"} | (
    {"psycopg": "postgresql+psycopg", "asyncpg": "postgresql+asyncpg"} if POSTGRES else {}
)
MARIADB = os.environ.get("BZZ_TEST_MARIADB_URI", "")
SCHEMA = f"bzz_test_{os.getpid()}"  # of PostgreSQL, or a database of MariaDB; for this process alone
SEARCH = {
    "psycopg": {"options": f"-csearch_path={SCHEMA}"},
    "asyncpg": {"server_settings": {"search_path": SCHEMA}},
}
TEXT = sa.String().with_variant(sa.String(190), "mariadb")  # MariaDB needs a length
DATETIME = sa.DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), "mariadb")
TIME = sa.Time().with_variant(mysql.TIME(fsp=6), "mariadb")
needs_mariadb = pytest.mark.skipif(not MARIADB, reason="BZZ_TEST_MARIADB_URI is not set")
needs_postgres = pytest.mark.skipif(not POSTGRES, reason="BZZ_TEST_POSTGRES_URI is not set")


def url(driver: str, folder: Path) -> str:
    """Return the URL of an empty database, by the name of a driver in ``DRIVERS``."""
    scheme = DRIVERS[driver]
    return f"{scheme}:///{folder / 'test.db'}" if "sqlite" in driver else f"{scheme}://{POSTGRES.partition('://')[2]}"


def engine_for(address: str, **options: Any) -> Any:
    """Return an engine, asynchronous if its driver is; one of SQLite holds references."""
    is_async = "aiosqlite" in address or "asyncpg" in address
    if is_postgres := address.startswith("postgresql"):
        options["connect_args"] = SEARCH[address.partition("+")[2].partition(":")[0]]
    engine: Any = create_async_engine(address, **options) if is_async else sa.create_engine(address, **options)
    if not is_postgres:

        @sa.event.listens_for(engine.sync_engine if is_async else engine, "connect")
        def hold_references(connection: Any, record: Any) -> None:
            connection.execute("PRAGMA foreign_keys = ON")

    return engine


def factory_of(engine: Any) -> Any:
    """Return a session factory of an engine's kind."""
    return sessionmaker(engine) if isinstance(engine, sa.Engine) else async_sessionmaker(engine)


def drop(connection: sa.Connection) -> None:
    """Leave nothing behind in PostgreSQL; a file of SQLite's goes with its folder."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.schema.DropSchema(SCHEMA, cascade=True, if_exists=True))


@asynccontextmanager
async def connected(address: str, metadata: sa.MetaData, **options: Any) -> AsyncIterator[Callable[[], Any]]:
    """Yield a session factory on a database with empty tables."""
    engine = engine_for(address, **options)

    def recreate(connection: sa.Connection) -> None:
        drop(connection)
        if connection.dialect.name == "postgresql":
            connection.execute(sa.schema.CreateSchema(SCHEMA))
        metadata.create_all(connection)

    try:
        if isinstance(engine, sa.Engine):
            with engine.begin() as connection:
                recreate(connection)
        else:
            async with engine.begin() as connection:
                await connection.run_sync(recreate)
        yield factory_of(engine)
    finally:
        if isinstance(engine, sa.Engine):
            with engine.begin() as connection:
                drop(connection)
            engine.dispose()
        else:
            async with engine.begin() as connection:
                await connection.run_sync(drop)
            await engine.dispose()
            for thread in threading.enumerate():  # of aiosqlite, which tell the loop that they end
                if "_connection_worker_thread" in thread.name:
                    await asyncio.to_thread(thread.join, 5)


@asynccontextmanager
async def mariadb(metadata: sa.MetaData) -> AsyncIterator[Callable[[], Any]]:
    """Yield a session factory on a database of MariaDB with empty tables. It compares text byte by byte."""
    address = sa.make_url(f"mariadb+pymysql://{MARIADB.partition('://')[2]}")
    server, engine = sa.create_engine(address), sa.create_engine(address.set(database=SCHEMA), pool_size=20)
    with server.begin() as connection:
        connection.execute(sa.text(f"DROP DATABASE IF EXISTS {SCHEMA}"))
        connection.execute(sa.text(f"CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin"))
    try:
        metadata.create_all(engine)
        yield factory_of(engine)
    finally:
        engine.dispose()
        with server.begin() as connection:
            connection.execute(sa.text(f"DROP DATABASE {SCHEMA}"))
        server.dispose()
