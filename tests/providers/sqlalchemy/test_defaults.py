"""Columns with defaults: null is a value of those that can be null."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, validates

import bzz
from bzz.signals import pre_create_instance
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Defaults(DeclarativeBase):
    pass


class Paint(Defaults):
    __tablename__ = "paint"
    id: Mapped[int] = mapped_column(primary_key=True)
    color: Mapped[str | None] = mapped_column(default="red")
    made: Mapped[float | None] = mapped_column(default=lambda: 1.5)
    shade: Mapped[int | None] = mapped_column(server_default="7")
    at: Mapped[datetime | None] = mapped_column(server_default=sa.func.now())
    notes: Mapped[Any | None] = mapped_column(sa.JSON, default=dict)
    sure: Mapped[int] = mapped_column(default=1)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("paint.id"), default=1)

    @validates("color")
    def check_color(self, key: str, color: str | None) -> str | None:
        return "grey" if color == "gray" else color and color.lower()


NULLS = dict.fromkeys(("color", "made", "shade", "at", "notes", "parent_id"))


async def test_a_null_is_stored_where_a_column_with_a_default_can_be_null(api: Api, database: Database) -> None:
    await mount(api, database, Defaults, Paint)
    first = await api.create("/paint", parent_id=None)
    given = {"color": "red", "made": 1.5, "shade": 7, "notes": {}, "sure": 1, "parent_id": None}
    assert {name: first[name] for name in given} == given
    empty = await api.create("/paint", **NULLS)
    assert {name: empty[name] for name in NULLS} == NULLS
    assert (await api("GET", "/paint/2")).json == empty
    assert (await api.create("/paint", color="gray", parent_id=None))["color"] == "grey"
    stored = await database.run(lambda session: session.scalar(sa.text("SELECT notes IS NULL FROM paint WHERE id = 2")))
    assert stored == 1
    assert (await api("PATCH", "/paint/1", json_body=NULLS)).json == empty | {"id": "1"}


async def test_a_receiver_sets_null_where_a_column_has_a_default(api: Api, database: Database) -> None:
    await mount(api, database, Defaults, Paint)

    @pre_create_instance.connect_via(Paint)
    def clear(sender: type, data: dict[str, Any]) -> None:
        data.update(NULLS)

    empty = await api.create("/paint", color="blue")
    assert {name: empty[name] for name in NULLS} == NULLS
    hive = bzz.ModelHive("sqlalchemy", Paint, session_factory=database.factory)
    assert (await hive.create({})).color is None


async def test_null_stands_for_the_default_of_a_column_that_cannot_be_null(api: Api, database: Database) -> None:
    await mount(api, database, Defaults, Paint)
    assert (await api.create("/paint", sure=None, parent_id=None))["sure"] == 1


async def test_a_dataclass_stores_null_instead_of_its_default(api: Api, database: Database) -> None:
    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    class Tin(Base):
        __tablename__ = "tin"
        id: Mapped[int] = mapped_column(primary_key=True, init=False)
        color: Mapped[str | None] = mapped_column(default="red")
        size: Mapped[int | None] = mapped_column(init=False, server_default="3")

    await mount(api, database, Base, Tin)
    assert await api.create("/tin", color=None, size=None) == {"id": "1", "color": None, "size": None}
    assert await api.create("/tin") == {"id": "2", "color": "red", "size": 3}
