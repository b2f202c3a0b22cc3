"""Rows that SQLAlchemy cannot load, over HTTP."""

from __future__ import annotations

import datetime
import enum
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

import bzz
from bzz.exceptions import Conflict
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.broken_rows import is_about_a_row, related_rows
from bzz.providers.sqlalchemy.loading import load_all
from bzz.signals import (
    post_get_instance,
    post_get_list,
    pre_delete_instance,
    pre_update_instance,
)
from bzz.testing import capture
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Strict(TypeDecorator[str]):
    impl = sa.String
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        if value == "bad":
            raise RuntimeError("bad")
        return value


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "broken_thing"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    color: Mapped[Color | None] = mapped_column(sa.Enum(Color, native_enum=False, length=9))
    at: Mapped[datetime.datetime | None]
    extra: Mapped[Any] = mapped_column(sa.JSON, nullable=True)
    strict: Mapped[str | None] = mapped_column(Strict)
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("broken_thing.id"))
    parent: Mapped[Thing | None] = relationship(remote_side="Thing.id", back_populates="kids", lazy="joined")
    kids: Mapped[list[Thing]] = relationship(back_populates="parent")

    def to_dict(self) -> dict[str, Any]:
        return {"name": str(self.name)}


class Kind(Base):
    __tablename__ = "broken_kind"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str | None]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "kind"}  # noqa: RUF012


class Special(Kind):
    __tablename__ = "broken_special"
    id: Mapped[int] = mapped_column(sa.ForeignKey("broken_kind.id"), primary_key=True)
    color: Mapped[Color | None] = mapped_column(sa.Enum(Color, native_enum=False, length=9))
    __mapper_args__ = {"polymorphic_identity": "special"}  # noqa: RUF012


ROWS = (
    "INSERT INTO broken_thing (id, name, color) VALUES (1, 'whole', 'RED')",
    "INSERT INTO broken_thing (id, name, color) VALUES (2, 'lost', 'GREEN')",
    "INSERT INTO broken_thing (id, name, strict, parent_id) VALUES (3, 'strict', 'bad', 2)",
    "INSERT INTO broken_thing (id, name, parent_id) VALUES (4, 'child', 2)",
    "INSERT INTO broken_kind (id, kind, name) VALUES (1, 'kind', 'a')",
    "INSERT INTO broken_kind (id, kind, name) VALUES (2, 'unknown', 'b')",
    "INSERT INTO broken_kind (id, kind, name) VALUES (3, 'special', 'c')",
    "INSERT INTO broken_special (id, color) VALUES (3, 'GREEN')",
)
OF_DIALECT = {
    "sqlite": (
        "INSERT INTO broken_thing (id, name, at) VALUES (5, 'at', 'no date')",
        "INSERT INTO broken_thing (id, name, extra) VALUES (6, 'extra', '{no json')",
        "INSERT INTO broken_thing (id, name) VALUES (7, CAST(x'ff41' AS TEXT))",
    ),
    "postgresql": ("INSERT INTO broken_thing (id, name, at) VALUES (5, 'at', '0044-03-15 BC')",),
}
WHOLE = {"id": "1", "name": "whole", "color": "red", "at": None, "extra": None, "strict": None, "parent": None}
LOST = {**WHOLE, "id": "2", "name": "lost", "color": None}


def shown(identifier: int, name: str, **values: Any) -> dict[str, Any]:
    return {**WHOLE, "id": str(identifier), "name": name, "color": None, **values}


@pytest.fixture
def things(api: Api, database: Database, io_loop: Any) -> Api:
    def store(session: Session) -> None:
        for row in (*ROWS, *OF_DIALECT[session.get_bind().dialect.name]):
            session.execute(sa.text(row))
        session.commit()

    io_loop.run_sync(lambda: mount(api, database, Base, Thing, Kind, Special))
    io_loop.run_sync(lambda: database.run(store))
    return api


async def test_a_broken_row_does_not_take_a_list_with_it(things: Api) -> None:
    first = [WHOLE, LOST, shown(3, "strict", parent="2"), shown(4, "child", parent="2"), shown(5, "at")]
    found = (await things("GET", "/thing?count=true")).json
    assert found[:5] == first
    assert [one["name"] for one in found[5:]] in ([], ["extra", None])
    assert (await things("GET", "/thing?per_page=2&page=2")).json == first[2:4]
    assert (await things("GET", "/thing?name=lost")).json == [LOST]
    assert (await things("GET", "/thing/2/kids")).json == first[2:4]
    assert (await things("GET", "/thing?name=child&expand=parent")).json[0]["parent"] == LOST
    assert (await things("GET", "/thing/2?fields=kids&expand=kids")).json["kids"] == first[2:4]
    assert (await things("GET", "/thing/4/parent")).json == LOST


