"""The requests to one model's routes, from create to delete, and what receivers make of their replies."""

from __future__ import annotations

from typing import Any

import pytest
import tornado.web

import bzz
from bzz import signals
from bzz.exceptions import Forbidden, Unavailable
from bzz.providers.memory import MemoryProvider
from bzz.testing import Sent
from tests.support.client import Api
from tests.support.models import Country, Tag, User
from tests.support.teams import member, names, records
from tests.support.users import make_users


async def test_a_create_replies_with_the_instance_and_its_location(users: Api) -> None:
    reply = await users("POST", "/user", form="name=Ada%20Lovelace&address.city=London&tags[]=x&tags[]=y")
    assert reply.status == 201
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Location"] == f"/user/{reply.json['id']}/"
    assert reply.headers["X-Created-Id"] == reply.json["id"]
    assert reply.json == {
        "id": reply.json["id"],
        "name": "Ada Lovelace",
        "email": None,
        "age": None,
        "born": None,
        "balance": None,
        "status": "new",
        "admin": False,
        "address": {"city": "London", "street": None},
        "others": [],
        "tags": ["x", "y"],
        "scores": {},
    }
    assert (await users("GET", reply.headers["Location"])).json == reply.json


async def test_a_form_and_json_create_the_same_instance(users: Api) -> None:
    form = await users(
        "POST", "/user/", form="name=A&age=3&born=2020-01-01&status=done&balance=1.5&address.city=Rio&scores.a=1"
    )
    values = {"name": "A", "age": 3, "born": "2020-01-01", "status": "done", "balance": "1.5"}
    as_json = await users("POST", "/user/", json_body=values | {"address": {"city": "Rio"}, "scores": {"a": 1}})
    assert form.json | {"id": ""} == as_json.json | {"id": ""}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_put_and_patch_merge_the_body(users: Api, method: str) -> None:
    ada = await users.create("/user", name="Ada", age=3, address={"city": "Rio", "street": "A"}, tags=["x"])
    reply = await users(method, f"/user/{ada['id']}", json_body={"address": {"street": None}, "age": 4, "tags": []})
    assert reply.status == 200
    assert reply.json == ada | {"address": {"city": "Rio", "street": None}, "age": 4, "tags": []}


async def test_the_reply_to_a_get_can_be_edited_and_put_back(users: Api) -> None:
    ada = await users.create("/user", name="Ada")
    got = (await users("GET", f"/user/{ada['id']}")).json
    reply = await users("PUT", f"/user/{ada['id']}", json_body=got | {"name": "Bob"})
    assert (reply.status, reply.json) == (200, ada | {"name": "Bob"})


async def test_an_empty_body_changes_nothing(users: Api) -> None:
    ada = await users.create("/user", name="Ada")
    reply = await users("PUT", f"/user/{ada['id']}", body="")
    assert (reply.status, reply.json) == (200, ada)


async def test_a_delete_is_204_once_and_then_404(users: Api) -> None:
    ada = await users.create("/user", name="Ada")
    reply = await users("DELETE", f"/user/{ada['id']}/")
    assert (reply.status, reply.body) == (204, b"")
    for method in ("DELETE", "GET", "PUT"):
        assert (await users(method, f"/user/{ada['id']}", body="" if method == "PUT" else None)).status == 404


async def test_head_is_get_without_the_body(users: Api, sent: list[Sent]) -> None:
    ada = await users.create("/user", name="Ada")
    for path in (f"/user/{ada['id']}", "/user"):
        sent.clear()
        got = await users("GET", path)
        signals_of_get = [s.signal for s in sent]
        sent.clear()
        head = await users("HEAD", path)
        assert (head.status, head.body) == (200, b"")
        assert head.headers["Content-Length"] == str(len(got.body))
        assert [s.signal for s in sent] == signals_of_get


@pytest.mark.parametrize("code", ["é/", "a?", "  ", "%2", '";', "\n\n"])
async def test_an_identifier_of_any_characters_is_percent_encoded_in_location_and_header(
    api: Api, provider: MemoryProvider, code: str
) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Country))
    reply = await api("POST", "/country", json_body={"id": code, "name": "Odd"})
    assert reply.status == 201
    assert reply.headers["Location"] == f"/country/{reply.headers['X-Created-Id']}/"
    assert (await api("GET", reply.headers["Location"])).json == {"id": code, "name": "Odd"}


@pytest.mark.parametrize("name", ["", ".", "..", "x" * 513])
async def test_an_identifier_that_no_url_could_hold_is_refused(api: Api, provider: MemoryProvider, name: str) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Tag))
    reply = await api("POST", "/tag", json_body={"id": name})
    assert (reply.status, list(reply.json["errors"])) == (400, ["id"])
    assert (await api("GET", "/tag")).json == []


async def test_a_key_of_the_client_is_inserted_once_and_never_replaced(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Country))
    await api.create("/country", id="BR", name="Brazil")
    taken = await api("POST", "/country", json_body={"id": "BR", "name": "Other"})
    assert (taken.status, taken.json["errors"]) == (409, {"id": ["is taken"]})
    assert (await api("GET", "/country/BR")).json["name"] == "Brazil"
    assert (await api("POST", "/country", json_body={"name": "None"})).json["errors"] == {"id": ["is required"]}
    assert (await api("PUT", "/country/BR", json_body={"id": "PT"})).json["errors"] == {"id": ["is read-only"]}


