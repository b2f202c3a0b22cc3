"""One-to-one relations whose foreign key the database does not keep unique, over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
import tornado.ioloop
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.exceptions import Conflict
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.places import takings
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "place_team"
    id: Mapped[int] = mapped_column(primary_key=True)
    motto: Mapped[Motto | None] = relationship(back_populates="team")
    flag: Mapped[Flag | None] = relationship()
    chief: Mapped[Chief | None] = relationship()
    file_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place_file.id"))
    file: Mapped[File | None] = relationship(single_parent=True)


class Motto(Base):
    __tablename__ = "place_motto"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(default="")
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place_team.id"))
    team: Mapped[Team | None] = relationship(back_populates="motto")


class Flag(Base):
    """Shows only the column of its foreign key."""

    __tablename__ = "place_flag"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place_team.id"))


class Staff(Base):
    __tablename__ = "place_staff"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(default="staff")
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("place_team.id"))
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "staff"}  # noqa: RUF012


class Chief(Staff):
    __mapper_args__ = {"polymorphic_identity": "chief"}  # noqa: RUF012


class File(Base):
    __tablename__ = "place_file"
    id: Mapped[int] = mapped_column(primary_key=True)


MODELS = (Team, Motto, Flag, Staff, Chief, File)


async def serve(api: Api, database: Database) -> None:
    await mount(api, database, Base, *MODELS)
    for path in ("/team", "/team", "/motto", "/motto", "/file"):
        await api.create(path)
    assert (await api("POST", "/team/1/motto", json_body={"motto": "1"})).status == 201


@pytest.fixture
def served(api: Api, database: Database, io_loop: tornado.ioloop.IOLoop) -> Api:
    io_loop.run_sync(lambda: serve(api, database))
    return api


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/motto/2", {"team": "1"}),
        ("PUT", "/motto/2", {"team": "1", "text": "x"}),
        ("POST", "/motto/2/team", {"team": "1"}),
        ("POST", "/motto", {"team": "1"}),
    ],
)
async def test_no_second_row_takes_a_place_from_the_side_of_the_foreign_key(
    served: Api, method: str, path: str, body: dict[str, str]
) -> None:
    refused = await served(method, path, json_body=body)
    assert (refused.status, refused.json["errors"]) == (409, {"team": ["is taken"]})
    shown = (await served("GET", "/motto?fields=id,team")).json
    assert shown == [{"id": "1", "team": "1"}, {"id": "2", "team": None}]
    assert (await served("PATCH", "/motto/1", json_body={"team": "1", "text": "y"})).status == 200
    assert (await served("PATCH", "/motto/1", json_body={"team": None})).status == 200
    assert (await served(method, path, json_body=body)).status in (200, 201)


async def test_a_new_member_still_replaces_the_old_one_from_the_other_side(served: Api) -> None:
    assert (await served("POST", "/team/1/motto", json_body={"motto": "2"})).status == 201
    assert [one["team"] for one in (await served("GET", "/motto")).json] == [None, "1"]


async def test_a_plain_column_takes_a_place_too(served: Api) -> None:
    await served.create("/flag", team_id=1)
    refused = await served("POST", "/flag", json_body={"team_id": 1})
    assert (refused.status, refused.json["errors"]) == (409, {"team_id": ["is taken"]})
    assert (await served("POST", "/flag", json_body={"team_id": 2})).status == 201


async def test_only_rows_of_the_class_of_the_relation_take_its_places(served: Api) -> None:
    for path, status in (("/staff", 201), ("/staff", 201), ("/chief", 201), ("/staff", 201), ("/chief", 409)):
        assert (await served("POST", path, json_body={"team_id": 1})).status == status


async def test_a_member_of_a_single_parent_has_no_second_parent(served: Api) -> None:
    assert (await served("PATCH", "/team/1", json_body={"file": "1"})).status == 200
    refused = await served("PATCH", "/team/2", json_body={"file": "1"})
    assert (refused.status, refused.json["errors"]) == (409, {"file": ["is taken"]})


async def test_of_several_rows_that_take_a_place_at_once_one_gets_it(served: Api) -> None:
    for _ in range(6):
        await served.create("/motto")
    replies = await asyncio.gather(
        *(served("PATCH", f"/motto/{n}", json_body={"team": "2"}) for n in range(2, 9)),
        *(served("POST", "/motto", json_body={"team": "2"}) for _ in range(3)),
    )
    assert sorted(reply.status in (200, 201) for reply in replies) == [False] * 9 + [True]
    assert {reply.status for reply in replies} <= {200, 201, 409}
    assert len((await served("GET", "/motto?team=2")).json) == 1


async def test_plain_code_takes_no_place_twice(served: Api, database: Database) -> None:
    mottos = bzz.ModelHive("sqlalchemy", Motto, session_factory=database.factory)
    with pytest.raises(Conflict) as refused:
        await mottos.update(2, {"team": 1})
    assert refused.value.errors == {"team": ["is taken"]}


def test_nothing_is_checked_if_the_database_or_a_list_decides() -> None:
    class Own(DeclarativeBase):
        pass

    class Parent(Own):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)

    def child(name: str, *rest: Any, **options: Any) -> Any:
        key: Any = sa.Column(sa.ForeignKey("parent.id"), **options)
        values = {"__tablename__": name.lower(), "__table_args__": rest, "key": key}
        return type(name, (Own,), {**values, "id": sa.Column(sa.Integer, primary_key=not key.primary_key)})

    partial = sa.Index("partial", "key", unique=True, sqlite_where=sa.text("id > 1"))
    children = [
        child("Unique", unique=True),
        child("Constrained", sa.UniqueConstraint("key")),
        child("Indexed", sa.Index("whole", "key", unique=True)),
        child("Same", primary_key=True),
        child("Listed"),
        child("Plain", sa.UniqueConstraint("key", "id")),
        child("Partial", partial),
        child("Lower", sa.Index("lower", sa.func.abs(sa.column("key")), unique=True)),
    ]
    for one in children:
        setattr(Parent, one.__name__.lower(), relationship(one, uselist=False))
    Parent.all_listed = relationship(children[4], overlaps="listed")
    Own.registry.configure()
    provider = SQLAlchemyProvider()
    taken = [one.__name__ for one in children if takings(provider.mapped_class(one), one(key=1))]
    assert taken == ["Plain", "Partial", "Lower"]
