"""The acts get and list, run without a hive."""

from __future__ import annotations

from typing import Any

from bzz import signals
from bzz.lifecycle import reads
from bzz.lifecycle.act import Act
from bzz.lifecycle.representing import represented
from bzz.providers.conditions import Condition
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Query
from bzz.resources.options import restrict
from bzz.schema.schema import Schema
from tests.support.acts import act_at, act_on, create, stored_names
from tests.support.models import User


async def test_a_post_receiver_may_change_a_representation_but_not_the_store(all_users: Act) -> None:
    ada = await create(all_users, name="Ada")
    await create(all_users, name="Bob")

    @signals.post_get_instance.connect
    def rename(sender: Any, instance: User) -> None:
        instance.name = "A."

    @signals.post_get_list.connect
    def drop(sender: Any, items: list[User]) -> None:
        items[:] = [user for user in items if user.name != "Ada"]

    act = act_at(all_users, ada)
    stored = await reads.get_instance(act)
    assert (stored.values["name"], (await represented(act, [stored]))[0]["name"]) == ("Ada", "A.")
    listing, _ = await reads.get_list(all_users, Query())
    assert [body["name"] for body in await represented(all_users, listing.items)] == ["Bob"]
    signals.post_get_instance._clear_state()
    act = act_at(all_users, ada)
    [shown] = await represented(act, [await reads.get_instance(act)])
    assert shown["name"] == "Ada", "the store is untouched"


async def test_a_receiver_may_narrow_a_list_by_a_hidden_field(provider: MemoryProvider, schema: Schema) -> None:
    hidden = act_on(provider, restrict(schema, exclude=["age"]), "user")

    @signals.pre_create_instance.connect
    def own(sender: Any, data: dict[str, Any]) -> None:
        data["age"] = len(data["name"])

    for name in ("Ada", "Bob", "Grace"):
        await create(hidden, name=name)

    @signals.pre_get_list.connect
    async def mine(sender: Any, query: Query) -> None:
        query.where.append(Condition("age", "eq", 5))

    assert await stored_names(hidden) == ["Grace"]
