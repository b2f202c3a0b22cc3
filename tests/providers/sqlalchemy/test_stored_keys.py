"""Foreign keys that no relationship of their own class shows: options of the class decide, and its update is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.support.keyed import keyed, told

MOVES = {"team": ("pre_dissociate", "pre_associate"), "told": ("post_dissociate", "post_associate")}


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    no: Mapped[int] = mapped_column(primary_key=True)
    shop: Mapped[int] = mapped_column(primary_key=True)
    projects: Mapped[list[Project]] = relationship(overlaps="best")
    best: Mapped[list[Project]] = relationship(viewonly=True)
    people: Mapped[list[Person]] = relationship(secondary="membership")


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    desks: Mapped[list[Desk]] = relationship()


class Project(Base):
    __tablename__ = "project"
    __table_args__ = (sa.ForeignKeyConstraint(["shop", "team_no"], ["team.shop", "team.no"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    shop: Mapped[int | None]
    team_no: Mapped[int | None]


class Membership(Base):
    __tablename__ = "membership"
    __table_args__ = (sa.ForeignKeyConstraint(["shop", "_no"], ["team.shop", "team.no"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    shop: Mapped[int]
    _no: Mapped[int]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))


class Desk(Base):
    __tablename__ = "desk"
    id: Mapped[int] = mapped_column(primary_key=True)
    _person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("person.id"))


def rows() -> list[Any]:
    teams = [Team(no=1, shop=2), Team(no=2, shop=2)]
    return [*teams, Person(id=1), Person(id=2), Project(id=5, shop=2, team_no=1), Desk(id=3, _person_id=1)]


def hives(**options: dict[str, Any]) -> dict[type, dict[str, Any]]:
    return {model: options.get(model.__name__, {}) for model in (Team, Person, Project, Membership, Desk)}


def test_a_key_of_several_or_private_columns_has_an_internal_field() -> None:
    provider = SQLAlchemyProvider()
    fields = provider.describe(Project).fields
    key, holder = fields["team_no~shop"], provider.describe(Team).fields["projects"].holder
    assert (key.parts, key.mirror, key.is_internal) == (("team_no", "shop"), "projects", True)
    assert holder is not None
    assert (holder.field, holder.columns) == ("team_no~shop", ())
    assert provider.describe(Project).field_for("team_no~shop") is None
    assert provider.describe(Desk).fields["_person_id"].is_internal


async def test_a_move_by_a_key_of_several_columns_is_told_as_an_update(tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives()) as client:
        sent = await told(client, "POST", "/team/2~2/projects", {"projects": ["5"]})
        changed = {"team_no": {"from": 1, "to": 2}, "team_no~shop": {"from": (1, 2), "to": (2, 2)}}
        assert [name for name, *_ in sent] == [
            "pre_update_instance",
            *MOVES["team"],
            "post_update_instance",
            *MOVES["told"],
        ]
        assert sent[0] == ("pre_update_instance", "Project", changed)
        assert sent[3] == ("post_update_instance", "Project", changed)
        assert (await client("GET", "/project/5")).json == {"id": "5", "shop": 2, "team_no": 2}
        back = await told(client, "PATCH", "/project/5", {"team_no": 1}, status=200)
        assert [name for name, *_ in back] == [name for name, *_ in sent]
        await told(client, "PATCH", "/project/5", {"team_no": 2}, status=200)
        missing = await client("PATCH", "/project/5", json_body={"team_no": 7})
        assert missing.json["errors"] == {"team_no~shop": ["there is no Team 7~2"]}
        await told(client, "DELETE", "/team/2~2/projects/5", status=204)
        assert (await client("GET", "/project/5")).json == {"id": "5", "shop": None, "team_no": None}


async def test_a_move_by_a_private_column_is_told_as_an_update(tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives()) as client:
        sent = await told(client, "POST", "/person/2/desks", {"desks": ["3"]})
        assert sent[0] == ("pre_update_instance", "Desk", {"_person_id": {"from": 1, "to": 2}})
        assert (await client("GET", "/desk/3")).json == {"id": "3"}
        for query in ("fields=_person_id", "_person_id=2", "sort=_person_id"):
            assert (await client("GET", f"/desk?{query}")).status == 400
        assert (await client("PATCH", "/desk/3", json_body={"_person_id": 1})).status == 400


@pytest.mark.parametrize("option", ["read_only", "create_only"])
@pytest.mark.parametrize("names", [["shop", "team_no"], ["shop"], ["team_no"]])
async def test_an_option_that_names_a_column_closes_the_relation(option: str, names: list[str], tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives(Project={option: names})) as client:
        assert (await client("POST", "/team/2~2/projects", json_body={"projects": ["5"]})).status == 405
        assert (await client("DELETE", "/team/1~2/projects/5")).status == 405
        assert (await client("GET", "/team/1~2?fields=projects,best")).json == {"projects": ["5"], "best": ["5"]}


@pytest.mark.parametrize(
    "options", [{"exclude": ["shop"]}, {"write_only": ["team_no"]}, {"fields": ["shop"]}, {"fields": []}]
)
async def test_a_column_that_requests_do_not_see_hides_the_relation(options: Any, tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives(Project=options)) as client:
        assert (await client("GET", "/team/1~2/projects")).status == 404
        assert (await client("GET", "/team/1~2?fields=projects")).status == 400
        assert (await client("DELETE", "/team/1~2/projects/5")).status == 404


async def test_columns_that_requests_see_show_the_relation(tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives(Project={"fields": ["shop", "team_no"]})) as client:
        assert (await client("DELETE", "/team/1~2/projects/5")).status == 204


async def test_options_can_name_a_private_column(tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives(Desk={"read_only": ["_person_id"]})) as client:
        assert (await client("POST", "/person/2/desks", json_body={"desks": ["3"]})).status == 405
        assert (await client("GET", "/person/1/desks")).json == [{"id": "3"}]


async def test_association_objects_may_have_such_keys(tmp_path: Path) -> None:
    body = {"people": ["1"]}
    async with keyed(tmp_path, Base, rows(), hives()) as client:
        assert (await client("POST", "/team/2~2/people", json_body=body)).status == 201
        assert (await client("GET", "/team/2~2/people")).json == [{"id": "1"}]
        assert (await client("GET", "/membership")).json == [{"id": "1", "shop": 2, "person_id": 1}]
        assert (await client("DELETE", "/team/2~2/people/1")).status == 204
    async with keyed(tmp_path, Base, rows(), hives(Membership={"read_only": ["shop"]})) as client:
        assert (await client("POST", "/team/2~2/people", json_body=body)).status == 405


async def test_a_column_without_an_attribute_leaves_the_relation_readable(tmp_path: Path) -> None:
    class Small(DeclarativeBase):
        pass

    class Page(Small):
        __table__ = sa.Table(
            "page",
            Small.metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("book_id", sa.ForeignKey("book.id")),
        )
        __mapper_args__ = {"exclude_properties": ["book_id"]}  # noqa: RUF012

    class Book(Small):
        __tablename__ = "book"
        id: Mapped[int] = mapped_column(primary_key=True)
        pages: Mapped[list[Page]] = relationship()

    async with keyed(tmp_path, Small, [Book(id=1), Page(id=1)], {Book: {}, Page: {}}) as client:
        assert (await client("POST", "/book/1/pages", json_body={"pages": ["1"]})).status == 405
        assert (await client("GET", "/book/1/pages")).json == []
