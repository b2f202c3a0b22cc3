"""Foreign keys with a common column: a write of one changes the other, so options of the other hold, and it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.signals import pre_create_instance
from bzz.testing.client import Client
from tests.support.keyed import keyed, told


class Base(DeclarativeBase):
    pass


class Company(Base):
    __tablename__ = "company"
    id: Mapped[int] = mapped_column(primary_key=True)
    projects: Mapped[list[Project]] = relationship(back_populates="company", overlaps="team")


class Team(Base):
    __tablename__ = "team"
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)
    projects: Mapped[list[Project]] = relationship(back_populates="team", overlaps="company,projects")
    people: Mapped[list[Person]] = relationship(secondary="membership")


class Project(Base):
    __tablename__ = "project"
    __table_args__ = (sa.ForeignKeyConstraint(["company_id", "team_no"], ["team.company_id", "team.no"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int | None] = mapped_column(sa.ForeignKey("company.id"))
    team_no: Mapped[int | None]
    company: Mapped[Company | None] = relationship(back_populates="projects", overlaps="projects,team")
    team: Mapped[Team | None] = relationship(back_populates="projects", overlaps="company,projects")


class Person(Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)


class Membership(Base):
    __tablename__ = "membership"
    __table_args__ = (sa.ForeignKeyConstraint(["company_id", "team_no"], ["team.company_id", "team.no"]),)
    id: Mapped[int] = mapped_column(primary_key=True)
    company_id: Mapped[int] = mapped_column(sa.ForeignKey("company.id"))
    team_no: Mapped[int]
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    company: Mapped[Company] = relationship(overlaps="team,people")
    team: Mapped[Team] = relationship(overlaps="company,people")
    person: Mapped[Person] = relationship(overlaps="people")


CLASSES = (Company, Team, Project, Person, Membership)
CLOSED = [{"read_only": ["company"]}, {"create_only": ["company"]}, {"exclude": ["company"]}, {"fields": ["team"]}]
MOVE = {"from": (1, 1), "to": (2, 1)}


def rows() -> list[Any]:
    companies, teams = [Company(id=1), Company(id=2)], [Team(company_id=1, no=1), Team(company_id=1, no=2)]
    projects = [Project(id=5, company_id=1, team_no=1), Project(id=6, company_id=1)]
    return [*companies, *teams, Team(company_id=2, no=1), *projects, Person(id=1)]


def hives(**options: dict[str, Any]) -> dict[type, dict[str, Any]]:
    return {model: options.get(model.__name__, {}) for model in CLASSES}


async def company_of(client: Client, path: str) -> Any:
    reply = await client("GET", f"/company?projects__contains={path.rpartition('/')[2]}")
    return [one["id"] for one in reply.json]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/project/5", {"team": "2~1"}),
        ("POST", "/project/5/team", {"team": "2~1"}),
        ("POST", "/team/2~1/projects", {"projects": ["5"]}),
    ],
)
@pytest.mark.parametrize("options", CLOSED)
async def test_a_closed_relation_is_not_changed_through_another(
    options: Any, method: str, path: str, body: Any, tmp_path: Path
) -> None:
    async with keyed(tmp_path, Base, rows(), hives(Project=options)) as client:
        reply = await client(method, path, json_body=body)
        hint = "company, which is read-only" if options.keys() & {"read_only", "create_only"} else "a read-only field"
        assert (reply.status, reply.json["errors"]) == (400, {"team": [f"would change {hint}"]})
        assert (await client("GET", "/project/5")).json["team"] == "1~1"


@pytest.mark.parametrize("options", CLOSED)
async def test_a_write_that_keeps_a_closed_relation_is_allowed(options: Any, tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives(Project=options)) as client:
        assert (await client("PATCH", "/project/5", json_body={"team": "1~2"})).json["team"] == "1~2"
        assert (await client("POST", "/team/1~1/projects", json_body={"projects": ["5"]})).status == 201
        assert (await client("DELETE", "/team/1~1/projects/5")).status == 204
        assert (await client("GET", "/project/5")).json["team"] is None


async def test_a_caller_who_does_not_see_the_closed_relation_cannot_guess_it(tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives(Project={"exclude": ["company"]})) as client:
        for team in ("1~1", "2~1"):
            assert (await client("PATCH", "/project/6", json_body={"team": team})).status == 400
    blind = {"read_only": ["company"], "methods": ["PATCH"]}
    async with keyed(tmp_path, Base, rows(), hives(Project=blind)) as client:
        for team in ("1~1", "2~1"):
            assert (await client("PATCH", "/project/5", json_body={"team": team})).status == 400


@pytest.mark.parametrize(("options", "status"), [*zip(CLOSED, (400, 201, 400, 400), strict=True), ({}, 201)])
async def test_a_new_instance_gets_no_closed_relation_through_another(
    options: Any, status: int, tmp_path: Path
) -> None:
    async with keyed(tmp_path, Base, rows(), hives(Project=options, Membership=options)) as client:
        assert (await client("POST", "/project", json_body={"team": "2~1"})).status == status
        if "fields" not in options:
            assert (await client("POST", "/team/2~1/people", json_body={"people": ["1"]})).status == status


async def test_a_receiver_may_decide_about_a_closed_relation(tmp_path: Path) -> None:
    def decide(sender: Any, data: dict[str, Any]) -> None:
        data["company"] = 1

    async with keyed(tmp_path, Base, rows(), hives(Project={"read_only": ["company"]})) as client:
        with pre_create_instance.connected_to(decide, Project):
            created = await client("POST", "/project", json_body={"team": "1~1"})
            assert (created.status, created.json["company"]) == (201, "1")
            assert (await client("POST", "/project", json_body={"team": "2~1"})).status == 400


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "/project/5", {"team": "2~1"}, 200),
        ("POST", "/project/5/team", {"team": "2~1"}, 201),
        ("POST", "/team/2~1/projects", {"projects": ["5"]}, 201),
    ],
)
async def test_each_relation_that_changes_is_told(
    method: str, path: str, body: Any, status: int, tmp_path: Path
) -> None:
    async with keyed(tmp_path, Base, rows(), hives()) as client:
        sent = await told(client, method, path, body, status)
        changed = {"company": {"from": 1, "to": 2}, "team": MOVE}
        assert sent[0] == ("pre_update_instance", "Project", changed)
        assert sent[1:5] == [
            ("pre_dissociate", "Team", "projects"),
            ("pre_associate", "Team", "projects"),
            ("pre_dissociate", "Company", "projects"),
            ("pre_associate", "Company", "projects"),
        ]
        assert sent[5] == ("post_update_instance", "Project", changed)
        assert [name for name, *_ in sent[6:]] == ["post_dissociate", "post_associate"] * 2
        assert await company_of(client, "/project/5") == ["2"]


@pytest.mark.parametrize("options", [{"write_only": ["team"]}, {"methods": ["PATCH"]}, {}])
async def test_an_error_tells_nothing_of_a_reference_that_the_request_cannot_read(options: Any, tmp_path: Path) -> None:
    some = [*rows(), Company(id=3)]
    async with keyed(tmp_path, Base, some, hives(Project=options)) as client:
        reply = await client("PATCH", "/project/5", json_body={"company": "3"})
        errors = {"company": ["there is no such Team"]} if options else {"team": ["there is no Team 3~1"]}
        assert (reply.status, reply.json["errors"]) == (400, errors)


async def test_members_that_nobody_listens_to_take_no_hidden_reference_along(tmp_path: Path) -> None:
    def first(queryset: Any, handler: Any) -> Any:
        return queryset.where(Team.company_id == 1)

    async with keyed(tmp_path, Base, rows(), hives(Team={"scope": first})) as client:
        reply = await client("POST", "/company/2/projects", json_body={"projects": ["5"]})
        assert (reply.status, reply.json["errors"]) == (400, {"team": ["there is no Team 2~1"]})
        assert (await client("GET", "/project/5")).json["team"] == "1~1"
        assert (await client("POST", "/company/2/projects", json_body={"projects": ["6"]})).status == 201


@pytest.mark.parametrize("path", ["/team/1~1", "/company/1"])
async def test_each_relation_that_a_delete_of_its_parent_clears_is_told(path: str, tmp_path: Path) -> None:
    cleared = {"company": {"from": 1, "to": None}, "team": {"from": (1, 1), "to": None}}
    some = [Company(id=1), Team(company_id=1, no=1), Project(id=5, company_id=1, team_no=1)]
    async with keyed(tmp_path, Base, some, hives()) as client:
        sent = await told(client, "DELETE", path, status=204)
        assert sent == [(f"{when}_update_instance", "Project", cleared) for when in ("pre", "post")]
        assert (await client("GET", "/project/5")).json == {"id": "5", "company": None, "team": None}


@pytest.mark.parametrize("options", [{"read_only": ["team"]}, {"create_only": ["team"]}])
async def test_a_closed_relation_that_stays_null_lets_its_columns_change(options: Any, tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives(Project=options)) as client:
        assert (await client("POST", "/project", json_body={"company": "1"})).status == 201
        assert (await client("PATCH", "/project/6", json_body={"company": "2"})).json["company"] == "2"
        assert (await client("POST", "/company/1/projects", json_body={"projects": ["6"]})).status == 201
        assert (await client("DELETE", "/company/1/projects/6")).status == 204
        moved = await client("PATCH", "/project/5", json_body={"company": "2"})
        assert moved.json["errors"] == {"company": ["would change team, which is read-only"]}
        assert (await client("DELETE", "/company/1/projects/5")).status == 409


async def test_a_hidden_relation_keeps_its_columns_whether_it_is_null_or_not(tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), hives(Project={"exclude": ["team"]})) as client:
        for project in ("5", "6"):
            assert (await client("PATCH", f"/project/{project}", json_body={"company": "2"})).status == 400, project