async def test_a_walk_meets_each_broken_row_once(things: Api) -> None:
    path, met = "/thing?per_page=1", []
    while path:
        page = await things("GET", path)
        met += [one["id"] for one in page.json]
        following = [part for part in page.headers["Link"].split(", ") if 'rel="next"' in part]
        path = following[0][1 : following[0].index(">")] if following else ""
    assert met == [str(number) for number in range(1, len(met) + 1)]


async def test_a_broken_row_is_read_changed_repaired_and_deleted(things: Api) -> None:
    assert (await things("GET", "/thing/2")).json == LOST
    changed = await things("PATCH", "/thing/2", json_body={"name": "x"})
    assert (changed.status, changed.json) == (200, {**LOST, "name": "x"})
    repaired = await things("PATCH", "/thing/2", json_body={"color": "blue"})
    assert repaired.json == {**LOST, "name": "x", "color": "blue"}
    with capture(post_get_instance) as sent:
        assert (await things("GET", "/thing/2")).status == 200
    assert len(sent) == 1, "it is whole now"
    for number in (3, 5):
        assert (await things("DELETE", f"/thing/{number}")).status == 204
        assert (await things("GET", f"/thing/{number}")).status == 404


async def test_broken_rows_join_and_leave(things: Api) -> None:
    with capture(pre_update_instance):
        joined = await things("POST", "/thing/1/kids", json_body={"kids": ["5"]})
    assert joined.status == 409, "a receiver would get it"
    assert (await things("POST", "/thing/1/kids", json_body={"kids": ["5"]})).json == shown(5, "at", parent="1")
    refused = await things("DELETE", "/thing/1")
    assert (refused.status, "cannot load an instance" in refused.json["detail"]) in ((409, True), (204, False))


async def test_receivers_never_get_a_broken_instance(things: Api, database: Database) -> None:
    with capture(post_get_list) as sent:
        assert (await things("GET", "/thing?per_page=4")).json == [WHOLE, shown(4, "child", parent="2")]
    assert [one.id for one in sent[0].keywords["items"]] == [1, 4]
    detail = "The application cannot load this instance as it is stored; repair it in the store."
    acts: list[tuple[Any, str, Any]] = [
        (post_get_instance, "GET", None),
        (pre_update_instance, "PATCH", {"name": "x"}),
        (pre_delete_instance, "DELETE", None),
    ]
    hive = bzz.ModelHive("sqlalchemy", Thing, session_factory=database.factory)
    for signal, method, body in acts:
        with capture(signal) as sent:
            refused = await things(method, "/thing/3", json_body=body)
        assert (refused.status, refused.json["detail"], [*sent]) == (409, detail, []), method
    with capture(pre_delete_instance) as sent:
        await hive.delete(3)
    assert len(sent) == 1, "plain code may delete it"
    await hive.close()


async def test_a_broken_row_is_shown_by_its_values_alone(api: Api, things: Api, database: Database) -> None:
    options: Any = {"session_factory": database.factory, "to_dict": True}
    api.mount(bzz.ModelHive.routes_for("sqlalchemy", Thing, "own", **options))
    assert (await things("GET", "/own/thing?per_page=2")).json == [{"name": "whole"}, LOST]
    assert (await things("PATCH", "/own/thing/2", json_body={"name": "x"})).json == {**LOST, "name": "x"}


async def test_a_row_of_an_unknown_class_is_one_of_the_base_class(things: Api) -> None:
    rows = [{"id": str(n), "kind": kind, "name": name} for n, kind, name in ((1, "kind", "a"), (2, "unknown", "b"))]
    special = {"id": "3", "kind": "special", "name": "c"}
    assert (await things("GET", "/kind")).json == [*rows, special]
    assert (await things("GET", "/special")).json == [{**special, "color": None}]
    for path in ("/kind/2", "/special/3"):
        assert (await things("GET", path)).status == 200
        assert (await things("DELETE", path)).status == 204
    assert (await things("GET", "/kind")).json == rows[:1]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_connection_that_is_lost_meanwhile_is_not_about_a_row(count: int) -> None:
    engine, left = sa.create_engine("sqlite://"), [count]

    def lose(_: object) -> None:
        left[0] -= 1
        if not left[0]:
            raise ConnectionError

    Base.metadata.create_all(engine)
    mapped_class = SQLAlchemyProvider().mapped_class(Thing)
    with Session(engine) as session:
        session.execute(sa.text(ROWS[1]))
        sa.event.listen(session, "do_orm_execute", lose)
        with pytest.raises(ConnectionError):
            load_all(session, mapped_class, mapped_class.select_all)
    engine.dispose()


def test_errors_of_statements_and_connections_are_not_about_a_row() -> None:
    lost = sa.exc.DBAPIError("SELECT 1", {}, Exception("could not decode"), connection_invalidated=True)
    for error in (Conflict("x"), ConnectionError(), sa.exc.TimeoutError(), sa.exc.StatementError("x", "", {}, None)):
        assert not is_about_a_row(error)
    assert not is_about_a_row(lost)
    with pytest.raises(LookupError, match="of the application"), related_rows():
        raise LookupError("of the application")
