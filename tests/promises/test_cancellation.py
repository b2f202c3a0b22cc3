"""A cancelled act tells the truth: a write that has begun ends, and its signals are sent."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from contextlib import ExitStack, suppress
from types import ModuleType
from typing import Any

import pytest

import bzz
from bzz.concurrency.cancellation import uncancelled
from bzz.exceptions import Conflict
from bzz.providers.memory import MemoryProvider
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.providers.values import ActState, Stored
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.signals import post_create_instance, pre_create_instance, request_failed
from bzz.testing import capture
from tests.support.client import Api
from tests.support.gates import Gate, gated
from tests.support.models import User
from tests.support.signals import LIFECYCLE, SIGNALS

WRITES = ["create", "update", "delete", "associate", "dissociate", "create below", "update below", "delete below"]


@pytest.mark.parametrize("act", WRITES)
async def test_a_cancelled_act_ends_its_write_and_sends_the_signal(store: str, models: ModuleType, act: str) -> None:
    gate = Gate()
    gate.may_write.set()
    provider = gated({"memory": MemoryProvider, "mongoengine": MongoEngineProvider}[store], gate)
    teams, members = bzz.ModelHive(provider, models.Team), bzz.ModelHive(provider, models.Member)
    ada, bob = [(await members.create({"name": name})).id for name in ("Ada", "Bob")]
    parent = (await teams.create({"name": "Engine", "members": [ada]})).id
    project = (await teams.create(parent, "projects", {"name": "x"})).id
    acts: dict[str, Callable[[], Coroutine[Any, Any, Any]]] = {
        "create": lambda: members.create({"name": "Cy"}),
        "update": lambda: members.update(ada, {"name": "Augusta"}),
        "delete": lambda: members.delete(bob),
        "associate": lambda: teams.associate(parent, "members", bob),
        "dissociate": lambda: teams.dissociate(parent, "members", ada),
        "create below": lambda: teams.create(parent, "projects", {"name": "y"}),
        "update below": lambda: teams.update(parent, "projects", project, {"name": "z"}),
        "delete below": lambda: teams.delete(parent, "projects", project),
    }

    async def state() -> list[Any]:
        team = await teams.get(parent)
        projects = [project.name for project in team.projects]
        return [sorted(member.name for member in await members.list()), len(team.members), projects]

    before = await state()
    gate.close()
    with capture(*(SIGNALS[name] for name in LIFECYCLE)) as sent:
        task = asyncio.ensure_future(acts[act]())
        await gate.reached()
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        assert not task.done()
        gate.may_write.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [one.signal.split("_")[0] for one in sent] == ["pre", "post"]
    assert await state() != before


async def test_a_cancelled_act_whose_write_fails_sends_request_failed() -> None:
    gate = Gate()
    gate.may_write.set()
    users = bzz.ModelHive(gated(MemoryProvider, gate), User)
    await users.create({"id": "ada", "name": "Ada"})
    gate.close()
    with capture(pre_create_instance, post_create_instance, request_failed) as sent:
        task = asyncio.ensure_future(users.create({"id": "ada", "name": "Again"}))
        await gate.reached()
        task.cancel()
        gate.may_write.set()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert [one.signal for one in sent] == ["pre_create_instance", "request_failed"]
    assert isinstance(sent[1].keywords["error"], Conflict)


async def test_a_deadline_that_passes_during_a_write_raises_after_it() -> None:
    gate, loop = Gate(), asyncio.get_running_loop()
    users = bzz.ModelHive(gated(MemoryProvider, gate), User)

    async def pass_deadline(deadline: asyncio.Timeout) -> None:
        await gate.reached()
        deadline.reschedule(loop.time())  # the loop cancels the act first, and then
        loop.call_soon(gate.may_write.set)

    async def bounded() -> None:
        async with asyncio.timeout(None) as deadline:
            passing = asyncio.ensure_future(pass_deadline(deadline))
            await users.create({"name": "Ada"})
        await passing

    with capture(post_create_instance) as sent, pytest.raises(TimeoutError):
        await bounded()
    assert len(sent) == 1


async def test_a_deadline_inside_the_provider_does_not_cancel_the_act(api: Api) -> None:
    written = asyncio.Event()

    class Hasty(MemoryProvider):
        async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:
            with suppress(TimeoutError):
                async with asyncio.timeout(0):  # the loop ends the time first, and then
                    asyncio.get_running_loop().call_soon(written.set)
                    await uncancelled(written.wait())
                    await asyncio.sleep(0)
            return await super().create(schema, data, state=state)

    api.mount(bzz.ModelHive.routes_for(Hasty(), User))
    with capture(post_create_instance, request_failed) as sent:
        assert (await api("POST", "/user", json_body={"name": "Ada"})).status == 201
    assert [one.signal for one in sent] == ["post_create_instance"]


async def test_a_cancelled_act_ends_a_write_that_waits_for_a_thread() -> None:
    gate = Gate()
    provider: Any = gated(MemoryProvider, gate)
    users = bzz.ModelHive(provider, User)
    provider.threads = 1
    first = asyncio.ensure_future(users.create({"name": "first"}))
    await gate.reached()
    announced = asyncio.Event()

    @pre_create_instance.connect
    def note(sender: Any) -> None:
        announced.set()

    with capture(pre_create_instance, post_create_instance, request_failed) as sent:
        second = asyncio.ensure_future(users.create({"name": "second"}))
        await announced.wait()
        await asyncio.sleep(0)
        second.cancel()
        gate.may_write.set()
        with pytest.raises(asyncio.CancelledError):
            await second
    assert [one.signal for one in sent] == ["pre_create_instance", "post_create_instance", "post_create_instance"], (
        "the first one's, too"
    )
    await first
    assert sorted(user.name for user in await users.list()) == ["first", "second"]


async def test_signals_tell_the_truth_at_each_point_of_cancellation() -> None:
    """The act is cancelled after 0, 1, 2 ... steps of the loop, until it ends before it is cancelled."""

    async def receive(sender: Any) -> None:
        await asyncio.sleep(0)

    watched = (pre_create_instance, post_create_instance, request_failed)
    outcomes: set[tuple[str, ...]] = set()
    for steps in itertools.count():
        users = bzz.ModelHive(MemoryProvider(), User)
        with ExitStack() as connections:
            sent = connections.enter_context(capture(*watched))
            for signal in watched:
                connections.enter_context(signal.connected_to(receive))
            task = asyncio.ensure_future(users.create({"name": "Ada"}))
            for _ in range(steps):
                await asyncio.sleep(0)
            was_done = not task.cancel()
            result: Any = (await asyncio.gather(task, return_exceptions=True))[0]
        stored = [user.name for user in await users.list()]
        heard = tuple(one.signal.split("_")[0] for one in sent)
        assert (heard, stored) in [((), []), (("pre", "request"), []), (("pre", "post"), ["Ada"])]
        await users.close()
        if was_done:
            break
        assert isinstance(result, asyncio.CancelledError)
        outcomes.add(heard)
    assert outcomes == {(), ("pre", "request"), ("pre", "post")}
