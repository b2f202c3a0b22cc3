"""A cancellation in a receiver, or between two, keeps no signal from the others."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import bzz
from bzz import signals
from bzz.exceptions import Forbidden
from bzz.lifecycle import act
from bzz.providers.memory import MemoryProvider
from bzz.signals import (
    post_associate,
    post_create_instance,
    pre_associate,
    pre_create_instance,
    request_failed,
)
from bzz.testing import capture
from tests.support.client import Api
from tests.support.models import User
from tests.support.teams import records


async def test_a_failed_task_group_in_a_receiver_does_not_cancel_the_act(users: Api) -> None:
    """Before Python 3.13 it leaves the task that it ran in with a count of cancellations."""

    async def fail() -> None:
        raise ValueError("in the group")

    async def group(sender: Any) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(fail())
        except* ValueError:
            pass

    with pre_create_instance.connected_to(group), post_create_instance.connected_to(group):
        assert (await users("POST", "/user", json_body={"name": "Ada"})).status == 201
        hive = bzz.ModelHive(MemoryProvider(), User)
        assert (await hive.create({"name": "Bob"})).name == "Bob"

    async def await_cancelled(sender: Any) -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task

    with pre_create_instance.connected_to(group), post_create_instance.connected_to(await_cancelled):
        assert (await users("POST", "/user", json_body={"name": "Cy"})).status == 201


async def test_a_cancellation_in_one_receiver_does_not_skip_the_others() -> None:
    users, reached = bzz.ModelHive(MemoryProvider(), User), asyncio.Event()

    async def hang(sender: Any) -> None:
        reached.set()
        await asyncio.Event().wait()

    await users.create({"name": "Eve", "email": "taken"})
    for signal, values, heard in (
        (post_create_instance, {"name": "Ada"}, "post_create_instance"),
        (pre_create_instance, {"name": "Ada"}, "request_failed"),
        (request_failed, {"name": "Bob", "email": "taken"}, "request_failed"),
    ):
        with signal.connected_to(hang), capture(post_create_instance, request_failed) as sent:
            reached.clear()
            task = asyncio.ensure_future(users.create(values))
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert [one.signal for one in sent] == [heard]
    assert [user.name for user in await users.list(sort="name")] == ["Ada", "Eve"]


async def test_a_read_cancelled_in_its_post_signal_sends_no_request_failed() -> None:
    users, reached = bzz.ModelHive(MemoryProvider(), User), asyncio.Event()

    async def hang(sender: Any) -> None:
        reached.set()
        await asyncio.Event().wait()

    with capture() as sent, signals.post_get_list.connected_to(hang):
        task = asyncio.ensure_future(users.list())
        await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [one.signal for one in sent if "provider" not in one.signal] == ["pre_get_list", "post_get_list"]


async def test_a_cancelled_act_still_computes_a_large_diff_for_its_receivers() -> None:
    """A thread computes the diff of many values, and the receiver waits for it."""
    users, computing = bzz.ModelHive(MemoryProvider(), User), asyncio.Event()
    many = {f"key {number}": number for number in range(5000)}
    ada = await users.create({"name": "Ada", "scores": many})
    told: list[int] = []

    async def first(sender: Any) -> None:
        asyncio.get_running_loop().call_soon(computing.set)

    async def receive(sender: Any, updated_fields: Any) -> None:
        told.append(len(updated_fields["scores"]["to"]))

    with signals.post_update_instance.connected_to(first), signals.post_update_instance.connected_to(receive):
        task = asyncio.ensure_future(users.update(ada.id, {"scores": {**many, "one more": 1}}))
        await computing.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert told == [5001]


async def test_a_cancellation_during_request_failed_skips_no_member() -> None:
    provider, reached = MemoryProvider(), asyncio.Event()
    teams, members = bzz.ModelHive(provider, records.Team), bzz.ModelHive(provider, records.Member)
    keys = [(await members.create({"name": name})).id for name in "abc"]
    parent = (await teams.create({"name": "Engine"})).id

    def refuse(sender: Any, instance: Any) -> None:
        if instance.id == keys[2]:
            raise Forbidden("Not this one.")

    async def hang(sender: Any) -> None:
        reached.set()
        await asyncio.Event().wait()

    with capture(request_failed) as sent, pre_associate.connected_to(refuse), request_failed.connected_to(hang):
        task = asyncio.ensure_future(teams.associate(parent, "members", keys))
        for _ in keys:
            await reached.wait()
            reached.clear()
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [one.keywords["instance"].id for one in sent] == keys


@pytest.mark.parametrize("when", ["before", "after", "refused"])
async def test_a_cancellation_between_many_signals_skips_no_member(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    provider = MemoryProvider()
    teams, members = bzz.ModelHive(provider, records.Team), bzz.ModelHive(provider, records.Member)
    keys = [(await members.create({"name": str(number)})).id for number in range(60)]
    parent = (await teams.create({"name": "Engine"})).id
    monkeypatch.setattr(act, "BREATH", 7)
    follower = request_failed if when == "refused" else post_associate
    watched = pre_associate if when == "before" else follower

    def refuse(sender: Any, instance: Any) -> None:
        if when == "refused" and instance.id == keys[-1]:
            raise Forbidden("Not this one.")

    def cancel(sender: Any) -> None:
        if sum(one.signal == watched.name for one in sent) == 20:
            asyncio.get_running_loop().call_soon(task.cancel)

    with capture(pre_associate, post_associate, request_failed) as sent:
        watched.connect(cancel)
        pre_associate.connect(refuse)
        task = asyncio.ensure_future(teams.associate(parent, "members", keys))
        with pytest.raises(asyncio.CancelledError):
            await task
    announced = [one.keywords["instance"].id for one in sent if one.signal == "pre_associate"]
    followed = [one.keywords["instance"].id for one in sent if one.signal != "pre_associate"]
    assert announced == followed
    assert (await teams.get(parent)).members == (keys if when == "after" else [])


async def test_a_task_that_cancels_itself_is_cancelled_at_the_end_of_the_act() -> None:
    users = bzz.ModelHive(MemoryProvider(), User)
    await users.create({"name": "warm"})

    async def work() -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()
        await users.create({"name": "Ada"})

    with pytest.raises(asyncio.CancelledError):
        await asyncio.ensure_future(work())

    def stop(sender: Any) -> None:
        task = asyncio.current_task()
        assert task
        task.cancel()

    async def later(sender: Any) -> None:
        await asyncio.sleep(0)

    for signal in (pre_create_instance, post_create_instance):
        with signal.connected_to(stop), signal.connected_to(later), pytest.raises(asyncio.CancelledError):
            await asyncio.ensure_future(users.create({"name": "Bob"}))
