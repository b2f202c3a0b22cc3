"""Representations: as receivers have left the instances, with the deferred fields that the reply shows."""

from __future__ import annotations

from typing import Any

import bzz
from bzz.signals import post_create_instance, post_get_list
from tests.lifecycle.relations.conftest import World
from tests.lifecycle.relations.models import Group, User


async def test_an_instance_that_a_receiver_adds_to_a_list_is_shown_like_the_others(world: World) -> None:
    world.serve(User)
    world.serve(Group)
    for name in ("Ada", "Bob"):
        await world.store(User, name=name)
        await world.store(Group)
    for number in "12":
        await world.api("POST", f"/user/{number}/groups", json_body={"groups": [number]})

    async def add(sender: Any, items: list[Any]) -> None:
        items[0].name = "A."
        if len(items) == 1:
            items.append(await world.read(User, 2))

    with post_get_list.connected_to(add):
        reply = await world.api("GET", "/user?name=Ada&fields=name,groups")
    assert reply.json == [{"name": "A.", "groups": ["1"]}, {"name": "Bob", "groups": ["2"]}]


async def test_the_reply_to_a_write_leaves_out_relations_of_an_instance_that_is_gone(world: World) -> None:
    world.serve(User)
    world.serve(Group)

    async def delete(sender: Any) -> None:
        await bzz.ModelHive(world.provider, User).delete(1)

    with post_create_instance.connected_to(delete):
        reply = await world.api("POST", "/user?fields=name,groups", json_body={"name": "Eve"})
    assert (reply.status, reply.json) == (201, {"name": "Eve"})
