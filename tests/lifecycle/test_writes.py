"""The lifecycle, called from plain async code."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bzz import signals
from bzz.exceptions import Finished, Forbidden, Invalid, NotFound
from bzz.lifecycle import reads, writes
from bzz.lifecycle.act import Act
from bzz.providers.conditions import Condition
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Query
from bzz.resources.options import restrict
from bzz.schema.fields import Field
from bzz.schema.scalars import INTEGER
from bzz.schema.schema import Schema
from bzz.testing import Sent
from tests.support.acts import act_on
from tests.support.client import Api
from tests.support.models import User
from tests.support.teams import project, team


@pytest.fixture
def schema(provider: MemoryProvider) -> Schema:
    return provider.describe(User)


@pytest.fixture
def all_users(provider: MemoryProvider, schema: Schema) -> Act:
    return act_on(provider, schema, "user")


def at(all_users: Act, instance: User, handler: object = None) -> Act:
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
        await writes.update_instance(at(all_users, instance), {"name": "Bob"})
    else:
        await writes.delete_instance(at(all_users, instance))


async def names(act: Act) -> list[str]:
    return [item.instance.name for item in (await reads.get_list(act, Query()))[0].items]


async def test_each_act_sends_its_signals_with_what_the_contract_offers(all_users: Act, sent: list[Sent]) -> None:
    handler = object()
    all_users = act_on(all_users.unit_of_work.provider, all_users.schema, "user", handler=handler)
    ada = await create(all_users, name="Ada")
    act = at(all_users, ada, handler)
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


async def test_without_receivers_an_act_does_the_same(all_users: Act) -> None:
    ada = await create(all_users, name="Ada")
    path = at(all_users, ada)
    assert (await reads.get_instance(path)).body["name"] == "Ada"
    assert (await writes.update_instance(path, {"name": "Bob"})).values["name"] == "Bob"
    assert [item.body["name"] for item in (await reads.get_list(all_users, Query()))[0].items] == ["Bob"]
    await writes.delete_instance(path)
    with pytest.raises(NotFound):
        await reads.get_instance(path)


@pytest.mark.parametrize("act", ["create", "update", "delete"])
async def test_a_receiver_that_refuses_before_a_write_leaves_nothing_written(all_users: Act, act: str) -> None:
    ada = await create(all_users, name="Ada")

    async def refuse(sender: Any) -> None:
        raise Forbidden("no")

    getattr(signals, f"pre_{act}_instance").connect(refuse)
    with pytest.raises(Forbidden):
        await write(act, all_users, ada)
    assert await names(all_users) == ["Ada"]


async def test_a_receiver_may_change_data_and_what_it_sets_is_typed(all_users: Act) -> None:
    @signals.pre_create_instance.connect
    @signals.pre_update_instance.connect
    def supply(sender: Any, data: dict[str, Any]) -> None:
        data["age"] = "7"

    ada = await create(all_users, name="Ada")
    assert ada.age == 7
    stored = await writes.update_instance(at(all_users, ada), {"name": "Bob", "age": 3})
    bob = stored.instance
    assert (bob.name, bob.age) == ("Bob", 7)


async def test_a_required_field_may_be_supplied_by_a_receiver(all_users: Act) -> None:
    with pytest.raises(Invalid) as caught:
        await create(all_users)
    assert caught.value.errors == {"name": ["is required"]}

    @signals.pre_create_instance.connect
    def supply(sender: Any, data: dict[str, Any]) -> None:
        data.setdefault("name", "Nobody")

    assert (await create(all_users)).name == "Nobody"


async def test_what_a_receiver_sets_has_to_fit(all_users: Act) -> None:
    @signals.pre_create_instance.connect
    def spoil(sender: Any, data: dict[str, Any]) -> None:
        data |= {"age": "old", "nope": 1}

    with pytest.raises(Invalid) as caught:
        await create(all_users, name="Ada")
    assert caught.value.errors == {"age": ["expected an integer"], "nope": ["unknown field"]}
    assert await names(all_users) == []


async def test_a_receiver_may_set_what_a_request_may_not(provider: MemoryProvider, schema: Schema) -> None:
    fixed = act_on(provider, restrict(schema, read_only=["email"]), "user")
    with pytest.raises(Invalid):
        await create(fixed, name="Ada", email="ada@example.com")

    @signals.pre_create_instance.connect
    def own(sender: Any, data: dict[str, Any]) -> None:
        data["email"] = "owner@example.com"

    assert (await create(fixed, name="Ada")).email == "owner@example.com"


async def test_updated_fields_follow_what_earlier_receivers_changed(all_users: Act) -> None:
    ada = await create(all_users, name="Ada", age=3)
    seen: list[Any] = []

    def first(sender: Any, updated_fields: Any) -> None:
        seen.append(updated_fields)

    def change(sender: Any, data: dict[str, Any]) -> None:
        data["age"] = 5

    def last(sender: Any, updated_fields: Any) -> None:
        seen.append(updated_fields)

    for receiver in (first, change, last):
        signals.pre_update_instance.connect(receiver)
    await writes.update_instance(at(all_users, ada), {"age": 4})
    assert seen == [{"age": {"from": 3, "to": 4}}, {"age": {"from": 3, "to": 5}}]


async def test_an_update_that_changes_nothing_says_so(all_users: Act, sent: list[Sent]) -> None:
    ada = await create(all_users, name="Ada", age=3)
    sent.clear()
    await writes.update_instance(at(all_users, ada), {"age": "3", "name": "Ada"})
    assert [(s.signal, s.keywords["updated_fields"]) for s in sent] == [
        ("pre_update_instance", {}),
        ("post_update_instance", {}),
    ]


async def test_a_wrong_read_only_value_is_refused_before_any_receiver_runs(all_users: Act, sent: list[Sent]) -> None:
    ada = await create(all_users, name="Ada")
    sent.clear()
    with pytest.raises(Invalid):
        await writes.update_instance(at(all_users, ada), {"id": "another"})
    assert sent == []


@pytest.mark.parametrize("act", ["create", "update", "delete"])
async def test_what_a_receiver_raises_after_a_write_is_logged_and_the_others_still_run(
    all_users: Act, caplog: pytest.LogCaptureFixture, act: str
) -> None:
    ada = await create(all_users, name="Ada")
    ran: list[str] = []

    def fail(sender: Any) -> None:
        raise Forbidden("too late")

    async def later(sender: Any) -> None:
        ran.append("later")

    signal = getattr(signals, f"post_{act}_instance")
    signal.connect(fail)
    signal.connect(later)
    with caplog.at_level(logging.ERROR, "bzz"):
        await write(act, all_users, ada)
    assert ran == ["later"]
    assert "too late" in caplog.text
    assert await names(all_users) != ["Ada"]


async def test_a_missing_instance_is_not_found_before_pre_of_a_write_and_after_pre_of_a_read(
    all_users: Act, sent: list[Sent]
) -> None:
    nobody = act_on(all_users.unit_of_work.provider, all_users.schema, "user", "nobody")
    for act in (
        writes.update_instance(nobody, {}),
        writes.delete_instance(nobody),
        reads.get_instance(nobody),
    ):
        with pytest.raises(NotFound):
            await act
    assert [s.signal for s in sent] == ["pre_get_instance", "request_failed"]


async def test_a_receiver_may_change_what_a_read_shows(all_users: Act) -> None:
    ada = await create(all_users, name="Ada")
    await create(all_users, name="Bob")

    @signals.post_get_instance.connect
    def rename(sender: Any, instance: User) -> None:
        instance.name = "A."

    @signals.post_get_list.connect
    def drop(sender: Any, items: list[User]) -> None:
        items[:] = [user for user in items if user.name != "Ada"]

    assert (await reads.get_instance(at(all_users, ada))).body["name"] == "A."
    listing, _ = await reads.get_list(all_users, Query())
    assert [item.body["name"] for item in listing.items] == ["Bob"]
    signals.post_get_instance._clear_state()
    assert (await reads.get_instance(at(all_users, ada))).body["name"] == "Ada", "the store is untouched"


async def test_a_receiver_may_narrow_a_list_even_by_a_hidden_field(provider: MemoryProvider, schema: Schema) -> None:
    hidden = act_on(provider, restrict(schema, exclude=["age"]), "user")

    @signals.pre_create_instance.connect
    def own(sender: Any, data: dict[str, Any]) -> None:
        data["age"] = len(data["name"])

    for name in ("Ada", "Bob", "Grace"):
        await create(hidden, name=name)

    @signals.pre_get_list.connect
    async def mine(sender: Any, query: Query) -> None:
        query.where.append(Condition("age", "eq", 5))

    assert await names(hidden) == ["Grace"]


@dataclass
class Handler:
    """What the lifecycle looks at of a handler: whether it has finished."""

    _finished: bool = False


@pytest.mark.parametrize("act", ["create", "update", "delete", "get", "list"])
async def test_a_receiver_that_has_answered_the_request_stops_the_act(
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
        at(all_users, ada, handler),
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
    assert await names(all_users) == ["Ada"]


async def test_what_is_about_to_be_stored_is_typed_even_between_receivers(all_users: Act) -> None:
    ada = await create(all_users, name="Ada", age=7)
    seen: list[Any] = []

    def untyped(sender: Any, data: dict[str, Any]) -> None:
        data["age"] = "7"

    def look(sender: Any, updated_fields: Any) -> None:
        seen.append(updated_fields)

    def misspell(sender: Any, data: dict[str, Any]) -> None:
        data["nope"] = 1

    signals.pre_update_instance.connect(untyped)
    signals.pre_update_instance.connect(look)
    await writes.update_instance(at(all_users, ada), {"age": 8})
    assert seen == [{}]
    signals.pre_update_instance.disconnect(look)
    signals.pre_update_instance.connect(misspell)
    signals.pre_update_instance.connect(look)
    with pytest.raises(Invalid) as caught:
        await writes.update_instance(at(all_users, ada), {"age": 8})
    assert caught.value.errors == {"nope": ["unknown field"]}


async def test_much_is_typed_off_the_event_loop(all_users: Act) -> None:
    loop_thread, threads = threading.current_thread(), set()

    class Spy(dict[str, Any]):
        def items(self) -> Any:
            threads.add(threading.current_thread())
            return super().items()

    for scores in (1, 5000):
        threads.clear()
        raw = Spy(name="Ada", scores={f"k{n}": n for n in range(scores)})
        assert (await writes.create_instance(all_users, raw)).instance.name == "Ada"
        assert (loop_thread in threads) is (scores == 1)


async def test_nulls_are_left_out_of_what_is_created(all_users: Act) -> None:
    @signals.pre_create_instance.connect
    def add(sender: Any, data: dict[str, Any]) -> None:
        data["scores"]["c"] = None

    ada = await create(all_users, name="Ada", scores={"a": None, "b": 1})
    assert ada.scores == {"b": 1}


@pytest.mark.parametrize("when", ["pre", "post"])
async def test_who_hears_of_one_signal_only_hears_of_it(teams: Api, when: str) -> None:
    parent = await team(teams)
    path = f"/team/{parent}/projects/{await project(teams, parent)}"
    heard: list[str] = []

    @getattr(signals, f"{when}_delete_instance").connect  # type: ignore[untyped-decorator]
    def hear(sender: Any, instance: Any) -> None:
        heard.append(instance.name)

    assert (await teams("DELETE", path)).status == 204
    assert (await teams("DELETE", f"/team/{parent}")).status == 204
    assert heard == ["Difference", "Engine"]


def test_what_a_long_list_holds_more_of_is_found_in_one_pass() -> None:
    nameless = Schema(object, {"n": Field("n", INTEGER)})
    earlier: list[dict[str, Any]] = [{"n": number} for number in range(40_000)]
    started = time.thread_time()
    assert writes._added(nameless, earlier, [{"n": -1}, *earlier]) == 0
    assert writes._added(nameless, earlier, [*earlier[:7], {"n": 6}, *earlier[7:]]) == 7
    assert time.thread_time() - started < 5, "which comparing each with each takes many times over"
