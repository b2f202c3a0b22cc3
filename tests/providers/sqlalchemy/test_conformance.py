"""The SQLAlchemy provider keeps the promises of all providers, on SQLite and PostgreSQL, synchronously and not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.providers.base import Provider
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.testing.conformance import ProviderConformance, Status
from tests.providers.sqlalchemy.databases import connected, engine_for, factory_of, needs_postgres, url


class Base(DeclarativeBase):
    pass


members = sa.Table(
    "members",
    Base.metadata,
    sa.Column("team_id", sa.ForeignKey("team.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("person_id", sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True),
)


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None] = mapped_column(unique=True)
    age: Mapped[int | None]
    height: Mapped[float | None]
    active: Mapped[bool] = mapped_column(default=False)
    status: Mapped[Status] = mapped_column(default=Status.NEW)
    balance: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 2))
    born: Mapped[datetime | None] = mapped_column(sa.DateTime(timezone=True))
    day: Mapped[date | None]
    wake: Mapped[time | None]
    token: Mapped[UUID | None]
    photo: Mapped[bytes | None]
    notes: Mapped[Any | None] = mapped_column(sa.JSON)


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    owner: Mapped[Person | None] = relationship()
    members: Mapped[list[Person]] = relationship(secondary=members)


class Country(Base):
    __tablename__ = "country"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]


class Note(Base):
    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str | None]
    hidden: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def get_list_queryset(cls, queryset: sa.Select[Any], handler: Any) -> sa.Select[Any]:
        return queryset.where(~Note.hidden)

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: sa.Select[Any], instance_id: str, handler: Any) -> Any:
        return queryset.where(~Note.hidden)

    def to_dict(self) -> dict[str, Any]:
        return {"id": str(self.id), "shown": self.text}


class Conformance(ProviderConformance):
    person, team, country, note = Person, Team, Country, Note
    driver: ClassVar[str]
    skips = {  # noqa: RUF012
        "home": "a row has no documents inside",
        "projects": "a row has no documents inside",
        "tags": "the databases have no type for it in common",
    }

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


@needs_postgres
class TestPsycopg(Conformance):
    driver = "psycopg"


@needs_postgres
class TestAsyncpg(Conformance):
    driver = "asyncpg"
