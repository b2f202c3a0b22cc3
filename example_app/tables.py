"""The directory as mapped classes of SQLAlchemy: people, teams of them, and the teams' projects, in tables."""

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
    """What the tables have in common."""

    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012  # an id is given once, as elsewhere


member = sa.Table(
    "member",
    Base.metadata,
    sa.Column("team_id", sa.ForeignKey("team.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
)


class Person(Base):
    """Somebody in the directory."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    email: Mapped[str] = mapped_column(sa.String(254), unique=True)
    role: Mapped[str | None] = mapped_column(sa.String(80))
    joined: Mapped[date | None]

    @validates("email")
    def check_email(self, _: str, email: str | None) -> str | None:
        """Return what is an e-mail address at first sight, or None; raise ValueError if it is not."""
        if email is not None and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
            raise ValueError("is no e-mail address")
        return email


class Team(Base):
    """A team: a person who leads it cannot be deleted, a member who is deleted leaves it."""

    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80), unique=True)
    lead_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    lead: Mapped[Person | None] = relationship()
    members: Mapped[list[Person]] = relationship(secondary=member, passive_deletes=True)
    projects: Mapped[list[Project]] = relationship(back_populates="team", passive_deletes="all")


class Project(Base):
    """What a team works on; it goes with its team."""

    __tablename__ = "project"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(80))
    status: Mapped[Literal["idea", "active", "done"]] = mapped_column(default="idea")
    due: Mapped[date | None]
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id", ondelete="CASCADE"), index=True)
    team: Mapped[Team] = relationship(back_populates="projects")


MODELS = (Person, Team, Project)  # those with routes of their own


def seed(connection: sa.Connection) -> None:
    """Create the tables that are missing, and store a few people and teams if there are none."""
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
    """Yield a provider of the database at ``url``, by sessions of its driver's kind, while the block runs.

    Raises:
        RuntimeError: it cannot be used; the message says why in a line.
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
            await asyncio.sleep(0.1)  # threads of aiosqlite tell the loop that they end, so it must not be closed yet
        else:
            engine.dispose()


@contextmanager
def _told() -> Iterator[None]:
    """Tell in a line what keeps a database from being used."""
    try:
        yield
    except TimeoutError as error:
        raise RuntimeError(f"The database has not answered in {SECONDS_TO_CONNECT} seconds") from error
    except Exception as error:  # each driver has errors of its own
        said = str(getattr(error, "orig", None) or error).strip() or type(error).__name__
        raise RuntimeError(f"The database cannot be used: {said.splitlines()[0]}") from error


def _engine(url: sa.URL) -> sa.Engine | AsyncEngine:
    """Return an engine that is asynchronous if the driver is, and has SQLite heed references."""
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
        with engine.begin() as sync_connection:  # nothing is served yet that this could hold up
            seed(sync_connection)
