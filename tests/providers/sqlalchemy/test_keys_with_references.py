"""Association objects whose key has a foreign key, shown as a part and as a reference: an option closes both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from tests.support.keyed import keyed

NAMES = ["team", "team_id"]


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    people: Mapped[list[Person]] = relationship(secondary="membership")


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)


class Membership(Base):
    __tablename__ = "membership"
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    note: Mapped[str] = mapped_column(default="")
    team: Mapped[Team] = relationship(overlaps="people")
    person: Mapped[Person] = relationship(overlaps="people")


class Task(Base):
    __tablename__ = "task"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship(viewonly=True)


def rows() -> list[Any]:
    people = [Person(id=1), Person(id=2), Person(id=3)]
    return [Team(id=1), *people, Membership(team_id=1, person_id=3), Task(id=1, team_id=1)]


def hives(**options: Any) -> dict[type, dict[str, Any]]:
    return {Team: {}, Person: {}, Membership: options, Task: options}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("option", ["read_only", "exclude"])
async def test_a_closed_reference_is_set_in_no_way(option: str, name: str, tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives(**{option: [name]})) as client:
        for body in ({"team_id": 1, "person_id": 1}, {"team": "1", "person": "1"}, {"id": "1~1"}):
            assert (await client("POST", "/membership", json_body=body)).status == 400, body
        assert (await client("POST", "/team/1/people", json_body={"people": ["1"]})).status in {404, 405}
        assert (await client("GET", "/membership?fields=id")).json == [{"id": "1~3"}]
        assert (await client("PATCH", "/membership/1~3", json_body={"note": "x"})).status == 200
        assert (await client("PATCH", "/task/1", json_body={"team_id": None})).status == 400


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("option", ["write_only", "exclude"])
async def test_a_hidden_reference_is_shown_in_no_way(option: str, name: str, tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives(**{option: [name]})) as client:
        shown = (await client("GET", "/membership")).json
        assert shown == [{"id": "1~3", "person_id": 3, "note": "", "person": "3"}]
        assert (await client("GET", "/task")).json == [{"id": "1"}]
        for query in ("team=1", "team_id=1", "sort=team_id", "fields=team", "expand=team"):
            assert (await client("GET", f"/membership?{query}")).status == 400, query
            assert (await client("GET", f"/task?{query}")).status == 400, query


@pytest.mark.parametrize("name", NAMES)
async def test_a_reference_that_only_a_create_sets(name: str, tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives(create_only=[name])) as client:
        for body in ({"team_id": 1, "person_id": 1}, {"team": "1", "person": "2"}):
            assert (await client("POST", "/membership", json_body=body)).status == 201, body
        assert (await client("POST", "/task", json_body={"team_id": 1})).status == 201
        assert (await client("PATCH", "/task/1", json_body={"team_id": None})).status == 400
