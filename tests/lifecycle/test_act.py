"""Each ``pre_`` is followed by its ``post_`` or by ``request_failed``, and what they say of the store is true."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest
import tornado.web

import bzz
from bzz import signals
from bzz.concurrency.cancellation import uncancelled
from bzz.exceptions import Conflict, Finished, Forbidden, Invalid, NotFound, Unavailable
from bzz.lifecycle import act
from bzz.providers.base import Provider
from bzz.providers.memory import MemoryProvider
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.providers.values import ActState, Stored
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.signals import (
    post_associate,
    post_create_instance,
    pre_associate,
    pre_create_instance,
    pre_get_instance,
    pre_get_list,
    pre_update_instance,
    request_failed,
)
from bzz.signals.request_ids import request_id
from bzz.testing import Sent, capture
from tests.support.client import Api
from tests.support.models import User
from tests.support.teams import member, records, team

LIFECYCLE = [signal for signal in signals.declared().values() if "unit" in signal.keywords]


def told(sent: list[Sent]) -> list[tuple[str, Any]]:
    return [(one.signal, one.keywords.get("act")) for one in sent]


async def test_an_act_that_fails_says_so_to_whom_it_was_announced(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, User))
    ada = (await api.create("/user", name="Ada", email="a@example.com"))["id"]
    await api.create("/user", name="Bob", email="b@example.com")
    taken = {"name": "x", "email": "b@example.com"}
    for method, path, body, status, pre, error in (
        ("GET", "/user/nobody", None, 404, pre_get_instance, NotFound),
        ("POST", "/user", taken, 409, pre_create_instance, Conflict),
        ("POST", "/user", {}, 400, pre_create_instance, Invalid),
        ("PUT", f"/user/{ada}", taken, 409, pre_update_instance, Conflict),
    ):
        with capture(pre, request_failed) as sent:
            assert (await api(method, path, json_body=body)).status == status
        act = pre.name.split("_")[1]
        assert told(sent) == [(pre.name, None), ("request_failed", act)]
        before, failed = [one.keywords for one in sent]
        assert isinstance(failed["error"], error)
        assert failed["arguments"] == before["arguments"]
        assert failed["handler"] is before["handler"]
        assert failed["request_id"] == before["request_id"] == before["handler"].request_id
        assert failed["instance"] is before.get("instance")
        assert {one.sender for one in sent} == {User}


@pytest.mark.parametrize(
    "refusal", [Forbidden("No."), tornado.web.HTTPError(402), tornado.web.Finish(), RuntimeError("a bug")], ids=repr
)
@pytest.mark.parametrize("act", ["get", "list", "create", "update", "delete"])
async def test_an_act_that_a_receiver_refuses_has_failed_and_nothing_is_written(act: str, refusal: Exception) -> None:
    users = bzz.ModelHive(MemoryProvider(), User)
    ada = await users.create({"name": "Ada"})
    acts: dict[str, Callable[[], Awaitable[Any]]] = {
        "get": lambda: users.get(ada.id),
        "list": users.list,
        "create": lambda: users.create({"name": "Bob"}),
        "update": lambda: users.update(ada.id, {"name": "Bob"}),
        "delete": lambda: users.delete(ada.id),
    }
    pre = getattr(signals, "pre_get_list" if act == "list" else f"pre_{act}_instance")

    def refuse(sender: Any) -> None:
        raise refusal

    with capture() as sent, pre.connected_to(refuse), pytest.raises(type(refusal)):
        await acts[act]()
    assert [one for one in told(sent) if "provider" not in one[0]] == [(pre.name, None), ("request_failed", act)]
    assert [one.keywords["error"] for one in sent if one.signal == "request_failed"] == [refusal]
    assert [user.name for user in await users.list()] == ["Ada"]


async def test_a_reader_that_is_refused_after_the_read_was_told_of_it(users: Api) -> None:
    ada = (await users.create("/user", name="Ada"))["id"]

    def refuse(sender: Any) -> None:
        raise Forbidden("Not this one.")

    with capture() as sent, signals.post_get_instance.connected_to(refuse), signals.post_get_list.connected_to(refuse):
        assert (await users("GET", f"/user/{ada}")).status == 403
        assert (await users("GET", "/user")).status == 403
    assert [one.signal for one in sent if "provider" not in one.signal] == [
        *("pre_get_instance", "post_get_instance"),
        *("pre_get_list", "post_get_list"),
    ]


async def test_what_a_receiver_leaves_is_there_when_the_act_ends(teams: Api) -> None:
    ada, bob = await member(teams), await member(teams, "Bob")
    reserved: list[str] = []

    def reserve(sender: Any, context: dict[str, Any], **offered: Any) -> None:
        context["mine"] = offered["instance"].name if "instance" in offered else offered["data"].get("name")
        reserved.append(context["mine"])

    def release(sender: Any, context: dict[str, Any]) -> None:
        reserved.remove(context["mine"])

    with ExitStack() as connections:
        for signal in (pre_create_instance, pre_associate):
            connections.enter_context(signal.connected_to(reserve))
        for signal in (post_create_instance, post_associate, request_failed):
            connections.enter_context(signal.connected_to(release))
        assert (await teams("POST", "/member", json_body={})).status == 400
        parent = await team(teams)
        assert (await teams("POST", f"/team/{parent}/members", json_body={"members": [ada, bob]})).status == 201
        assert reserved == []
    with capture(post_create_instance) as sent:
        await team(teams)
    assert sent[0].keywords["context"] == {}, "where nobody was told before"


async def test_who_hears_of_failures_only_hears_of_all_that_was_announced(teams: Api) -> None:
    ada = await member(teams)
    with capture(request_failed) as sent:
        assert (await teams("GET", f"/member/{ada}")).status == 200
        assert (await teams("POST", "/member", json_body={"name": "Bob"})).status == 201
        assert (await teams("PUT", f"/member/{ada}", json_body={"name": "Bob"})).status == 200
        assert (await teams("POST", "/member", json_body={})).status == 400
        assert (await teams("POST", "/member", json_body={"nope": 1})).status == 400, "not announced at all"
        assert (await teams("DELETE", f"/member/{ada}")).status == 204
        assert (await teams("GET", f"/member/{ada}")).status == 404
    assert told(sent) == [("request_failed", "create"), ("request_failed", "get")]


async def test_a_receiver_of_a_failure_changes_nothing(users: Api, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Any] = []

    def fails(sender: Any) -> None:
        raise RuntimeError("even this")

    def later(sender: Any, act: str) -> None:
        heard.append(act)

    with request_failed.connected_to(fails), request_failed.connected_to(later):
        assert (await users("GET", "/user/nobody")).status == 404
    assert heard == ["get"]
    assert "even this" in caplog.text


async def test_each_of_several_members_is_told_of(teams: Api) -> None:
    ada, bob, cy = [await member(teams, name) for name in ("Ada", "Bob", "Cy")]
    parent = await team(teams)

    def refuse(sender: Any, instance: Any) -> None:
        if instance.name == "Bob":
            raise Forbidden("Not Bob.")

    with capture(pre_associate, post_associate, request_failed) as sent, pre_associate.connected_to(refuse):
        refused = await teams("POST", f"/team/{parent}/members", json_body={"members": [ada, bob, cy]})
        assert refused.status == 403
    assert [(one.signal, one.keywords["instance"].name) for one in sent] == [
        ("pre_associate", "Ada"),
        ("pre_associate", "Bob"),
        ("request_failed", "Ada"),
        ("request_failed", "Bob"),
    ]
    assert {one.keywords["act"] for one in sent[2:]} == {"associate"}


async def test_who_was_brought_in_by_somebody_else_has_not_joined_by_this_request() -> None:
    provider = MemoryProvider()
    teams, members = bzz.ModelHive(provider, records.Team), bzz.ModelHive(provider, records.Member)
    ada, bob = [(await members.create({"name": name})).id for name in ("Ada", "Bob")]
    parent = (await teams.create({"name": "Engine"})).id

    async def overtake(sender: Any, instance: Any, parent: Any) -> None:
        pre_associate.disconnect(overtake)
        await teams.associate(parent.id, "members", instance.id)

    pre_associate.connect(overtake)
    with capture(pre_associate, post_associate, request_failed) as sent:
        await teams.associate(parent, "members", [ada, bob])
    assert [(one.signal, one.keywords["instance"].name) for one in sent] == [
        *(("pre_associate", "Ada"), ("post_associate", "Ada")),
        *(("pre_associate", "Ada"), ("pre_associate", "Bob")),
        *(("post_associate", "Bob"), ("request_failed", "Ada")),
    ]
    assert isinstance(sent[-1].keywords["error"], Conflict)
    assert (await teams.get(parent)).members == [ada, bob]


async def test_nobody_joins_who_was_not_announced() -> None:
    provider = MemoryProvider()
    teams, members = bzz.ModelHive(provider, records.Team), bzz.ModelHive(provider, records.Member)
    ada, bob = [(await members.create({"name": name})).id for name in ("Ada", "Bob")]
    parent = (await teams.create({"name": "Engine", "members": [ada]})).id

    async def take_out(sender: Any, parent: Any) -> None:
        await teams.dissociate(parent.id, "members", ada)

    pre_associate.connect(take_out)
    with capture(pre_associate, post_associate, request_failed) as sent, pytest.raises(Conflict):
        await teams.associate(parent, "members", [ada, bob])
    assert [one.signal for one in sent] == ["pre_associate", "request_failed"]
    assert (await teams.get(parent)).members == []


class Gate:
    """Whether a store writes, and may."""

    def __init__(self) -> None:
        self.writing, self.may_write = threading.Event(), threading.Event()

    def close(self) -> None:
        self.writing.clear()
        self.may_write.clear()

    async def reached(self) -> None:
        """Wait until the store has been handed a write."""
        assert await asyncio.get_running_loop().run_in_executor(None, self.writing.wait, 20)


def gated(base: Any, gate: Gate) -> Provider:
    """A provider that writes once it is let."""

    class Gated(base):
        async def write(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
            def wait() -> Any:
                gate.writing.set()
                gate.may_write.wait(20)
                return function(*args, **kwargs)

            return await super().write(wait)

    made: Provider = Gated()
    return made


WRITES = ["create", "update", "delete", "associate", "dissociate", "create below", "update below", "delete below"]


@pytest.mark.parametrize("act", WRITES)
async def test_a_write_that_has_begun_is_waited_for_and_told_of(store: str, models: ModuleType, act: str) -> None:
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
    with capture(*LIFECYCLE) as sent:
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


async def test_a_write_that_fails_though_it_was_cancelled_has_failed() -> None:
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


async def test_a_deadline_that_passes_during_a_write_is_a_time_out_after_it() -> None:
    gate, loop = Gate(), asyncio.get_running_loop()
    users = bzz.ModelHive(gated(MemoryProvider, gate), User)

    async def pass_deadline(deadline: asyncio.Timeout) -> None:
        await gate.reached()
        deadline.reschedule(loop.time())
        loop.call_later(0.05, gate.may_write.set)

    async def bounded() -> None:
        async with asyncio.timeout(None) as deadline:
            passing = asyncio.ensure_future(pass_deadline(deadline))
            await users.create({"name": "Ada"})
        await passing

    with capture(post_create_instance) as sent, pytest.raises(TimeoutError):
        await bounded()
    assert len(sent) == 1


async def test_a_deadline_of_the_providers_own_that_the_write_outlives_ends_nothing(api: Api) -> None:
    class Hasty(MemoryProvider):
        async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:
            with suppress(TimeoutError):
                async with asyncio.timeout(0.001):
                    await uncancelled(asyncio.sleep(0.02))
                    await asyncio.sleep(0)
            return await super().create(schema, data, state=state)

    api.mount(bzz.ModelHive.routes_for(Hasty(), User))
    with capture(post_create_instance, request_failed) as sent:
        assert (await api("POST", "/user", json_body={"name": "Ada"})).status == 201
    assert [one.signal for one in sent] == ["post_create_instance"]


async def test_a_failed_group_of_tasks_in_a_receiver_is_no_cancellation(users: Api) -> None:
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


async def test_a_model_that_stops_an_iteration_has_a_bug_and_holds_up_nobody(users: Api) -> None:
    @dataclass
    class Exhausted(User):
        """Looks for what is not there."""

        def __post_init__(self) -> None:
            next(iter(()))

    hive = bzz.ModelHive(MemoryProvider(), Exhausted)
    with capture(pre_create_instance, request_failed) as sent, pytest.raises(RuntimeError, match="StopIteration"):
        await hive.create({"name": "Ada"})
    assert [one.signal for one in sent] == ["pre_create_instance", "request_failed"]


async def test_a_muted_announcement_needs_no_end() -> None:
    users = bzz.ModelHive(MemoryProvider(), User)
    with capture(pre_create_instance, request_failed) as sent, pre_create_instance.muted(), pytest.raises(Invalid):
        await users.create({})
    assert sent == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_what_a_receiver_has_begun_to_write_and_given_up_does_not_spoil_the_reply(
    users: Api, method: str
) -> None:
    ada = (await users.create("/user", name="Ada"))["id"]

    def write(sender: Any, handler: tornado.web.RequestHandler) -> None:
        handler.write("x")
        raise tornado.web.Finish

    with ExitStack() as connections:
        for act in ("create", "update", "delete"):
            connections.enter_context(getattr(signals, f"post_{act}_instance").connected_to(write))
        body = None if method == "DELETE" else {"name": "Bob"}
        reply = await users(method, "/user" if method == "POST" else f"/user/{ada}", json_body=body)
    assert reply.status == {"POST": 201, "PUT": 200, "DELETE": 204}[method]
    assert reply.body == b"" if method == "DELETE" else reply.json["name"] == "Bob"


async def test_a_write_that_waits_for_a_thread_is_waited_for() -> None:
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


async def test_a_cancellation_does_not_keep_receivers_from_hearing_of_what_was_done() -> None:
    users, reached = bzz.ModelHive(MemoryProvider(), User), asyncio.Event()

    async def hang(sender: Any) -> None:
        reached.set()
        await asyncio.Event().wait()

    for signal, values, heard in (
        (post_create_instance, {"name": "Ada"}, "post_create_instance"),
        (pre_create_instance, {"name": "Ada"}, "request_failed"),
        (request_failed, {}, "request_failed"),
    ):
        with signal.connected_to(hang), capture(post_create_instance, request_failed) as sent:
            reached.clear()
            task = asyncio.ensure_future(users.create(values))
            await reached.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert [one.signal for one in sent] == [heard]
    assert len(await users.list()) == 1


async def test_a_read_that_is_cancelled_while_it_is_told_of_was_told_of() -> None:
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


async def test_much_that_was_changed_is_told_of_though_the_act_is_cancelled_meanwhile() -> None:
    """A diff of many values is computed in a thread, for which the receiver waits."""
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


async def test_wherever_an_act_is_cancelled_what_is_sent_is_true() -> None:
    """Cancelled after each number of steps of the loop, until there are none left to interrupt."""

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


async def test_a_receiver_writes_in_the_same_unit_of_work_as_the_act() -> None:
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


async def test_what_a_write_has_done_is_not_undone_by_a_store_that_is_away_for_the_reply(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shown(User):
        """Shows itself, for which it is asked in the provider's threads."""

        def to_dict(self) -> dict[str, Any]:
            return {"name": self.name}

    class AwayProvider(MemoryProvider):
        async def represent(self, *args: Any, **options: Any) -> Any:
            raise Unavailable("Too many requests are waiting for the store.")

    api.mount(bzz.ModelHive.routes_for(AwayProvider(), Shown))
    with capture(post_create_instance, request_failed) as sent:
        created = await api("POST", "/shown", json_body={"name": "Ada"})
        assert (created.status, created.body) == (201, b"")
        assert created.headers["ETag"]
        updated = await api("PUT", created.headers["Location"], json_body={"name": "Bob"})
        assert (updated.status, updated.body) == (204, b"")
    assert [one.signal for one in sent] == ["post_create_instance"]
    assert (await api("GET", created.headers["Location"])).json == {"name": "Bob"}


