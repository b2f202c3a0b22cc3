"""Lists in the order of their relationship, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.exceptions import BadRequest
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.orders import column_order
from bzz.testing.client import Client, Reply
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


def test_mysql_sorts_the_members_of_an_enumeration_by_their_texts() -> None:
    column: Any = sa.column("state", sa.Enum("new", "done"))
    assert str(column_order(column, "mariadb", descending=True)).startswith("concat(state, ")
    assert str(column_order(column, "sqlite", descending=True)) == "state DESC"


seat = sa.Table(
    "seat",
    Base.metadata,
    sa.Column("team_id", sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("player_id", sa.ForeignKey("player.id"), primary_key=True),
    sa.Column("rank", sa.Integer, server_default="0"),
)


friendship = sa.Table(
    "friendship",
    Base.metadata,
    sa.Column("from_id", sa.ForeignKey("player.id"), primary_key=True),
    sa.Column("to_id", sa.ForeignKey("player.id"), primary_key=True),
)


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    players: Mapped[list[Player]] = relationship(order_by="Player.grade.desc(), Player.name", back_populates="team")
    by_length: Mapped[list[Player]] = relationship(order_by="func.length(Player.name)", viewonly=True)
    by_team: Mapped[list[Player]] = relationship(order_by="Player.team_id", viewonly=True)
    by_grade: Mapped[list[Player]] = relationship(order_by="Player.grade", viewonly=True)
    seated: Mapped[list[Player]] = relationship(secondary=seat, order_by=seat.c.rank.desc())


class Player(Base):
    __tablename__ = "player"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    grade: Mapped[int | None]
    team_id: Mapped[int | None] = mapped_column(sa.ForeignKey("team.id"))
    team: Mapped[Team | None] = relationship(back_populates="players")
    captain_id: Mapped[int | None] = mapped_column(sa.ForeignKey("player.id"))
    captain: Mapped[Player | None] = relationship(remote_side="Player.id")
    crew: Mapped[list[Player]] = relationship(order_by="Player.name.desc()", overlaps="captain")
    friends: Mapped[list[Player]] = relationship(
        secondary=friendship,
        primaryjoin=lambda: Player.id == friendship.c.from_id,
        secondaryjoin=lambda: Player.id == friendship.c.to_id,
        order_by=friendship.c.to_id.desc(),
    )


@pytest.fixture
def league(api: Api, database: Database, io_loop: Any) -> Api:
    async def fill() -> None:
        await mount(api, database, Base, Team, Player)
        await api.create("/team")
        for name, grade in (("Bobby", 1), ("Al", 2), ("Cyd", 2), ("D", None)):
            await api.create("/player", name=name, grade=grade, team="1")

    io_loop.run_sync(fill)
    return api


def names(reply: Reply) -> list[str]:
    return [player["name"] for player in reply.json]


async def walked(api: Client, path: str) -> list[str]:
    met: list[str] = []
    while path:
        page = await api("GET", path)
        met += names(page)
        nexts = [part for part in page.headers["Link"].split(", ") if 'rel="next"' in part]
        path = nexts[0][1 : nexts[0].index(">")] if nexts else ""
    return met


def test_the_order_of_a_relation_is_that_of_fields_if_fields_express_it() -> None:
    fields = SQLAlchemyProvider().describe(Team).fields
    assert {name: fields[name].sort for name in ("players", "by_length", "by_team", "by_grade", "seated")} == {
        "players": (("grade", True), ("name", False)),
        "by_length": None,
        "by_team": None,
        "by_grade": (("grade", False),),
        "seated": None,
    }


async def test_members_are_listed_in_the_order_of_their_relation(league: Client) -> None:
    assert names(await league("GET", "/team/1/players")) == ["Al", "Cyd", "Bobby", "D"]
    assert names(await league("GET", "/team/1/players?sort=-name")) == ["D", "Cyd", "Bobby", "Al"]
    assert names(await league("GET", "/team/1/by_grade")) == ["D", "Bobby", "Al", "Cyd"]
    assert names(await league("GET", "/player")) == ["Bobby", "Al", "Cyd", "D"]
    assert (await league("GET", "/team/1?fields=players")).json == {"players": ["2", "3", "1", "4"]}
    assert (await league("GET", "/team/1?fields=by_grade")).json == {"by_grade": ["4", "1", "2", "3"]}
    expanded = (await league("GET", "/team/1?expand=players")).json["players"]
    assert [player["name"] for player in expanded] == ["Al", "Cyd", "Bobby", "D"]


async def test_a_walk_keeps_the_order_of_the_relation(league: Client) -> None:
    assert "after=" in (await league("GET", "/team/1/players?per_page=1")).headers["Link"]
    assert await walked(league, "/team/1/players?per_page=1") == ["Al", "Cyd", "Bobby", "D"]
    assert await walked(league, "/team/1/players?per_page=3&sort=name") == ["Al", "Bobby", "Cyd", "D"]


async def test_an_order_that_no_fields_express_has_pages_instead_of_cursors(league: Client) -> None:
    assert "page=2" in (await league("GET", "/team/1/by_length?per_page=3")).headers["Link"]
    assert await walked(league, "/team/1/by_length?per_page=1") == ["D", "Al", "Cyd", "Bobby"]
    assert await walked(league, "/team/1/by_length?per_page=2&grade__gt=1&count=true") == ["Al", "Cyd"]
    assert await walked(league, "/team/1/by_length?per_page=2&sort=name") == ["Al", "Bobby", "Cyd", "D"]
    assert (await league("GET", "/team/1?fields=by_length")).json == {"by_length": ["4", "2", "3", "1"]}
    link = (await league("GET", "/player?per_page=1")).headers["Link"]
    cursor = link.partition("after=")[2].partition(">")[0]
    refused = await league("GET", f"/team/1/by_length?after={cursor}")
    assert (refused.status, refused.json["detail"]) == (
        400,
        "This list has no cursors in its own order; use page, or sort.",
    )


async def test_the_association_table_may_have_the_order(league: Client, database: Database) -> None:
    teams = bzz.ModelHive("sqlalchemy", Team, session_factory=database.factory)
    await league("POST", "/team/1/seated", json_body={"seated": ["1", "2", "3"]})
    statement = sa.update(seat).where(seat.c.player_id == 3).values(rank=9)
    if database.is_async:
        async with database.engine.begin() as connection:
            await connection.execute(statement)
    else:
        with database.engine.begin() as connection:
            connection.execute(statement)
    assert await walked(league, "/team/1/seated?per_page=1") == ["Cyd", "Bobby", "Al"]
    assert (await league("GET", "/team/1?fields=seated")).json == {"seated": ["3", "1", "2"]}
    assert [player.name for player in await teams.list(1, "seated")] == ["Cyd", "Bobby", "Al"]
    page = await teams.list(1, "seated", per_page=2)
    assert (page.more, page.cursor) == (True, None)
    with pytest.raises(BadRequest):
        await teams.list(1, "seated", after=(await teams.list(1, "seated", sort="id", per_page=1)).cursor)


async def test_recursive_relations_have_the_order_of_their_members(league: Client) -> None:
    for key in (2, 3, 4):
        await league("PATCH", f"/player/{key}", json_body={"captain": "1"})
    await league("POST", "/player/1/friends", json_body={"friends": ["3", "2"]})
    assert await walked(league, "/player/1/crew?per_page=2") == ["D", "Cyd", "Al"]
    assert (await league("GET", "/player/1?fields=crew,friends")).json == {
        "crew": ["4", "3", "2"],
        "friends": ["2", "3"],
    }
    assert await walked(league, "/player/1/friends?per_page=1") == ["Al", "Cyd"]
