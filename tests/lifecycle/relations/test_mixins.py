"""Rows of a class that inherits its hooks from a mixin: every way leaves them out, as the lists of the class do."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
import tornado.ioloop
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.lifecycle.relations.conftest import World
from tests.providers.sqlalchemy.conftest import Database
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


class Hidden:
    """A mixin that hides all rows."""

    @classmethod
    def get_list_queryset(cls, statement: Any, handler: Any) -> Any:
        return statement if handler is None else statement.where(sa.false())

    @classmethod
    def get_instance_queryset(cls, model: type, statement: Any, identifier: str, handler: Any) -> Any:
        return cls.get_list_queryset(statement, handler)


crew_sailor = sa.Table(
    "mixin_crew_sailor",
    Base.metadata,
    sa.Column("crew_id", sa.ForeignKey("mixin_crew.id"), primary_key=True),
    sa.Column("sailor_id", sa.ForeignKey("mixin_sailor.id"), primary_key=True),
)


class Crew(Base):
    __tablename__ = "mixin_crew"
    id: Mapped[int] = mapped_column(primary_key=True)
    sailors: Mapped[list[Sailor]] = relationship(back_populates="crew")
    guests: Mapped[list[Sailor]] = relationship(secondary=crew_sailor)


class Sailor(Base):
    __tablename__ = "mixin_sailor"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="sailor")
    crew_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mixin_crew.id"))
    crew: Mapped[Crew | None] = relationship(back_populates="sailors")
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "sailor"}  # noqa: RUF012


class Pirate(Hidden, Sailor):
    __mapper_args__ = {"polymorphic_identity": "pirate"}  # noqa: RUF012


@pytest.fixture
def ship(api: Api, database: Database, io_loop: tornado.ioloop.IOLoop) -> World:
    """A crew with a sailor and a pirate, who are guests of it, too."""
    world = World(api, SQLAlchemyProvider(database.factory))
    io_loop.run_sync(lambda: database.create(Base))
    world.serve(Crew)
    world.serve(Sailor)

    async def fill() -> None:
        await world.store(Crew)
        await world.store(Sailor, crew=1)
        await world.store(Pirate, crew=1)
        await bzz.ModelHive(world.provider, Crew).associate(1, "guests", [1, 2])

    io_loop.run_sync(fill)
    return world


async def test_the_relations_of_other_rows_show_none_of_them(ship: World) -> None:
    for relation in ("sailors", "guests"):
        assert [row["id"] for row in (await ship.api("GET", f"/crew/1/{relation}")).json] == ["1"]
        assert (await ship.api("GET", f"/crew/1?fields={relation}")).json == {relation: ["1"]}
        [shown] = (await ship.api("GET", f"/crew/1?expand={relation}")).json[relation]
        assert shown["id"] == "1"


async def test_no_filter_and_no_count_tells_of_them(ship: World) -> None:
    for relation in ("sailors", "guests"):
        assert (await ship.api("GET", f"/crew?{relation}__contains=2&count=true")).status == 400


async def test_a_list_that_replaces_others_keeps_them(ship: World) -> None:
    assert (await ship.api("PATCH", "/crew/1", json_body={"guests": ["2"]})).status == 400
    assert (await ship.api("PATCH", "/crew/1", json_body={"guests": []})).status == 200
    [pirate] = await bzz.ModelHive(ship.provider, Crew).list(1, "guests")
    assert pirate.id == 2