async def test_an_act_inside_another_has_pairs_of_its_own_and_the_same_id() -> None:
    users = bzz.ModelHive(MemoryProvider(), User)

    async def create_another(sender: Any, data: dict[str, Any]) -> None:
        if data["name"] == "outer":
            await users.create({"name": "inner"})
            with pytest.raises(Invalid):
                await users.create({"name": None})

    pre_create_instance.connect(create_another)
    with capture(pre_create_instance, post_create_instance, request_failed) as sent:
        await users.create({"name": "outer"})
    assert [one.signal.partition("_")[0] for one in sent] == ["pre", "post", "pre", "request", "pre", "post"]
    assert len({one.keywords["request_id"] for one in sent}) == 1


async def test_each_act_has_an_id_of_its_own() -> None:
    users = bzz.ModelHive(MemoryProvider(), User)
    with capture(post_create_instance) as sent:
        await users.create({"name": "Ada"})
        await users.create({"name": "Bob"})
    assert len({one.keywords["request_id"] for one in sent}) == 2
    assert request_id.get() is None


async def test_all_hear_of_a_failure_though_the_act_is_cancelled_meanwhile() -> None:
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


async def test_many_who_join_at_once_hold_up_nobody() -> None:
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


@pytest.mark.parametrize("when", ["before", "after", "refused"])
async def test_a_cancellation_between_many_signals_loses_none(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
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


async def test_a_task_that_cancels_itself_first_is_cancelled_in_the_end() -> None:
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


async def test_an_act_that_is_destroyed_with_its_loop_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
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


async def test_a_store_that_is_away_after_an_association_does_not_undo_it(api: Api) -> None:
    class AwayProvider(MemoryProvider):
        is_away = False

        async def list(self, *args: Any, **options: Any) -> Any:
            if self.is_away:
                raise Unavailable("Away.")
            return await super().list(*args, **options)

    provider = AwayProvider()
    api.mount(bzz.ModelHive.routes_for(provider, records.Member))
    ada, bob = [(await api.create("/member", name=name))["id"] for name in ("Ada", "Bob")]

    def leave(sender: Any) -> None:
        provider.is_away = True

    with post_associate.connected_to(leave):
        joined = await api("POST", f"/member/{ada}/friends", json_body={"friends": [bob]})
    assert (joined.status, joined.json["name"]) == (201, "Bob")


async def test_a_receiver_that_answers_the_request_itself_has_refused(users: Api) -> None:
    def answer(sender: Any, handler: tornado.web.RequestHandler) -> None:
        handler.set_status(202)
        handler.finish("later")

    with capture(pre_create_instance, request_failed) as sent, pre_create_instance.connected_to(answer):
        reply = await users("POST", "/user", json_body={"name": "Ada"})
    assert (reply.status, reply.body) == (202, b"later")
    assert isinstance(sent[-1].keywords["error"], Finished)
