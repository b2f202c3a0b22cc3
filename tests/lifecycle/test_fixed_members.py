"""Members of a many-to-many relation whose own class lets no request move them."""

from __future__ import annotations

from typing import Any

import pytest
import tornado.ioloop

import bzz
from bzz.signals import pre_update_instance
from tests.lifecycle.relations.conftest import World, database, told, world
from tests.lifecycle.relations.models import Admin, Group, User

__all__ = ["database", "told", "world"]


@pytest.fixture
def groups(world: World, io_loop: tornado.ioloop.IOLoop) -> World:
    """A group with user 1 and admin 2, and an empty group. Admins are not to be moved."""
    world.serve(Group)
    world.serve(User)
    world.serve(Admin, read_only=["groups"])

    async def fill() -> None:
        await world.store(User)
        await world.store(Admin)
        await world.store(Group, users=[1, 2])
        await world.store(Group)

    io_loop.run_sync(fill)
    return world


async def users(world: World, group: int) -> list[int]:
    return [user.id for user in await bzz.ModelHive(world.provider, Group).list(group, "users")]


async def test_they_neither_join_nor_leave_by_the_path_of_the_other_side(groups: World) -> None:
    for keys in (["2"], ["1", "2"]):
        assert (await groups.api("POST", "/group/2/users", json_body={"users": keys})).status == 405
    assert (await groups.api("DELETE", "/group/1/users/2")).status == 405
    assert (await users(groups, 1), await users(groups, 2)) == ([1, 2], [])


async def test_they_neither_join_nor_leave_by_a_body(groups: World) -> None:
    for key, given in ((2, ["2"]), (1, ["1"]), (1, [])):
        refused = await groups.api("PATCH", f"/group/{key}", json_body={"users": given})
        texts = ["these members may neither join nor leave: 2"]
        assert (refused.status, refused.json["errors"]) == (400, {"users": texts})
    assert (await groups.api("POST", "/group", json_body={"users": ["2"]})).status == 400
    assert (await users(groups, 1), await users(groups, 2)) == ([1, 2], [])


async def test_other_members_join_and_leave(groups: World) -> None:
    assert (await groups.api("PATCH", "/group/1", json_body={"users": ["2"]})).status == 200
    assert (await groups.api("POST", "/group/1/users", json_body={"users": ["1", "2"]})).status == 201
    assert (await groups.api("DELETE", "/group/1/users/1")).status == 204
    assert (await groups.api("POST", "/group", json_body={"users": ["1"]})).status == 201
    assert await users(groups, 1) == [2]


async def test_plain_code_moves_them(groups: World) -> None:
    everything = bzz.ModelHive(groups.provider, Group)
    await everything.update(1, {"users": []})
    await everything.associate(2, "users", 2)
    assert (await users(groups, 1), await users(groups, 2)) == ([], [2])


async def test_one_that_joins_after_the_check_is_a_conflict(groups: World) -> None:
    everything = bzz.ModelHive(groups.provider, Group)

    async def join(sender: Any, handler: Any) -> None:
        if handler is not None:
            await everything.associate(2, "users", 2)

    with pre_update_instance.connected_to(join, Group):
        assert (await groups.api("PATCH", "/group/2", json_body={"users": ["1"]})).status == 409
    assert await users(groups, 2) == [2]
