"""The mapped classes with which the conformance suite runs, and what they lack."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.providers.base import Provider
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.values import ActState
from bzz.testing.conformance import ProviderConformance, Status
from tests.providers.sqlalchemy.conftest import ended
from tests.providers.sqlalchemy.databases import DATETIME, TEXT, TIME, connected, url


class Base(DeclarativeBase):
    type_annotation_map: ClassVar[dict[Any, Any]] = {str: TEXT, datetime: DATETIME, time: TIME}


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
    born: Mapped[datetime | None]
    day: Mapped[date | None]
    wake: Mapped[time | None]
    token: Mapped[UUID | None]
    photo: Mapped[bytes | None]
    notes: Mapped[Any | None] = mapped_column(sa.JSON)


topics = sa.Table(
    "topics",
    Base.metadata,
    sa.Column("team_id", sa.ForeignKey("team.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("note_id", sa.ForeignKey("note.id", ondelete="CASCADE"), primary_key=True),
)


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))
    owner: Mapped[Person | None] = relationship()
    members: Mapped[list[Person]] = relationship(secondary=members)
    topic_id: Mapped[int | None] = mapped_column(sa.ForeignKey("note.id"))
    topic: Mapped[Note | None] = relationship()
    topics: Mapped[list[Note]] = relationship(secondary=topics)


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

    @bzz.represents
    def to_dict(self) -> dict[str, Any]:
        return {"id": str(self.id), "shown": self.text}


class Pet(Base):
    __tablename__ = "pet"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    sound: Mapped[str | None]
    hidden: Mapped[bool] = mapped_column(default=False)
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "pet"}  # noqa: RUF012  # as SQLAlchemy declares it

    @classmethod
    def get_list_queryset(cls, queryset: sa.Select[Any], handler: Any) -> sa.Select[Any]:
        return queryset.where(~Pet.hidden)

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: sa.Select[Any], instance_id: str, handler: Any) -> Any:
        return queryset.where(~Pet.hidden)


class Cat(Pet):
    __tablename__ = "cat"
    id: Mapped[int] = mapped_column(sa.ForeignKey("pet.id"), primary_key=True)
    lives: Mapped[int | None]
    __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012  # as SQLAlchemy declares it


class Album(Base):
    __tablename__ = "album"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    tracks: Mapped[list[Track]] = relationship(back_populates="album")
    reviews: Mapped[list[Review]] = relationship(back_populates="album", cascade="all")


class Track(Base):
    __tablename__ = "track"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    album_id: Mapped[int | None] = mapped_column(sa.ForeignKey("album.id"))
    album: Mapped[Album | None] = relationship(back_populates="tracks")


class Review(Base):
    __tablename__ = "review"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    album_id: Mapped[int | None] = mapped_column(sa.ForeignKey("album.id"))
    album: Mapped[Album | None] = relationship(back_populates="reviews")


class SQLAlchemySuite(ProviderConformance):
    person, team, country, note = Person, Team, Country, Note
    pet, cat, album, review, track = Pet, Cat, Album, Review, Track
    skips = {  # noqa: RUF012
        "home": "a row has no documents inside",
        "projects": "a row has no documents inside",
        "tags": "the databases have no type for it in common",
    }

    async def write_in(self, unit: Any, **values: Any) -> None:
        unit.add(Person(**values))

    async def break_row(self, provider: Provider, key: str) -> None:
        unit = await provider.begin(ActState())
        update = unit.execute(sa.update(Person).values(status=sa.text("'unheard of'")).where(Person.id == int(key)))
        await update if inspect.isawaitable(update) else None
        commit = unit.commit()
        await commit if inspect.isawaitable(commit) else None
        await ended(provider, unit)


def suite_of(kind: type[SQLAlchemyProvider], folder: Path) -> SQLAlchemySuite:
    """The suite, run on another class of provider with a file of SQLite in ``folder``."""

    class Suite(SQLAlchemySuite):
        @asynccontextmanager
        async def connect(self) -> AsyncIterator[Provider]:
            async with connected(url("sqlite", folder), Base.metadata) as factory:
                yield kind(factory)

    return Suite()
