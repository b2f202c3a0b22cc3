"""The directory as mapped classes of SQLAlchemy.

People, teams and the projects of teams are stored in tables.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker, validates

from bzz.providers.sqlalchemy import SQLAlchemyProvider

SECONDS_TO_CONNECT = 10


class Base(DeclarativeBase):
    """The base class of all tables."""

    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  # an id is never used again, as in other databases


member = sa.Table(
    "member",
    Base.metadata,
    sa.Column("team_id", sa.ForeignKey("team.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
)


class Person(Base):
    """A person in the directory."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    role: Mapped[str | None] = mapped_column(sa.String(80))
    joined: Mapped[date | None]

    @validates("email")
    def check_email(self, _: str, email: str | None) -> str | None:
        """Return an e-mail address or None.

        Raise ValueError if the text does not look like an e-mail address.
        """
        if email is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
            raise ValueError("is no e-mail address")
        return email


class Team(Base):
    """A team with its members and its lead.

    A person who leads a team cannot be deleted. A person who is deleted leaves the teams.
    """

    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    lead_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    lead: Mapped[Person | None] = relationship()
    members: Mapped[list[Person]] = relationship(secondary=member, passive_deletes=True)
    projects: Mapped[list[Project]] = relationship(back_populates="team", passive_deletes="all")


class Project(Base):
    """A project of a team.

    It is deleted together with its team.
    """

    __tablename__ = "project"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    status: Mapped[Literal["idea", "active", "done"]] = mapped_column(default="idea")
    due: Mapped[date | None]
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id", ondelete="CASCADE"), index=True)
    team: Mapped[Team] = relationship(back_populates="projects")


MODELS = (Person, Team, Project)  # the models that have routes of their own


def seed(connection: sa.Connection) -> None:
    """Create the missing tables.

    Store a few people and teams if there are none.
    """
    Base.metadata.create_all(connection)
    with Session(connection) as session:
        if session.scalar(sa.select(Person.id).limit(1)) or session.scalar(sa.select(Team.id).limit(1)):
            return
        ada, grace, alan, radia = (
            Person(name=name, email=email, role=role, joined=joined)
            for name, email, role, joined in (
                ("Ada Lovelace", "ada@example.com", "Analyst", date(2024, 12, 10)),
                ("Grace Hopper", "grace@example.com", "Compilers", date(2025, 1, 1)),
                ("Alan Turing", "alan@example.com", "Research", date(2025, 6, 23)),
                ("Radia Perlman", "radia@example.com", "Networks", date(2026, 3, 2)),
            )
        )
        engine = [Project(name="Difference", status="done"), Project(name="Analytical", status="active")]
        session.add(Team(name="Engine", lead=ada, members=[ada, alan], projects=engine))
        bridges = [Project(name="Spanning tree")]
        session.add(Team(name="Bridges", lead=radia, members=[grace, radia], projects=bridges))
        session.commit()


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[SQLAlchemyProvider]:
    """Yield a provider of the database at ``url`` while the block runs.

    The driver of the URL decides whether the sessions are asynchronous or synchronous.

    Raises:
        RuntimeError: the database cannot be used. The message says why in one line.
    """
    with _told():
        engine = _engine(sa.make_url(url))
    try:
        with _told():
            provider = SQLAlchemyProvider(_sessions(engine))
            async with asyncio.timeout(SECONDS_TO_CONNECT):
                await _prepare(engine)
        yield provider
        await provider.close()
    finally:
        if isinstance(engine, AsyncEngine):
            await engine.dispose()
            await asyncio.sleep(0.1)  # the threads of aiosqlite call the loop at their end, so the loop must still run
        else:
            engine.dispose()


@contextmanager
def _told() -> Iterator[None]:
    """Raise RuntimeError if a database cannot be used.

    The message says why in one line.
    """
    try:
        yield
    except TimeoutError as error:
        raise RuntimeError(f"The database has not answered in {SECONDS_TO_CONNECT} seconds") from error
    except Exception as error:  # each driver has errors of its own
        said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        raise RuntimeError(f"The database cannot be used: {said.splitlines()[0]}") from error


def _engine(url: sa.URL) -> sa.Engine | AsyncEngine:
    """Return an engine for ``url``.

    It is asynchronous if the driver is. On SQLite, the engine makes the database check references.
    """
    engine = create_async_engine(url) if url.get_dialect().is_async else sa.create_engine(url)
    if engine.dialect.name == "sqlite":

        @sa.event.listens_for(engine.sync_engine if isinstance(engine, AsyncEngine) else engine, "connect")
        def heed_references(connection: Any, _: Any) -> None:
            cursor = connection.cursor()
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.close()

    return engine


def _sessions(engine: sa.Engine | AsyncEngine) -> Callable[[], Any]:
    return async_sessionmaker(engine) if isinstance(engine, AsyncEngine) else sessionmaker(engine)


async def _prepare(engine: sa.Engine | AsyncEngine) -> None:
    if isinstance(engine, AsyncEngine):
        async with engine.begin() as connection:
            await connection.run_sync(seed)
    else:
        with engine.begin() as sync_connection:  # nothing is served yet, so this may block
            seed(sync_connection)
