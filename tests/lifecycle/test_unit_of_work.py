"""The unit of work: the provider's calls, the end of its unit, and computations off the event loop."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import bzz
from bzz.exceptions import Invalid
from bzz.lifecycle import writes
from bzz.lifecycle.act import Act
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import ActState, Stored
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.signals import (
    post_create_instance,
    pre_create_instance,
    pre_get_list,
    pre_provider_call,
    pre_update_instance,
)
from bzz.testing import capture
from tests.support.models import User


async def test_fetch_returns_the_instances_that_exist_by_key(provider: MemoryProvider) -> None:
    schema: Schema = provider.describe(User)
    data: Values = {"name": "Ada", "id": "1"}
    ada = await UnitOfWork(provider).create(schema, data)
    found = await UnitOfWork(provider).fetch(schema, ["1", "2", None], represent=True)
    assert found.keys() == {"1"}
    assert (found["1"].instance, found["1"].body["name"]) == (ada.instance, "Ada")
    with capture(pre_provider_call) as sent:
        assert await UnitOfWork(provider).fetch(schema, [], represent=True) == {}
    assert sent == []


class Opening(MemoryProvider):
    """Has units of work that need no end."""

    async def begin(self, state: ActState) -> Any:
        return object()


class Closing(Opening):
    """Takes its time to end them."""

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
        gate.wait(5)

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


class LedgerProvider(MemoryProvider):
    """Writes what is entered into its unit of work together with the instance, or neither."""

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
        unit.append(f"{data.get('name')} is created")

    @post_create_instance.connect
    @pre_get_list.connect
    def outside(sender: Any, unit: Any) -> None:
        units.append(unit)

    ada = await users.create({"name": "Ada"})
    with pytest.raises(Invalid):
        await users.create({})
    assert provider.ledger == ["Ada is created"]
    await users.update(ada.id, {"age": 3})
    await users.list()
    assert units == [None, None], "what is read, and what is committed, is in none"
    assert provider.ended == [["Ada is created"], ["None is created"], [], []], "one for each act"


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
