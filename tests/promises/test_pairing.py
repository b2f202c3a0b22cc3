"""Each ``pre_`` signal has one end: its ``post_`` signal, or ``request_failed``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest
import tornado.web

import bzz
from bzz import signals
from bzz.exceptions import Conflict, Finished, Forbidden, Invalid, NotFound
from bzz.providers.memory import MemoryProvider
from bzz.signals import (
    post_associate,
    post_create_instance,
    pre_associate,
    pre_create_instance,
    pre_get_instance,
    pre_update_instance,
    request_failed,
)
from bzz.testing import Sent, capture
from tests.support.client import Api
from tests.support.models import Country, User
from tests.support.teams import NOBODY, member, records, team


def told(sent: list[Sent]) -> list[tuple[str, Any]]:
    return [(one.signal, one.keywords.get("act")) for one in sent]


async def test_a_failed_act_sends_request_failed_after_its_pre_signal(api: Api, provider: MemoryProvider) -> None:
    api.mount([bzz.ModelHive.routes_for(provider, model) for model in (User, Country)])
    ada = (await api.create("/user", name="Ada", email="a@example.com"))["id"]
    await api.create("/user", name="Bob", email="b@example.com")
    taken = {"name": "x", "email": "b@example.com"}
    for method, path, body, status, pre, error in (
        ("GET", "/user/nobody", None, 404, pre_get_instance, NotFound),
        ("POST", "/user", taken, 409, pre_create_instance, Conflict),
        ("POST", "/country", {"code": "xyz"}, 400, pre_create_instance, Invalid),
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
        assert {one.sender for one in sent} == {Country if path == "/country" else User}


@pytest.mark.parametrize(
    "refusal", [Forbidden("No."), tornado.web.HTTPError(402), tornado.web.Finish(), RuntimeError("a bug")], ids=repr
)
@pytest.mark.parametrize("act", ["get", "list", "create", "update", "delete"])
async def test_an_act_that_a_receiver_refuses_fails_and_writes_nothing(act: str, refusal: Exception) -> None:
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


async def test_a_read_that_a_post_receiver_refuses_sends_no_request_failed(users: Api) -> None:
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


async def test_the_context_of_a_pre_signal_reaches_the_signal_that_ends_it(teams: Api) -> None:
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
        assert (await teams("POST", "/team", json_body={"name": "x", "owner": NOBODY})).status == 400
        parent = await team(teams)
        assert (await teams("POST", f"/team/{parent}/members", json_body={"members": [ada, bob]})).status == 201
        assert reserved == []
    with capture(post_create_instance) as sent:
        await team(teams)
    assert sent[0].keywords["context"] == {}, "the context of a signal without a pre_ signal is empty"


async def test_request_failed_needs_no_receiver_of_the_pre_signal(teams: Api) -> None:
    ada = await member(teams)
    with capture(request_failed) as sent:
        assert (await teams("GET", f"/member/{ada}")).status == 200
        assert (await teams("POST", "/member", json_body={"name": "Bob"})).status == 201
        assert (await teams("PUT", f"/member/{ada}", json_body={"name": "Bob"})).status == 200
        assert (await teams("POST", "/team", json_body={"name": "x", "owner": NOBODY})).status == 400
        assert (await teams("POST", "/member", json_body={"nope": 1})).status == 400, "not announced at all"
        assert (await teams("DELETE", f"/member/{ada}")).status == 204
        assert (await teams("GET", f"/member/{ada}")).status == 404
    assert told(sent) == [("request_failed", "create"), ("request_failed", "get")]


async def test_an_exception_after_request_failed_is_only_logged(users: Api, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Any] = []

    def fails(sender: Any) -> None:
        raise RuntimeError("even this")

    def later(sender: Any, act: str) -> None:
        heard.append(act)

    with request_failed.connected_to(fails), request_failed.connected_to(later):
        assert (await users("GET", "/user/nobody")).status == 404
    assert heard == ["get"]
    assert "even this" in caplog.text


async def test_each_announced_member_fails_if_one_is_refused(teams: Api) -> None:
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


async def test_an_announced_member_that_another_request_added_first_fails() -> None:
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


async def test_no_member_joins_without_an_announcement() -> None:
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


async def test_an_act_fails_if_its_model_raises_stop_iteration(users: Api) -> None:
    @dataclass
    class Exhausted(User):
        """Raises StopIteration as soon as it is made."""

        def __post_init__(self) -> None:
            next(iter(()))

    hive = bzz.ModelHive(MemoryProvider(), Exhausted)
    with capture(pre_create_instance, request_failed) as sent, pytest.raises(RuntimeError, match="StopIteration"):
        await hive.create({"name": "Ada"})
    assert [one.signal for one in sent] == ["pre_create_instance", "request_failed"]


async def test_a_muted_pre_signal_has_no_end() -> None:
    users = bzz.ModelHive(MemoryProvider(), User)
    await users.create({"name": "Ada", "email": "taken"})
    with capture(pre_create_instance, request_failed) as sent, pre_create_instance.muted(), pytest.raises(Conflict):
        await users.create({"name": "Bob", "email": "taken"})
    assert sent == []


async def test_an_act_fails_if_a_pre_receiver_answers_the_request(users: Api) -> None:
    def answer(sender: Any, handler: tornado.web.RequestHandler) -> None:
        handler.set_status(202)
        handler.finish("later")

    with capture(pre_create_instance, request_failed) as sent, pre_create_instance.connected_to(answer):
        reply = await users("POST", "/user", json_body={"name": "Ada"})
    assert (reply.status, reply.body) == (202, b"later")
    assert isinstance(sent[-1].keywords["error"], Finished)
