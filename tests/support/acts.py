"""Acts that tests of the lifecycle run without a hive."""

from __future__ import annotations

from typing import Any

from bzz.lifecycle import reads, writes
from bzz.lifecycle.act import Act
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.base import Provider
from bzz.providers.values import ActState, Query
from bzz.resources.paths import Path, Step
from bzz.resources.reach import PlainReach
from bzz.resources.resource import Resource
from bzz.schema.schema import Schema
from tests.support.models import User


def act_on(provider: Provider, schema: Schema, name: str, id: str | None = None, handler: object = None) -> Act:  # noqa: A002
    """An act on all of a resource, or on one instance of it."""
    return Act(UnitOfWork(provider, ActState(handler)), Path((Step(Resource(schema), name, id),), PlainReach(provider)))


def act_at(all_users: Act, instance: User, handler: object = None) -> Act:
    return act_on(all_users.unit_of_work.provider, all_users.schema, "user", instance.id, handler)


async def create(act: Act, **values: Any) -> User:
    stored = await writes.create_instance(act, values)
    assert isinstance(stored.instance, User)
    return stored.instance


async def write(act: str, all_users: Act, instance: User) -> None:
    """Create another user, or update or delete this one."""
    if act == "create":
        await writes.create_instance(all_users, {"name": "Bob"})
    elif act == "update":
        await writes.update_instance(act_at(all_users, instance), {"name": "Bob"})
    else:
        await writes.delete_instance(act_at(all_users, instance))


async def stored_names(act: Act) -> list[str]:
    return [item.values["name"] for item in (await reads.get_list(act, Query()))[0].items]
