"""Many-to-many relations whose table a class maps: the hive of this class decides about its rows."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.lifecycle import joining
from tests.lifecycle.relations.conftest import World
from tests.lifecycle.relations.models import Leadership, Membership, Team, User


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
