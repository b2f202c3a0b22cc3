"""Instances made and changed through constructors, validators and odd columns of their classes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.mutable import MutableDict
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship

import bzz
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


async def test_a_json_value_that_equals_the_old_one_to_python_is_stored(sql: Api) -> None:
    made = await sql.create("/everything", free={"a": 1, "b": [0]})
    path = f"/everything/{made['id']}"
    assert (await sql("PUT", path, json_body={"free": {"a": True, "b": [False]}})).status == 200
    assert (await sql("GET", path)).json["free"] == {"a": True, "b": [False]}


async def test_a_reference_with_a_back_reference_is_changed_by_its_foreign_key(api: Api, database: Database) -> None:
    class Base(DeclarativeBase):
        pass

    class Parent(Base):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        kids: Mapped[list[Kid]] = relationship(back_populates="parent", cascade="all, delete-orphan")
        only: Mapped[Only | None] = relationship(back_populates="parent")

    class Kid(Base):
        __tablename__ = "kid"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parent.id"))
        parent: Mapped[Parent | None] = relationship(back_populates="kids", lazy="joined")

    class Only(Base):
        __tablename__ = "only"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parent.id"), unique=True)
        parent: Mapped[Parent | None] = relationship(back_populates="only")

    globals().update(Kid=Kid, Only=Only, Parent=Parent)
    await mount(api, database, Base, Parent, Kid, Only)
    await api.create("/parent")
    await api.create("/kid", parent="1")
    assert (await api("PUT", "/kid/1", json_body={"parent": None})).json == {"id": "1", "parent": None}
    await api("PUT", "/kid/1", json_body={"parent": "1"})
    assert (await api("DELETE", "/kid/1/parent")).status == 204
    assert (await api("GET", "/kid/1")).json["parent"] is None
    await api.create("/only", parent="1")
    taken = await api("POST", "/only", json_body={"parent": "1"})
    assert (taken.status, taken.json["errors"]) == (409, {"parent": ["is taken"]})
    assert (await api("GET", "/parent/1/only")).json["id"] == "1"


async def test_private_mutable_deferred_and_view_only_attributes_are_served(api: Api, database: Database) -> None:
    class Base(DeclarativeBase):
        pass

    class Aware(sa.types.TypeDecorator[datetime]):
        """Wants a zone and stores none."""

        impl = sa.DateTime
        cache_ok = True

        def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
            assert value is None or value.tzinfo is not None
            return value and value.replace(tzinfo=None)

    class Odd(Base):
        __tablename__ = "odd"
        id: Mapped[int] = mapped_column(primary_key=True)
        _secret: Mapped[str | None]
        real: Mapped[float | None] = mapped_column(sa.REAL)
        free: Mapped[dict[str, Any] | None] = mapped_column(MutableDict.as_mutable(sa.JSON))
        at: Mapped[datetime | None] = mapped_column(Aware)
        long: Mapped[str | None] = mapped_column(deferred=True, deferred_raiseload=True)
        other_id: Mapped[int | None] = mapped_column(sa.ForeignKey("odd.id"))
        other: Mapped[Odd | None] = relationship(viewonly=True, remote_side="Odd.id")

    globals().update(Odd=Odd)
    await mount(api, database, Base, Odd)
    for real in (0.1, 0.3, 0.2):
        made = await api.create("/odd", real=real, free={"a": 1}, at="2026-01-02T03:04:05Z", long="x")
    assert made == {
        "id": "3",
        "real": pytest.approx(0.2),
        "free": {"a": 1},
        "at": "2026-01-02T03:04:05Z",
        "long": "x",
        "other_id": None,
        "other": None,
    }
    met: list[float] = []
    path = "/odd?sort=real&per_page=1"
    while path and len(met) < 9:
        reply = await api("GET", path)
        met += [one["real"] for one in reply.json]
        path = next((p[1:].split(">")[0] for p in reply.headers["Link"].split(", ") if "next" in p), "")
    assert met == pytest.approx([0.1, 0.2, 0.3])
    assert [one["id"] for one in (await api("GET", "/odd?real=0.3")).json] == ["2"]
    assert (await api("PUT", "/odd/1", json_body={"free": None, "other_id": 2})).json["other"] == "2"
    assert (await api("PUT", "/odd/1", json_body={"free": {"b": 2}})).json["free"] == {"b": 2}
    database.statements.clear()
    assert len((await api("GET", "/odd")).json) == len(database.statements) + 2 == 3


async def test_a_constructor_may_require_relations(api: Api, database: Database) -> None:
    class Base(MappedAsDataclass, DeclarativeBase):
        pass

    class Box(Base):
        __tablename__ = "box"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        things: Mapped[list[Thing]] = relationship(back_populates="box")

    class Thing(Base):
        __tablename__ = "thing"
        id: Mapped[int] = mapped_column(init=False, primary_key=True)
        box: Mapped[Box | None] = relationship(back_populates="things")
        box_id: Mapped[int | None] = mapped_column(sa.ForeignKey("box.id"), init=False)

    globals().update(Box=Box, Thing=Thing)
    await mount(api, database, Base, Box, Thing)
    await api.create("/box")
    assert (await api("POST", "/thing", json_body={})).json["errors"] == {"box": ["is required"]}
    assert (await api.create("/thing", box="1"))["box"] == "1"
    boxes = bzz.ModelHive(SQLAlchemyProvider(database.factory), Box)
    made = await boxes.create({})
    await boxes.associate(made.id, "things", "1")
    assert (await api("GET", f"/box/{made.id}?fields=things")).json == {"things": ["1"]}
    assert (await api.create("/thing", box=None))["box"] is None


async def test_a_constructor_that_sets_a_relation_does_not_clear_its_foreign_key(api: Api, database: Database) -> None:
    class Base(DeclarativeBase):
        pass

    class Node(Base):
        __tablename__ = "node"
        id: Mapped[int] = mapped_column(primary_key=True)
        above_id: Mapped[int | None] = mapped_column(sa.ForeignKey("node.id"))
        above: Mapped[Node | None] = relationship(remote_side="Node.id")

        def __init__(self, *, above: Node | None = None, **given: Any) -> None:
            super().__init__(above=above, **given)

    globals().update(Node=Node)
    await mount(api, database, Base, Node)
    await api.create("/node")
    assert (await api.create("/node", above="1"))["above"] == "1"
    assert (await api("GET", "/node/2")).json["above"] == "1"


async def test_inherited_classes_are_served_as_themselves_and_as_their_base(sql: Api) -> None:
    dog = await sql.create("/dog", name="Rex", tricks=3)
    cat = await sql.create("/cat", name="Tom", naps=9)
    assert (dog["kind"], dog["tricks"], cat["kind"], cat["naps"]) == ("dog", 3, "cat", 9)
    assert (await sql("GET", "/animal?sort=name")).json == [
        {"id": dog["id"], "kind": "dog", "name": "Rex"},
        {"id": cat["id"], "kind": "cat", "name": "Tom"},
    ]
    assert (await sql("GET", "/dog")).json == [dog]
    assert (await sql("GET", f"/dog/{cat['id']}")).status == 404
    changed = await sql("PUT", f"/dog/{dog['id']}", json_body={"name": "Max", "tricks": 4})
    assert (changed.json["name"], changed.json["tricks"]) == ("Max", 4)
    assert (await sql("PUT", f"/animal/{dog['id']}", json_body={"kind": "cat"})).status == 400
    assert (await sql("DELETE", f"/animal/{dog['id']}")).status == 204
    assert (await sql("GET", "/dog")).json == []


async def test_classes_mapped_as_dataclasses_are_made_by_their_constructors(sql: Api) -> None:
    assert (await sql("POST", "/shelf", json_body={})).json["errors"] == {"name": ["is required"]}
    shelf = await sql.create("/shelf", name="Top")
    item = await sql.create("/item", name="Cup", shelf=shelf["id"], note="blue")
    assert item == {"id": "1", "name": "Cup", "count": 1, "note": "blue", "shelf": "1"}
    assert (await sql("POST", "/item", json_body={"name": "Jar"})).json["errors"] == {"shelf": ["is required"]}
    assert (await sql("POST", "/item", json_body={"name": "Jar", "shelf": None})).json["shelf"] is None


async def test_constructor_and_validators_of_the_model_run(sql: Api) -> None:
    assert (await sql.create("/careful", name="Tom"))["id"] == "tom"
    assert (await sql.create("/careful", id="t2", name="Tom"))["id"] == "t2"
    bad = await sql("POST", "/careful", json_body={"name": "Bad"})
    assert (bad.status, bad.json["detail"]) == (400, "A careful one is not bad.")
    assert (await sql("POST", "/author", json_body={"name": "Nobody"})).json["errors"] == {"name": ["is nobody"]}
    await sql.create("/author", name="Ada")
    assert (await sql("PUT", "/author/1", json_body={"name": "Nobody"})).json["errors"] == {"name": ["is nobody"]}
