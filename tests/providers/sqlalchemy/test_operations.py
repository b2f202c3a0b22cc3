"""Provider calls, over HTTP, and the statements they take."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.signals import (
    post_update_instance,
)
from bzz.testing import capture
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


async def test_values_that_the_database_computes_are_in_the_reply_and_in_the_diff(sql: Api) -> None:
    made = await sql.create("/priced", name="Tea", net=10)
    assert made == {
        "id": "1",
        "name": "Tea",
        "net": 10,
        "gross": 20,
        "made_by": "the database",
        "touched": 0,
        "revision": 1,
        "half": 5,
    }
    with capture(post_update_instance) as sent:
        changed = await sql("PUT", "/priced/1", json_body={"name": "Coffee", "net": 20})
    assert changed.json == made | {
        "name": "Coffee",
        "net": 20,
        "gross": 40,
        "touched": 1,
        "revision": 2,
        "half": 10,
    }
    told = sent[0].keywords["updated_fields"]
    assert sorted(told) == ["gross", "half", "name", "net", "revision", "touched"]
    assert (await sql("GET", "/priced/1")).json == changed.json
    for name, value in (("gross", 1), ("half", 1), ("revision", 9)):
        assert (await sql("PUT", "/priced/1", json_body={name: value})).json["errors"] == {name: ["is read-only"]}
    assert [one["id"] for one in (await sql("GET", "/priced?gross=40&half__gte=10")).json] == ["1"]


async def test_an_update_without_a_difference_writes_nothing(sql: Api, database: Database) -> None:
    await sql.create("/priced", name="Tea", net=10)
    database.statements.clear()
    assert (await sql("PUT", "/priced/1", json_body={"name": "Tea"})).json["revision"] == 1
    assert not [one for one in database.statements if "UPDATE priced SET name" in one]


async def test_a_read_takes_one_statement_and_a_write_at_most_three(sql: Api, database: Database) -> None:
    await sql.create("/author", name="Ada")
    for method, path, body, number in (
        ("GET", "/author/1", None, 1),
        ("GET", "/author", None, 1),
        ("GET", "/author?count=true", None, 2),
        ("POST", "/author", {"name": "Bob"}, 2),
        ("PUT", "/author/1", {"name": "Eve"}, 3),
    ):
        database.statements.clear()
        assert (await sql(method, path, json_body=body)).status in (200, 201)
        asked = [one for one in database.statements if "0 = 1" not in one]  # but for SQLite's lock
        assert len(asked) == number, asked


async def test_a_hook_may_join_and_order(api: Api, database: Database) -> None:
    class Own(DeclarativeBase):
        pass

    class Kid(Own):
        __tablename__ = "kid"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int] = mapped_column(sa.ForeignKey("parent.id"))

    class Parent(Own):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        kids: Mapped[list[Kid]] = relationship()

        @classmethod
        def get_list_queryset(cls, queryset: sa.Select[Any], handler: Any) -> sa.Select[Any]:
            return queryset.outerjoin(cls.kids).order_by(cls.id.desc())

    globals().update(Kid=Kid)
    await mount(api, database, Own, Parent, Kid)
    for _ in range(3):
        parent = (await api.create("/parent"))["id"]
        for _ in range(2):
            await api.create("/kid", parent_id=int(parent))
    first = await api("GET", "/parent?per_page=2&count=true")
    assert ([one["id"] for one in first.json], first.headers["X-Total-Count"]) == (["1", "2"], "3")
    assert 'rel="next"' in first.headers["Link"]


async def test_an_instance_that_the_database_drops_at_once_is_a_conflict(api: Api, database: Database) -> None:
    class Base(DeclarativeBase):
        pass

    class Fleeting(Base):
        __tablename__ = "fleeting"
        id: Mapped[int] = mapped_column(primary_key=True)

    def remove(mapper: Any, connection: sa.Connection, target: Fleeting) -> None:
        connection.execute(sa.delete(Fleeting))

    sa.event.listen(Fleeting, "after_insert", remove)
    await mount(api, database, Base, Fleeting)
    assert (await api("POST", "/fleeting", json_body={})).status == 409
