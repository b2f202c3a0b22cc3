"""Foreign keys to other columns than the primary key: requests read the relation, but do not write it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.signals import pre_update_instance
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api
from tests.support.keyed import keyed


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[int] = mapped_column(unique=True)
    projects: Mapped[list[Project]] = relationship(back_populates="team")
    best: Mapped[Project | None] = relationship(overlaps="projects,team")


class Project(Base):
    __tablename__ = "project"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_code: Mapped[int | None] = mapped_column(sa.ForeignKey("team.code"))
    team: Mapped[Team | None] = relationship(back_populates="projects", overlaps="best")


def rows() -> list[Any]:
    return [Team(id=1, code=2), Team(id=2, code=1), Project(id=5, team_code=2)]


@pytest.mark.parametrize("is_heard", [False, True])
async def test_requests_cannot_write_the_relation(is_heard: bool, tmp_path: Path) -> None:
    def hear(sender: Any) -> None: ...

    async with keyed(tmp_path, Base, rows(), {Team: {}, Project: {}}) as client:
        if is_heard:
            pre_update_instance.connect(hear, Project)
        for method, path, body in (
            ("POST", "/team/2/projects", {"projects": ["5"]}),
            ("POST", "/team/2/best", {"best": "5"}),
            ("DELETE", "/team/1/projects/5", None),
        ):
            refused = await client(method, path, json_body=body)
            assert (refused.status, refused.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
        assert (await client("GET", "/team/1/projects")).json == [{"id": "5", "team_code": 2}]
        assert (await client("PATCH", "/project/5", json_body={"team_code": 1})).status == 200
        assert (await client("GET", "/team/2?fields=projects,best")).json == {"projects": ["5"], "best": "5"}


async def test_the_relation_is_as_hidden_as_its_column(tmp_path: Path) -> None:
    async with keyed(tmp_path, Base, rows(), {Team: {}, Project: {"exclude": ["team_code"]}}) as client:
        assert (await client("GET", "/team/1/projects")).status == 404
        assert (await client("GET", "/team/1?fields=projects")).status == 400


async def test_plain_code_writes_the_value_of_the_column(api: Api, database: Database) -> None:
    await mount(api, database, Base, Team, Project)
    for code in (2, 1):
        await api.create("/team", code=code)
    await api.create("/project", team_code=2)
    teams = bzz.ModelHive("sqlalchemy", Team, session_factory=database.factory)
    await teams.associate(2, "projects", [1])
    assert (await api("GET", "/project/1")).json["team_code"] == 1
