"""Association proxies, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.schema.fields import Holder
from bzz.testing.client import Client, Reply
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    memberships: Mapped[list[Membership]] = relationship(back_populates="team")
    people: AssociationProxy[list[User]] = association_proxy("memberships", "user")
    roles: AssociationProxy[list[str]] = association_proxy("memberships", "role")
    names: AssociationProxy[list[str]] = association_proxy("people", "name")
    _hidden: AssociationProxy[list[User]] = association_proxy("memberships", "user")


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]


class Membership(Base):
    __tablename__ = "membership"
    team_id: Mapped[int] = mapped_column(sa.ForeignKey("team.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), primary_key=True)
    role: Mapped[str | None]
    team: Mapped[Team] = relationship(back_populates="memberships")
    user: Mapped[User] = relationship()


@pytest.fixture
def teams(api: Api, database: Database, io_loop: Any) -> Api:
    async def fill() -> None:
        await mount(api, database, Base, Team, User, Membership)
        for name in ("red", "blue"):
            await api.create("/team", name=name)
        for name in ("Ada", "Bob", "Cy"):
            await api.create("/user", name=name)
        for team, year, user in ((1, 1, 2), (1, 1, 1), (1, 2, 1), (2, 1, 3)):
            await api.create("/membership", team_id=team, year=year, user_id=user)

    io_loop.run_sync(fill)
    return api


def names(reply: Reply) -> list[str]:
    return [row["name"] for row in reply.json]


def test_a_proxy_is_the_relation_that_association_objects_hold() -> None:
    fields = SQLAlchemyProvider().describe(Team).fields
    assert list(fields) == ["id", "name", "memberships", "people"]
    people = fields["people"]
    assert (people.holder, people.mirror) == (Holder(Membership, "team", "user"), None)
    assert (people.insertable, people.updatable, people.deferred) == (False, False, True)


async def test_the_members_of_a_proxy_are_listed_once(teams: Client) -> None:
    assert names(await teams("GET", "/team/1/people")) == ["Ada", "Bob"]
    assert names(await teams("GET", "/team/1/people?sort=-name&per_page=1&count=true")) == ["Bob"]
    assert (await teams("GET", "/team/1/people/2")).json["name"] == "Bob"
    assert (await teams("GET", "/team/1/people/3")).status == 404
    assert (await teams("GET", "/team?fields=people")).json == [{"people": ["1", "2"]}, {"people": ["3"]}]
    assert names(await teams("GET", "/team?people__contains=3")) == ["blue"]
    assert names(await teams("GET", "/team?people__exists=true")) == ["red", "blue"]
    [expanded, _] = (await teams("GET", "/team?expand=people")).json
    assert [user["name"] for user in expanded["people"]] == ["Ada", "Bob"]


async def test_a_proxy_is_read_only(teams: Client) -> None:
    assert (await teams("POST", "/team/1/people", json_body={"people": ["3"]})).status == 405
    assert (await teams("DELETE", "/team/1/people/1")).status == 405
    refused = await teams("PATCH", "/team/1", json_body={"people": ["3"]})
    assert refused.json["errors"] == {"people": ["is stored in Membership"]}
    assert (await teams("DELETE", "/membership/1~1~2")).status == 204
    assert names(await teams("GET", "/team/1/people")) == ["Ada"]
