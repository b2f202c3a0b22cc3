"""Many-to-many relations whose table a class maps: the hive of this class decides about its rows."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.lifecycle import joining
from bzz.signals import pre_create_instance
from tests.lifecycle.relations.conftest import World
from tests.lifecycle.relations.models import Leadership, Membership, Team, User
from tests.providers.sqlalchemy.conftest import Database


async def test_a_mapped_table_without_a_hive_is_read_only(world: World) -> None:
    world.serve(Team)
    world.serve(User)
    await world.store(Team)
    await world.store(User)
    await world.store(Membership, team_id=1, user_id=1)
    assert [one["id"] for one in (await world.api("GET", "/team/1/people")).json] == ["1"]
    assert (await world.api("POST", "/team/1/people", json_body={"people": ["1"]})).status == 405
    assert (await world.api("DELETE", "/team/1/people/1")).status == 405
    assert (await world.api("PATCH", "/team/1", json_body={"people": []})).status == 400


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"methods": ["GET"]}, 405),
        ({"methods": ["GET", "PUT", "DELETE"]}, 405),
        ({"read_only": ["user_id"]}, 405),
        ({"exclude": ["team_id"]}, 404),
        ({"authenticated": {"create": True}}, 401),
    ],
)
async def test_the_hive_of_a_mapped_table_decides_about_its_rows(
    world: World, options: dict[str, Any], status: int
) -> None:
    world.serve(Team)
    world.serve(User)
    world.serve(Membership, **options)
    await world.store(Team)
    await world.store(User)
    assert (await world.api("POST", "/team/1/people", json_body={"people": ["1"]})).status == status
    assert (await world.api("GET", "/team/1?fields=name")).status == 200


async def test_a_member_that_joins_by_a_mapped_table_creates_its_row(world: World, told: list[tuple[Any, ...]]) -> None:
    world.serve(Team)
    world.serve(User)
    world.serve(Membership)
    await world.store(Team)
    await world.store(User, name="Ada")
    told.clear()
    joined = await world.api("POST", "/team/1/people", json_body={"people": ["1"]})
    assert (joined.status, joined.json["name"]) == (201, "Ada")
    assert told == [("pre_create_instance", "Membership"), ("post_create_instance", "Membership", 1)]
    assert (await world.api("GET", "/membership/1")).json["role"] == "owner"
    told.clear()
    assert (await world.api("DELETE", "/team/1/people/1")).status == 204
    assert told == [("pre_delete_instance", "Membership", 1), ("post_delete_instance", "Membership", 1)]
    assert (await world.api("GET", "/team/1/people")).json == []


async def test_a_row_that_the_caller_may_not_see_stays(world: World, told: list[tuple[Any, ...]]) -> None:
    world.serve(Team)
    world.serve(User)
    world.serve(Membership, scope=lambda statement, handler: statement.where(Membership.role != "secret"))
    await world.store(Team)
    await world.store(User)
    await world.store(Membership, team_id=1, user_id=1)
    await world.store(Membership, team_id=1, user_id=1, role="secret")
    told.clear()
    assert (await world.api("DELETE", "/team/1/people/1")).status == 404
    assert ((await world.read(Membership, 1)).role, (await world.read(Membership, 2)).role) == ("owner", "secret")
    assert told == []


async def test_a_member_of_too_many_rows_does_not_leave(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "MAX_ROWS", 2)
    world.serve(Team)
    world.serve(User)
    world.serve(Membership)
    await world.store(Team)
    await world.store(User)
    for _ in range(3):
        await world.store(Membership, team_id=1, user_id=1)
    assert (await world.api("DELETE", "/team/1/people/1")).status == 409
    assert (await world.api("DELETE", "/membership/1")).status == 204
    assert (await world.api("DELETE", "/team/1/people/1")).status == 204
    assert (await world.api("GET", "/membership")).json == []


@pytest.mark.parametrize(("methods", "status"), [(["GET"], 405), (["GET", "DELETE"], 204)])
async def test_a_row_is_deleted_only_as_its_own_class_allows(world: World, methods: list[str], status: int) -> None:
    world.serve(Team)
    world.serve(User)
    world.serve(Membership)
    world.serve(Leadership, methods=methods)
    await world.store(Team)
    await world.store(User)
    await world.store(Leadership, team_id=1, user_id=1)
    assert (await world.api("DELETE", "/team/1/people/1")).status == status
    assert len((await world.api("GET", "/membership")).json) == (1 if status == 405 else 0)


class Harbour(DeclarativeBase):
    pass


class Ship(Harbour):
    __tablename__ = "reach_ship"
    id: Mapped[int] = mapped_column(primary_key=True)
    crew: Mapped[list[Sailor]] = relationship(secondary="reach_berth")


class Sailor(Harbour):
    __tablename__ = "reach_sailor"
    id: Mapped[int] = mapped_column(primary_key=True)


class Berth(Harbour):
    __tablename__ = "reach_berth"
    ship_id: Mapped[int] = mapped_column(sa.ForeignKey("reach_ship.id"), primary_key=True)
    sailor_id: Mapped[int] = mapped_column(sa.ForeignKey("reach_sailor.id"), primary_key=True)


async def test_a_member_that_joins_twice_at_once_is_a_conflict_about_the_relation(
    world: World, database: Database
) -> None:
    await database.create(Harbour)
    for model in (Ship, Sailor, Berth):
        world.serve(model)
    await world.store(Ship)
    await world.store(Sailor)
    berths = bzz.ModelHive(world.provider, Berth)

    async def join_first(sender: Any, handler: Any) -> None:
        if handler is not None:
            await berths.create({"ship_id": 1, "sailor_id": 1})

    with pre_create_instance.connected_to(join_first, Berth):
        refused = await world.api("POST", "/ship/1/crew", json_body={"crew": ["1"]})
    assert (refused.status, refused.json["errors"]) == (409, {"crew": ["is taken"]})
    assert (await world.api("POST", "/ship/1/crew", json_body={"crew": ["1"]})).status == 200


async def test_a_member_of_two_rows_is_shown_once(world: World) -> None:
    world.serve(Team)
    world.serve(User)
    world.serve(Membership)
    await world.store(Team)
    await world.store(User)
    for _ in range(2):
        await world.store(Membership, team_id=1, user_id=1)
    assert (await world.api("GET", "/team/1?fields=people")).json == {"people": ["1"]}
    assert len((await world.api("GET", "/team/1?expand=people&fields=people")).json["people"]) == 1
    assert (await world.api("GET", "/team/1/people?count=true")).headers["X-Total-Count"] == "1"
