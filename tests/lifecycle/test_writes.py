"""The acts create, update and delete, run without a hive."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest

import bzz
from bzz import signals
from bzz.exceptions import Forbidden, Invalid
from bzz.lifecycle import writes
from bzz.lifecycle.act import Act
from bzz.providers.memory import MemoryProvider
from bzz.resources.options import restrict
from bzz.schema.fields import Field
from bzz.schema.scalars import INTEGER
from bzz.schema.schema import Schema
from bzz.testing import Sent, capture
from tests.support.acts import act_at, act_on, create, stored_names, write
from tests.support.client import Api
from tests.support.models import User
from tests.support.teams import project, team


@pytest.mark.parametrize("act", ["create", "update", "delete"])
async def test_a_pre_receiver_that_raises_stops_the_write(all_users: Act, act: str) -> None:
    ada = await create(all_users, name="Ada")

    async def refuse(sender: Any) -> None:
        raise Forbidden("no")

    getattr(signals, f"pre_{act}_instance").connect(refuse)
    with pytest.raises(Forbidden):
        await write(act, all_users, ada)
    assert await stored_names(all_users) == ["Ada"]


async def test_a_value_that_a_receiver_sets_is_typed(all_users: Act) -> None:
    @signals.pre_create_instance.connect
    @signals.pre_update_instance.connect
    def supply(sender: Any, data: dict[str, Any]) -> None:
        data["age"] = "7"

    ada = await create(all_users, name="Ada")
    assert ada.age == 7
    stored = await writes.update_instance(act_at(all_users, ada), {"name": "Bob", "age": 3})
    bob = stored.instance
    assert (bob.name, bob.age) == ("Bob", 7)


async def test_required_fields_are_checked_with_the_types_and_before_receivers(all_users: Act) -> None:
    with capture(signals.pre_create_instance) as sent, pytest.raises(Invalid) as caught:
        await create(all_users, age="old")
    assert (caught.value.errors, sent) == ({"name": ["is required"], "age": ["expected an integer"]}, [])


async def test_a_receiver_may_supply_a_field_that_requests_may_not_set_or_may_leave_out() -> None:
    @signals.pre_create_instance.connect
    def supply(sender: Any, data: dict[str, Any]) -> None:
        data.setdefault("name", "Nobody")

    for users in (
        bzz.ModelHive("memory", User, optional=["name"]),
        bzz.ModelHive("memory", User, read_only=["name"]),
        bzz.ModelHive("memory", User, exclude=["name"]),
    ):
        assert (await users.create({})).name == "Nobody"


async def test_an_invalid_value_that_a_receiver_sets_is_refused(all_users: Act) -> None:
    @signals.pre_create_instance.connect
    def spoil(sender: Any, data: dict[str, Any]) -> None:
        data |= {"age": "old", "nope": 1}

    with pytest.raises(Invalid) as caught:
        await create(all_users, name="Ada")
    assert caught.value.errors == {"age": ["expected an integer"], "nope": ["unknown field"]}
    assert await stored_names(all_users) == []


async def test_a_receiver_may_set_a_field_that_requests_may_not(provider: MemoryProvider, schema: Schema) -> None:
    fixed = act_on(provider, restrict(schema, read_only=["email"]), "user")
    with pytest.raises(Invalid):
        await create(fixed, name="Ada", email="ada@example.com")

    @signals.pre_create_instance.connect
    def own(sender: Any, data: dict[str, Any]) -> None:
        data["email"] = "owner@example.com"

    assert (await create(fixed, name="Ada")).email == "owner@example.com"


async def test_updated_fields_show_the_changes_of_earlier_receivers(all_users: Act) -> None:
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
    await writes.update_instance(act_at(all_users, ada), {"age": 4})
    assert seen == [{"age": {"from": 3, "to": 4}}, {"age": {"from": 3, "to": 5}}]


async def test_an_update_that_changes_nothing_has_an_empty_diff(all_users: Act, sent: list[Sent]) -> None:
    ada = await create(all_users, name="Ada", age=3)
    sent.clear()
    await writes.update_instance(act_at(all_users, ada), {"age": "3", "name": "Ada"})
    assert [(s.signal, s.keywords["updated_fields"]) for s in sent] == [
        ("pre_update_instance", {}),
        ("post_update_instance", {}),
    ]


async def test_a_wrong_read_only_value_is_refused_before_any_receiver_runs(all_users: Act, sent: list[Sent]) -> None:
    ada = await create(all_users, name="Ada")
    sent.clear()
    with pytest.raises(Invalid):
        await writes.update_instance(act_at(all_users, ada), {"id": "another"})
    assert sent == []


@pytest.mark.parametrize("act", ["create", "update", "delete"])
async def test_an_exception_of_a_post_receiver_is_logged_and_the_others_run(
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
    assert await stored_names(all_users) != ["Ada"]


async def test_updated_fields_are_typed_between_two_receivers(all_users: Act) -> None:
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
    await writes.update_instance(act_at(all_users, ada), {"age": 8})
    assert seen == [{}]
    signals.pre_update_instance.disconnect(look)
    signals.pre_update_instance.connect(misspell)
    signals.pre_update_instance.connect(look)
    with pytest.raises(Invalid) as caught:
        await writes.update_instance(act_at(all_users, ada), {"age": 8})
    assert caught.value.errors == {"nope": ["unknown field"]}


async def test_nulls_in_a_map_are_not_stored_by_a_create(all_users: Act) -> None:
    @signals.pre_create_instance.connect
    def add(sender: Any, data: dict[str, Any]) -> None:
        data["scores"]["c"] = None

    ada = await create(all_users, name="Ada", scores={"a": None, "b": 1})
    assert ada.scores == {"b": 1}


@pytest.mark.parametrize("when", ["pre", "post"])
async def test_a_delete_sends_either_signal_without_the_other(teams: Api, when: str) -> None:
    parent = await team(teams)
    path = f"/team/{parent}/projects/{await project(teams, parent)}"
    heard: list[str] = []

    @getattr(signals, f"{when}_delete_instance").connect  # type: ignore[untyped-decorator]
    def hear(sender: Any, instance: Any) -> None:
        heard.append(instance.name)

    assert (await teams("DELETE", path)).status == 204
    assert (await teams("DELETE", f"/team/{parent}")).status == 204
    assert heard == ["Difference", "Engine"]


def test_the_new_document_of_a_long_list_is_found_in_one_pass() -> None:
    nameless = Schema(object, {"n": Field("n", INTEGER)})
    earlier: list[dict[str, Any]] = [{"n": number} for number in range(40_000)]
    started = time.thread_time()
    assert writes._added(nameless, earlier, [{"n": -1}, *earlier]) == 0
    assert writes._added(nameless, earlier, [*earlier[:7], {"n": 6}, *earlier[7:]]) == 7
    assert time.thread_time() - started < 5, "comparing each with each would take many times as long"
