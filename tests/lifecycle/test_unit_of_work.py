"""The unit of work: the provider's calls, the end of its unit, and computations off the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

import bzz
from bzz.exceptions import Invalid
from bzz.lifecycle import writes
from bzz.lifecycle.act import Act
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import ActState, Address, Query, Stored
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.schema.types import Diff
from bzz.signals import (
    post_create_instance,
    pre_create_instance,
    pre_get_list,
    pre_provider_call,
    pre_update_instance,
)
from bzz.testing import Sent, capture
from tests.support.acts import act_on
from tests.support.models import User


async def test_fetch_returns_the_instances_that_exist_by_key(provider: MemoryProvider, schema: Schema) -> None:
    data: Values = {"name": "Ada", "id": "1"}
    ada = await UnitOfWork(provider).create(schema, data)
    found = await UnitOfWork(provider).fetch(schema, ["1", "2", None], needs_instances=True)
    assert found.keys() == {"1"}
    assert (found["1"].instance, found["1"].values) == (ada.instance, ada.values)
    with capture(pre_provider_call) as sent:
        assert await UnitOfWork(provider).fetch(schema, [], needs_instances=True) == {}
    assert sent == []


class Opening(MemoryProvider):
    """Its units need no end."""

    async def begin(self, state: ActState) -> Any:
        return object()


class Closing(Opening):
    """Its units end later."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = asyncio.Event()

    async def end(self, unit: Any) -> None:
        await asyncio.sleep(0)
        self.ended.set()


async def test_a_unit_ends_after_the_last_call_that_uses_it() -> None:
    gate, begun, loop = threading.Event(), asyncio.Event(), asyncio.get_running_loop()

    def hold() -> None:
        loop.call_soon_threadsafe(begun.set)
        gate.wait(20)

    async def impatient(sender: Any) -> None:
        held = asyncio.ensure_future(bzz.in_pool(hold))
        await begun.wait()
        held.cancel()
        raise TimeoutError

    closing = Closing()
    for provider in (Opening(), closing):
        users = bzz.ModelHive(provider, User)
        ada = await users.create({"name": "Ada"})
        closing.ended.clear()
        gate.clear()
        begun.clear()
        with pre_update_instance.connected_to(impatient), pytest.raises(TimeoutError):
            await users.update(ada.id, {"age": 3})
        assert not closing.ended.is_set(), "it is in use"
        gate.set()
    await closing.ended.wait()
    await asyncio.sleep(0)
    assert await bzz.in_pool(max, 1, 2) == 2


class Unitless(MemoryProvider):
    """Has no unit for an act, after all."""

    async def begin(self, state: ActState) -> None:
        return None


async def test_an_act_may_have_no_unit() -> None:
    users, units = bzz.ModelHive(Unitless(), User), []

    @pre_create_instance.connect
    def note(sender: Any, unit: Any) -> None:
        units.append(unit)

    with capture(pre_provider_call) as sent:
        await users.create({"name": "Ada"})
    assert units == [None]
    assert [one.keywords["operation_name"] for one in sent] == ["begin", "create"]


class LedgerProvider(MemoryProvider):
    """Stores the entries of its unit together with the instance, or neither."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger: list[str] = []
        self.ended: list[list[str]] = []

    async def begin(self, state: ActState) -> list[str]:
        return []

    async def end(self, unit: list[str]) -> None:
        self.ended.append([*unit])

    async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:
        stored = await super().create(schema, data, state=state)
        self.ledger += state.unit
        return stored


async def test_receivers_of_a_write_get_the_unit_of_the_act() -> None:
    provider = LedgerProvider()
    users, units = bzz.ModelHive(provider, User), []

    @pre_create_instance.connect
    def audit(sender: Any, data: dict[str, Any], unit: list[str]) -> None:
        unit.append(f"{data['name']} is created")
        if data["name"] == "Nobody":
            raise Invalid("has no name")

    @post_create_instance.connect
    @pre_get_list.connect
    def outside(sender: Any, unit: Any) -> None:
        units.append(unit)

    ada = await users.create({"name": "Ada"})
    with pytest.raises(Invalid):
        await users.create({"name": "Nobody"})
    assert provider.ledger == ["Ada is created"]
    await users.update(ada.id, {"age": 3})
    await users.list()
    assert units == [None, None], "a read has no unit, and a stored write has none any more"
    assert provider.ended == [["Ada is created"], ["Nobody is created"], [], []], "one for each act"


async def test_a_large_body_is_parsed_off_the_event_loop(all_users: Act) -> None:
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


def many(number: int = 5000) -> dict[str, int]:
    return {f"k{n}": n for n in range(number)}


async def test_computations_leave_the_event_loop_once_a_large_value_was_measured(provider: MemoryProvider) -> None:
    loop_thread, work = threading.current_thread(), UnitOfWork(provider)
    for values, is_large in (({"scores": many(1000)}, False), ({"scores": many()}, True), ({}, True)):
        work.measure(values)
        assert work.is_large is is_large
        for compute in (work.compute, work.compute_uncancelled):
            assert (await compute(threading.current_thread) is loop_thread) is not is_large


async def test_large_stored_values_are_measured_by_a_read_and_by_an_update(
    provider: MemoryProvider, schema: Schema
) -> None:
    await UnitOfWork(provider).create(schema, {"id": "1", "name": "Ada", "scores": many()})
    address = Address.parse(schema, "1")
    reading, writing, listing = UnitOfWork(provider), UnitOfWork(provider), UnitOfWork(provider)
    await reading.get(address)
    await listing.list(schema, Query(), needs_instances=False)
    async with writing.writing(schema):
        await writing.update(address, lambda stored: {**stored, "age": 3})
    assert (reading.is_large, writing.is_large, listing.is_large) == (True, True, True)


@dataclass
class Flat:
    """Has no values with parts."""

    id: int
    name: str = ""


async def test_a_page_of_many_instances_is_large(provider: MemoryProvider) -> None:
    schema = provider.describe(Flat)
    for number in range(1001):
        await UnitOfWork(provider).create(schema, {"id": number})
    for per_page, is_large in ((20, False), (1001, True)):
        work = UnitOfWork(provider)
        await work.list(schema, Query(per_page=per_page), needs_instances=False)
        assert work.is_large is is_large


@pytest.mark.parametrize("size", [1, 5000])
async def test_the_diff_of_large_values_is_computed_off_the_event_loop(
    provider: MemoryProvider, schema: Schema, sent: list[Sent], size: int
) -> None:
    threads: list[threading.Thread] = []

    class Watched(Schema):
        def diff(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Diff:
            threads.append(threading.current_thread())
            return super().diff(old, new)

    await UnitOfWork(provider).create(schema, {"id": "1", "name": "Ada", "scores": many(size)})
    act = act_on(provider, Watched(schema.model, schema.fields, schema.pk, schema.id_field), "user", "1")
    await writes.update_instance(act, {"age": 3})
    assert [one.keywords["updated_fields"] for one in sent] == [{"age": {"from": None, "to": 3}}] * 2
    assert {thread is threading.current_thread() for thread in threads} == {size == 1}
