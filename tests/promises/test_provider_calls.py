"""The signals of calls to a provider: one pair for each call, with its duration."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import bzz
from bzz.exceptions import NotFound
from bzz.providers import registry
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import ActState, Address
from bzz.signals import post_provider_call, pre_provider_call, pre_update_instance
from bzz.testing import Sent, capture
from tests.support.client import Api
from tests.support.clock import Clock
from tests.support.models import User
from tests.support.teams import NOBODY, member, team


def operations(sent: list[Sent]) -> list[tuple[str, str]]:
    """Return the calls as (method, model), after a check that each began and ended once."""
    begun = [s.keywords for s in sent if s.signal == "pre_provider_call"]
    ended = {s.keywords["call_id"]: s.keywords for s in sent if s.signal == "post_provider_call"}
    assert len(begun) == len(ended) == len({one["call_id"] for one in begun})
    for one in begun:
        end = ended[one["call_id"]]
        assert end["duration"] > 0
        for name in ("operation_name", "target_name", "model"):
            assert one[name] == end[name]
    return [(one["operation_name"], one["model"].__name__) for one in begun]


async def test_each_call_to_a_provider_sends_its_signals_once(teams: Api, store: str) -> None:
    with capture(pre_provider_call, post_provider_call) as sent:
        ada = await member(teams)
        parent = await team(teams, members=[ada])
        await teams("GET", f"/member/{ada}")
        await teams("GET", f"/team/{parent}/members?expand=friends")
        await teams("PUT", f"/member/{ada}", json_body={"age": 3})
        await teams("DELETE", f"/team/{parent}/members/{ada}", headers={"X-Request-ID": "leaves"})
        await teams("DELETE", f"/member/{ada}")
    assert operations(sent) == [
        ("create", "Member"),
        ("list", "Member"),  # is there whom the team refers to?
        ("create", "Team"),
        ("get", "Member"),
        ("get", "Team"),
        ("list", "Member"),
        ("update", "Member"),
        ("get", "Team"),
        ("get", "Member"),
        ("get", "Team"),  # as it is announced
        ("update", "Team"),
        ("delete", "Member"),
    ]
    assert {s.sender for s in sent} == {store}
    names = {"memory": {"Member", "Team"}, "mongoengine": {"member", "team"}}
    assert {s.keywords["target_name"] for s in sent} == names[store]
    assert [s.keywords["request_id"] for s in sent][-8:-2] == ["leaves"] * 6


async def test_post_provider_call_gives_the_error_of_a_failed_call(teams: Api) -> None:
    with capture(post_provider_call) as sent:
        assert (await teams("GET", f"/member/{NOBODY}")).status == 404
    assert [type(s.keywords["error"]) for s in sent] == [NotFound]


class SlowProvider(MemoryProvider):
    """Each look-up takes two seconds of its clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def _find(self, address: Address, state: ActState) -> Any:
        self.clock.sleep(2)
        return super()._find(address, state)


async def test_the_duration_of_a_call_leaves_receivers_out(clock: Clock) -> None:
    users, others = [bzz.ModelHive(SlowProvider(clock), User) for _ in range(2)]
    ada, eve = await users.create({"name": "Ada"}), await others.create({"name": "Eve"})
    others.provider.name = "another"

    @pre_update_instance.connect
    async def slow(sender: Any, instance: Any, request_id: str) -> None:
        clock.sleep(10)
        await users.get(ada.id)
        await others.get(eve.id)

    memory = users.provider.name
    with capture(post_provider_call) as sent:
        await users.update(ada.id, {"age": 3})
    told = [(s.sender, s.keywords["operation_name"], s.keywords["duration"]) for s in sent]
    assert told == [(memory, "get", 2), (memory, "get", 2), ("another", "get", 2), (memory, "update", 2)]
    assert len({s.keywords["request_id"] for s in sent}) == 1
    durations: list[float] = []
    with post_provider_call.connected_to(lambda sender, duration: durations.append(duration), sender=memory):
        await users.update(ada.id, {"age": 4})
    assert durations == [2, 2, 2], "with or without a receiver for the other provider"


async def test_an_exception_around_a_call_is_only_logged(users: Api, caplog: pytest.LogCaptureFixture) -> None:
    @pre_provider_call.connect
    async def fails(sender: Any, operation_name: str) -> None:
        raise RuntimeError(f"before {operation_name}")

    @post_provider_call.connect
    def fails_too(sender: Any, duration: float) -> None:
        raise LookupError("after")

    assert (await users("POST", "/user", json_body={"name": "Ada"})).status == 201
    assert "before create" in caplog.text
    assert "LookupError: after" in caplog.text


async def test_the_sender_is_the_name_a_provider_was_first_registered_by(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_registered", {})

    class Shelf(MemoryProvider):
        """Known by a name of its own, or none."""

    class Fixed(Shelf):
        name = "fixed name"

    monkeypatch.setattr(registry, "_names", {Fixed: "not this"})

    with capture(pre_provider_call) as sent:
        await bzz.ModelHive(Shelf(), User).list()
        bzz.register_provider("books", Shelf)
        bzz.register_provider("more", Shelf)
        mine = Shelf()
        mine.name = "mine"
        for provider in ("books", "more", Shelf, Shelf(), mine, Fixed(), "memory"):
            await bzz.ModelHive(provider, User).list()
    assert [s.sender for s in sent] == ["shelf", "books", "books", "books", "books", "mine", "fixed name", "memory"]


async def test_a_cancellation_in_a_receiver_of_a_call_never_cuts_off_a_write() -> None:
    users = bzz.ModelHive(MemoryProvider(), User)
    reached = asyncio.Event()

    async def hang(sender: Any) -> None:
        reached.set()
        await asyncio.Event().wait()

    async def interrupted(signal: Any, act: Any) -> list[str]:
        with capture() as sent, signal.connected_to(hang):
            reached.clear()
            task = asyncio.ensure_future(act)
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        return [s.signal for s in sent if "provider" not in s.signal]

    with capture(post_provider_call) as sent:
        made = await interrupted(pre_provider_call, users.create({"name": "Ada"}))
    assert made == ["pre_create_instance", "request_failed"]
    assert [(type(s.keywords["error"]), s.keywords["duration"]) for s in sent] == [(asyncio.CancelledError, 0.0)]
    assert await users.list() == []
    made = await interrupted(post_provider_call, users.create({"name": "Ada"}))
    assert made == ["pre_create_instance", "post_create_instance"]
    [ada] = await users.list()
    read = await interrupted(post_provider_call, users.get(ada.id))
    assert read == ["pre_get_instance", "request_failed"], "a read ends there"
