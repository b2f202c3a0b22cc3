"""The contests of SQLAlchemy, with synchronous and with asynchronous sessions."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from benchmarks.core import AsyncCorePeople, CorePeople
from benchmarks.people import PER_PAGE, ROWS, Contest, People, check, person, represent
from benchmarks.threads import ThreadedPeople
from bzz.providers.sqlalchemy import SQLAlchemyProvider

CONNECTIONS = 8


class Base(DeclarativeBase):
    """The base class of the model."""


class Person(Base):
    __tablename__ = "bzz_benchmark_person"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]
    age: Mapped[int | None]
    active: Mapped[bool] = mapped_column(default=True)
    joined: Mapped[datetime | None]


FIRST = sa.select(Person).order_by(Person.id).limit(PER_PAGE)


class RowPeople(ThreadedPeople):
    """People stored as rows.

    Each operation runs in a thread, with a session of its own.
    """

    def __init__(self, pool: ThreadPoolExecutor, sessions: sessionmaker[Session]) -> None:
        super().__init__(pool)
        self._sessions = sessions

    def get_one(self, key: str) -> dict[str, Any] | None:
        with self._sessions() as session:
            found = session.get(Person, int(key)) if key.isdecimal() else None
            return represent(found) if found else None

    def get_first(self) -> list[dict[str, Any]]:
        with self._sessions() as session:
            return [represent(found) for found in session.scalars(FIRST)]

    def create_one(self, values: dict[str, Any]) -> dict[str, Any]:
        with self._sessions.begin() as session:
            created = Person(**values)
            session.add(created)
            session.flush()
            session.refresh(created)
            return represent(created)

    def update_one(self, key: str, values: dict[str, Any]) -> dict[str, Any] | None:
        with self._sessions.begin() as session:
            found = session.get(Person, int(key), with_for_update=True) if key.isdecimal() else None
            if found is None:
                return None
            for name, value in values.items():
                setattr(found, name, value)
            session.flush()
            session.refresh(found)
            return represent(found)


class AsyncRowPeople(People):
    """People stored as rows.

    Each operation has an asynchronous session of its own.
    """

    def __init__(self, sessions: async_sessionmaker[AsyncSession]) -> None:
        self._sessions = sessions

    async def get(self, key: str) -> dict[str, Any] | None:
        async with self._sessions() as session:
            found = await session.get(Person, int(key)) if key.isdecimal() else None
            return represent(found) if found else None

    async def first(self) -> list[dict[str, Any]]:
        async with self._sessions() as session:
            return [represent(found) for found in await session.scalars(FIRST)]

    async def create(self, values: dict[str, Any]) -> dict[str, Any]:
        async with self._sessions.begin() as session:
            created = Person(**values)
            session.add(created)
            await session.flush()
            await session.refresh(created)
            return represent(created)

    async def update(self, key: str, values: dict[str, Any]) -> dict[str, Any] | None:
        async with self._sessions.begin() as session:
            found = await session.get(Person, int(key), with_for_update=True) if key.isdecimal() else None
            if found is None:
                return None
            for name, value in values.items():
                setattr(found, name, value)
            await session.flush()
            await session.refresh(found)
            return represent(found)


@asynccontextmanager
async def by_threads(url: sa.URL) -> AsyncIterator[Contest]:
    """Yield the contest of synchronous sessions on the database at ``url``."""
    engine = _quick(sa.create_engine(url, pool_size=CONNECTIONS, max_overflow=0))
    _fill(engine.connect())
    sessions = sessionmaker(engine, expire_on_commit=False)
    provider = SQLAlchemyProvider(sessions)
    pool, table = ThreadPoolExecutor(provider.threads), Base.metadata.tables[Person.__tablename__]
    yield _contest(provider, RowPeople(pool, sessions), CorePeople(pool, engine, table))
    Base.metadata.drop_all(engine)
    engine.dispose()


@asynccontextmanager
async def by_awaiting(url: sa.URL) -> AsyncIterator[Contest]:
    """Yield the contest of asynchronous sessions on the database at ``url``."""
    engine = create_async_engine(url, pool_size=CONNECTIONS, max_overflow=0)
    _quick(engine.sync_engine)
    async with engine.connect() as connection:
        await connection.run_sync(_fill)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    table = Base.metadata.tables[Person.__tablename__]
    yield _contest(SQLAlchemyProvider(sessions), AsyncRowPeople(sessions), AsyncCorePeople(engine, table))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
    await engine.dispose()


@asynccontextmanager
async def sqlite(driver: str) -> AsyncIterator[Contest]:
    """Yield the contest on a SQLite file.

    The driver is ``sqlite+pysqlite`` or ``sqlite+aiosqlite``.
    """
    with tempfile.TemporaryDirectory() as folder:
        url = sa.URL.create(driver, database=str(Path(folder) / "people.sqlite"))
        async with (by_awaiting if driver.endswith("aiosqlite") else by_threads)(url) as contest:
            yield contest


def _quick(engine: sa.Engine) -> sa.Engine:
    """Configure SQLite so that locks and the disk delay nothing.

    Writers do not lock out readers, and commits do not wait for the disk.
    """
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine, "connect")
        def connected(connection: Any, _: Any) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")

    return engine


def _fill(connection: sa.Connection) -> None:
    Base.metadata.drop_all(connection)
    Base.metadata.create_all(connection)
    connection.execute(sa.insert(Person), [check(orjson.dumps(person(number))) for number in range(ROWS)])
    connection.commit()
    connection.close()


def _contest(provider: SQLAlchemyProvider, orm: People, core: People) -> Contest:
    by_hand = {"the ORM by hand": orm, "Core by hand": core}
    return Contest(Person, provider, by_hand, [str(number + 1) for number in range(ROWS)])
