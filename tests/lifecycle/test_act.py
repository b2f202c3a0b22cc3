"""The act: its signals, and the way it ends."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

import bzz
from bzz import signals
from bzz.exceptions import Conflict, Finished, NotFound
from bzz.lifecycle import reads, writes
from bzz.lifecycle.act import Act
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Query
from bzz.signals import (
    post_associate,
    pre_associate,
    pre_create_instance,
    request_failed,
)
from bzz.testing import Sent, capture
from tests.support.acts import act_at, act_on, create, stored_names
from tests.support.models import User
from tests.support.teams import records


async def test_each_act_sends_its_signals_with_the_keywords_of_the_contract(all_users: Act, sent: list[Sent]) -> None:
    handler = object()
    all_users = act_on(all_users.unit_of_work.provider, all_users.schema, "user", handler=handler)
    ada = await create(all_users, name="Ada")
    act = act_at(all_users, ada, handler)
    await reads.get_instance(act)
    query = Query()
    await reads.get_list(all_users, query)
    stored = await writes.update_instance(act, {"age": "36"})
    after = stored.instance
    await writes.delete_instance(act)
    one, many = [f"user/{ada.id}"], ["user"]
    diff = {"age": {"from": None, "to": 36}}
    at_one, at_many = {"arguments": one, "handler": handler}, {"arguments": many, "handler": handler}
    assert [(s.signal, s.keywords) for s in sent] == [
        ("pre_create_instance", {**at_many, "data": {"name": "Ada"}}),
        ("post_create_instance", {**at_many, "instance": ada}),
        ("pre_get_instance", at_one),
        ("post_get_instance", {**at_one, "instance": ada}),
        ("pre_get_list", {**at_many, "query": query}),
        ("post_get_list", {**at_many, "items": [ada]}),
        ("pre_update_instance", {**at_one, "data": {"age": 36}, "instance": ada, "updated_fields": diff}),
        ("post_update_instance", {**at_one, "instance": after, "updated_fields": diff}),
        ("pre_delete_instance", {**at_one, "instance": after}),
        ("post_delete_instance", {**at_one, "instance": after}),
    ]
    assert {s.sender for s in sent} == {User}


async def test_receivers_get_the_hive_of_the_act(all_users: Act) -> None:
    all_users.unit_of_work.state.hive = hive = object()
    with capture(pre_create_instance, request_failed) as sent:
        await writes.create_instance(all_users, {"name": "Ada", "email": "a@b"})
        with pytest.raises(Conflict):
            await writes.create_instance(all_users, {"name": "Ada", "email": "a@b"})
    assert [one.signal for one in sent] == ["pre_create_instance", "pre_create_instance", "request_failed"]
    assert {one.keywords["hive"] for one in sent} == {hive}


async def test_acts_without_receivers_do_the_same(all_users: Act) -> None:
    ada = await create(all_users, name="Ada")
    path = act_at(all_users, ada)
    assert (await reads.get_instance(path)).values["name"] == "Ada"
    assert (await writes.update_instance(path, {"name": "Bob"})).values["name"] == "Bob"
    assert [item.values["name"] for item in (await reads.get_list(all_users, Query()))[0].items] == ["Bob"]
    await writes.delete_instance(path)
    with pytest.raises(NotFound):
        await reads.get_instance(path)


@dataclass
class Handler:
    """The one attribute of a handler that an act reads: whether the reply is finished."""

    _finished: bool = False


@pytest.mark.parametrize("act", ["create", "update", "delete", "get", "list"])
async def test_a_pre_receiver_that_answers_the_request_stops_the_act(
    all_users: Act, act: str, sent: list[Sent]
) -> None:
    ada = await create(all_users, name="Ada")
    handler = Handler()
    sent.clear()

    def answer(sender: Any) -> None:
        handler._finished = True

    getattr(signals, f"pre_{'get_list' if act == 'list' else f'{act}_instance'}").connect(answer)
    whole, one = (
        act_on(all_users.unit_of_work.provider, all_users.schema, "user", handler=handler),
        act_at(all_users, ada, handler),
    )
    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "create": lambda: writes.create_instance(whole, {"name": "Bob"}),
        "update": lambda: writes.update_instance(one, {"name": "Bob"}),
        "delete": lambda: writes.delete_instance(one),
        "get": lambda: reads.get_instance(one),
        "list": lambda: reads.get_list(whole, Query()),
    }
    with pytest.raises(Finished):
        await acts[act]()
    assert [s.signal.partition("_")[0] for s in sent] == ["pre", "request"]
    signals.pre_get_list._clear_state()
    assert await stored_names(all_users) == ["Ada"]


async def test_only_a_read_announces_a_missing_instance(all_users: Act, sent: list[Sent]) -> None:
    nobody = act_on(all_users.unit_of_work.provider, all_users.schema, "user", "nobody")
    for act in (
        writes.update_instance(nobody, {}),
        writes.delete_instance(nobody),
        reads.get_instance(nobody),
    ):
        with pytest.raises(NotFound):
            await act
    assert [s.signal for s in sent] == ["pre_get_instance", "request_failed"]


async def test_an_act_with_many_signals_lets_other_tasks_run() -> None:
    provider = MemoryProvider()
    teams, members = bzz.ModelHive(provider, records.Team), bzz.ModelHive(provider, records.Member)
    keys = [(await members.create({"name": str(number)})).id for number in range(350)]
    parent = (await teams.create({"name": "Engine"})).id
    turns: list[int] = []

    async def other() -> None:
        while True:
            turns.append(len(sent))
            await asyncio.sleep(0)

    with capture(pre_associate, post_associate) as sent:
        others = asyncio.ensure_future(other())
        await teams.associate(parent, "members", keys)
        others.cancel()
    assert len(sent) == 700
    assert max(later - earlier for earlier, later in itertools.pairwise(turns)) <= 101


async def test_an_act_that_is_destroyed_with_its_loop_logs_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    def destroy() -> None:
        loop = asyncio.new_event_loop()
        users = bzz.ModelHive(MemoryProvider(), User)

        async def hang(sender: Any) -> None:
            await asyncio.Event().wait()

        with pre_create_instance.connected_to(hang):
            act = users.create({"name": "Ada"})
            loop.call_soon(act.send, None)
            loop.run_until_complete(asyncio.sleep(0))
            act.close()
        loop.close()

    await asyncio.to_thread(destroy)
    assert "Exception ignored" not in capfd.readouterr().err
