"""Relationships with eager loaders or an unusual ``uselist``, and a base class that is stored only as its kinds."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.signals import post_associate, post_dissociate, post_update_instance
from bzz.testing import capture
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "eager_team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    members: Mapped[list[Man]] = relationship(back_populates="team", lazy="selectin", foreign_keys="Man.team_id")


class Man(Base):
    __tablename__ = "eager_man"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("eager_team.id"))
    other_id: Mapped[int | None] = mapped_column(sa.ForeignKey("eager_team.id"))
    team: Mapped[Team | None] = relationship(back_populates="members", lazy="subquery", foreign_keys=team_id)
    other: Mapped[Team | None] = relationship(lazy="joined", foreign_keys=other_id)


class Odd(Base):
    """Has lists of what one foreign key refers to."""

    __tablename__ = "eager_odd"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("eager_team.id"))
    teams = relationship(Team, uselist=True)


class Kind(Base):
    __tablename__ = "eager_kind"
    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "type"}  # noqa: RUF012


class Dog(Kind):
    __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012


@pytest.fixture
def eager(api: Api, database: Database, io_loop: Any) -> Api:
    return io_loop.run_sync(lambda: mount(api, database, Base, Team, Man, Odd, Kind, Dog))  # type: ignore[no-any-return]


async def test_locks_are_taken_without_the_eager_loaders_of_a_class(eager: Api) -> None:
    for name in ("a", "b"):
        await eager.create("/team", name=name)
    made = await eager.create("/man", name="x", team="1", other="2")
    with capture(post_update_instance) as sent:
        changed = await eager("PATCH", "/man/1", json_body={"name": "y", "team": "2"})
    assert (changed.status, changed.json) == (200, {**made, "name": "y", "team": "2"})
    assert sent[0].keywords["instance"].team.name == "b", "receivers get what the class loads eagerly"
    with capture(post_associate, post_dissociate) as sent:
        assert (await eager("POST", "/team/1/members", json_body={"members": ["1"]})).status == 201
        assert (await eager("DELETE", "/team/1/members/1")).status == 204
    assert len(sent) == 3
    assert (await eager("DELETE", "/man/1")).status == 204
    assert (await eager("DELETE", "/team/1")).status == 204


async def test_a_foreign_key_is_one_reference_whatever_uselist_says(eager: Api) -> None:
    await eager.create("/team", name="a")
    assert await eager.create("/odd", teams="1") == {"id": "1", "teams": "1"}
    assert (await eager("POST", "/odd", json_body={"teams": ["1"]})).status == 400
    assert (await eager("GET", "/odd/1/teams")).json["name"] == "a"
    assert (await eager("PATCH", "/odd/1", json_body={"teams": None})).json == {"id": "1", "teams": None}
    assert (await eager("DELETE", "/odd/1")).status == 204


async def test_a_base_class_without_an_identity_is_not_created(eager: Api) -> None:
    refused = await eager("POST", "/kind", json_body={})
    assert (refused.status, refused.json["detail"]) == (400, "Kind itself is not stored; create one of its kinds.")
    assert await eager.create("/dog") == {"id": "1", "type": "dog"}
    assert (await eager("GET", "/kind")).json == [{"id": "1", "type": "dog"}]