async def test_a_unique_value_that_is_taken_is_a_conflict(users: Api) -> None:
    await users.create("/user", name="Ada", email="a@b.c")
    bob = await users.create("/user", name="Bob")
    for reply in (
        await users("POST", "/user", json_body={"name": "Eve", "email": "a@b.c"}),
        await users("PUT", f"/user/{bob['id']}", json_body={"email": "a@b.c"}),
    ):
        assert (reply.status, reply.json["errors"]) == (409, {"email": ["is taken"]})


async def test_the_models_own_validation_is_a_bad_request(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Country))
    reply = await api("POST", "/country", json_body={"id": "BRA"})
    assert (reply.status, reply.json["detail"]) == (400, "A country code has two letters.")


@pytest.mark.parametrize("path", ["/user/nobody", "/user/%ff", "/user/%00", "/user/a%2Fb"])
async def test_an_id_without_an_instance_is_not_found(users: Api, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        reply = await users(method, path, body="" if method == "PUT" else None)
        assert reply.status == 404
        assert reply.headers["Content-Type"] == "application/problem+json"


async def test_a_list_is_filtered_and_sorted(users: Api) -> None:
    await make_users(users)
    assert names(await users("GET", "/user?age=3&sort=name")) == ["Ada", "Di"]
    assert names(await users("GET", "/user?age=&sort=name")) == ["Bob"]
    assert names(await users("GET", "/user?sort=age,-name")) == ["Bob", "Cy", "Ed", "Di", "Ada"]
    assert names(await users("GET", "/user?sort=-age,name")) == ["Ada", "Di", "Ed", "Cy", "Bob"]
    assert names(await users("GET", "/user?status=done")) == []


async def test_receivers_get_the_handler(users: Api) -> None:
    seen: list[Any] = []

    @signals.post_create_instance.connect
    def receive(sender: Any, instance: User, handler: Any) -> None:
        seen.append((sender, instance.name, handler.request.headers["X-Who"]))

    await users("POST", "/user", form={"name": "Ada"}, headers={"X-Who": "me"})
    assert seen == [(User, "Ada", "me")]


@pytest.mark.parametrize(
    ("error", "status"),
    [(Forbidden("no"), 403), (tornado.web.HTTPError(402), 402), (RuntimeError("bug"), 500)],
)
async def test_an_exception_of_a_pre_receiver_is_the_reply_and_stops_the_act(
    users: Api, error: Exception, status: int
) -> None:
    @signals.pre_create_instance.connect
    def refuse(sender: Any) -> None:
        raise error

    assert (await users("POST", "/user", form={"name": "Ada"})).status == status
    assert (await users("GET", "/user")).json == []


@pytest.mark.parametrize("raises", [True, False])
async def test_a_pre_receiver_may_answer_itself_which_stops_the_act(users: Api, raises: bool) -> None:
    def answer(sender: Any, handler: Any) -> None:
        handler.set_status(403)
        handler.finish("mine")
        if raises:
            raise tornado.web.Finish

    with signals.pre_create_instance.connected_to(answer), signals.pre_get_list.connected_to(answer):
        for method in ("POST", "GET"):
            reply = await users(method, "/user", form={"name": "Ada"} if method == "POST" else None)
            assert (reply.status, reply.body) == (403, b"mine")
    assert (await users("GET", "/user")).json == []


async def test_a_post_receiver_may_answer_itself_after_the_act(users: Api) -> None:
    def answer(sender: Any, handler: Any) -> None:
        handler.finish("mine")

    with signals.post_create_instance.connected_to(answer), signals.post_get_list.connected_to(answer):
        assert (await users("POST", "/user", form={"name": "Ada"})).body == b"mine"
        assert (await users("GET", "/user")).body == b"mine"
    assert [user["name"] for user in (await users("GET", "/user")).json] == ["Ada"]


async def test_a_failing_receiver_after_the_write_does_not_change_the_reply(users: Api) -> None:
    @signals.post_create_instance.connect
    def fail(sender: Any) -> None:
        raise tornado.web.HTTPError(500)

    assert (await users("POST", "/user", form={"name": "Ada"})).status == 201


async def test_a_subclass_may_answer_without_awaiting(api: Api, provider: MemoryProvider) -> None:
    class Short(bzz.ModelHandler):
        def get(self) -> None:  # type: ignore[override]
            self.finish("short")

    api.mount(bzz.ModelHive.routes_for(provider, User, handler_class=Short))
    assert (await api("GET", "/user")).body == b"short"
    assert (await api("POST", "/user", json_body={"name": "Ada"})).status == 201


class Leaving(MemoryProvider):
    """A store that is reachable until it ``has_left``."""

    has_left = False

    async def list(self, *args: Any, **options: Any) -> Any:
        if self.has_left:
            raise Unavailable("The store does not answer in time.")
        return await super().list(*args, **options)


async def test_a_write_that_is_stored_but_cannot_be_shown_is_answered_without_a_body(api: Api) -> None:
    provider = Leaving()
    api.mount(*(bzz.ModelHive.routes_for(provider, model) for model in (records.Team, records.Member)))
    ada = await member(api)

    def leave(sender: Any) -> None:
        provider.has_left = True

    signals.post_create_instance.connect(leave)
    reply = await api("POST", "/team?expand=owner", json_body={"name": "Engine", "owner": ada})
    assert (reply.status, reply.body) == (201, b"")
    assert reply.headers["ETag"]
    provider.has_left = False
    assert names(await api("GET", "/team")) == ["Engine"]
