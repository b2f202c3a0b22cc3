"""The flat resource over HTTP."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import tornado.httpclient
import tornado.web

import bzz
from bzz import signals
from bzz.exceptions import Forbidden
from bzz.providers.memory import MemoryProvider
from bzz.testing import Sent
from tests.support.client import Api
from tests.support.extras import needs_extras
from tests.support.models import Country, Tag, User


async def test_creating_answers_with_the_object_and_where_it_is(users: Api) -> None:
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


async def test_json_and_form_bodies_say_the_same(users: Api) -> None:
    form = await users(
        "POST", "/user/", form="name=A&age=3&born=2020-01-01&status=done&balance=1.5&address.city=Rio&scores.a=1"
    )
    values = {"name": "A", "age": 3, "born": "2020-01-01", "status": "done", "balance": "1.5"}
    as_json = await users("POST", "/user/", json_body=values | {"address": {"city": "Rio"}, "scores": {"a": 1}})
    assert form.json | {"id": ""} == as_json.json | {"id": ""}


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_put_and_patch_merge(users: Api, method: str) -> None:
    ada = await users.create("/user", name="Ada", age=3, address={"city": "Rio", "street": "A"}, tags=["x"])
    reply = await users(method, f"/user/{ada['id']}", json_body={"address": {"street": None}, "age": 4, "tags": []})
    assert reply.status == 200
    assert reply.json == ada | {"address": {"city": "Rio", "street": None}, "age": 4, "tags": []}


async def test_what_was_got_can_be_edited_and_put_back(users: Api) -> None:
    ada = await users.create("/user", name="Ada")
    got = (await users("GET", f"/user/{ada['id']}")).json
    reply = await users("PUT", f"/user/{ada['id']}", json_body=got | {"name": "Bob"})
    assert (reply.status, reply.json) == (200, ada | {"name": "Bob"})


async def test_an_empty_body_changes_nothing_and_is_not_replaced_by_the_query_string(users: Api) -> None:
    ada = await users.create("/user", name="Ada")
    reply = await users("PUT", f"/user/{ada['id']}?name=Bob", body="")
    assert (reply.status, reply.json) == (200, ada)


async def test_deleting_answers_once_with_nothing_and_then_not_found(users: Api) -> None:
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


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/user", "GET, HEAD, POST, OPTIONS"), ("/user/1/", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS")],
)
async def test_options_and_405_say_what_a_path_takes(users: Api, path: str, allowed: str) -> None:
    reply = await users("OPTIONS", path)
    assert (reply.status, reply.headers["Allow"], reply.body) == (204, allowed, b"")
    for method in {"PUT", "PATCH", "DELETE", "POST", "TRACE", "BREW"} - set(allowed.split(", ")):
        reply = await users(method, path, body="")
        assert (reply.status, reply.headers["Allow"]) == (405, allowed)
        assert reply.headers["Content-Type"] == "application/problem+json"


async def test_a_hive_takes_the_methods_it_is_given(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, User, methods=["get", "POST"]))
    ada = await api.create("/user", name="Ada")
    reply = await api("DELETE", f"/user/{ada['id']}")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("prefix", ["api", "/api", "/api/"])
@pytest.mark.parametrize("name", ["people", "/people/"])
async def test_prefix_and_resource_name_in_any_spelling(
    api: Api, provider: MemoryProvider, prefix: str, name: str
) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, User, prefix=prefix, resource_name=name))
    for path in ("/api/people", "/api/people/"):
        reply = await api("POST", path, form={"name": "Ada"})
        assert reply.headers["Location"] == f"/api/people/{reply.json['id']}/"
        assert (await api("GET", path)).status == 200
    assert (await api("GET", "/people")).status == 404


async def test_arguments_are_the_path_with_the_resources_name(
    api: Api, provider: MemoryProvider, sent: list[Sent]
) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, User, prefix="api", resource_name="/people/"))
    ada = await api.create("/api/people", name="Ada")
    await api("GET", f"/api/people/{ada['id']}/")
    assert sent[0].keywords["arguments"] == ["people"]
    assert sent[2].keywords["arguments"] == [f"people/{ada['id']}"]


@pytest.mark.parametrize("code", ["é/", "a?", "  ", "%2", '";', "\n\n"])
async def test_an_identifier_of_any_characters_is_encoded_wherever_it_is_shown(
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


async def test_a_natural_key_is_given_once_and_never_replaced(api: Api, provider: MemoryProvider) -> None:
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
async def test_what_is_no_instance_is_not_found(users: Api, path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        reply = await users(method, path, body="" if method == "PUT" else None)
        assert reply.status == 404
        assert reply.headers["Content-Type"] == "application/problem+json"


async def make_users(users: Api) -> None:
    for name, age in (("Ada", 3), ("Bob", None), ("Cy", 1), ("Di", 3), ("Ed", 2)):
        await users.create("/user", name=name, age=age)


def names(reply: Any) -> list[str]:
    assert reply.status == 200, reply.body
    return [user["name"] for user in reply.json]


async def test_a_list_is_filtered_and_sorted(users: Api) -> None:
    await make_users(users)
    assert names(await users("GET", "/user?age=3&sort=name")) == ["Ada", "Di"]
    assert names(await users("GET", "/user?age=&sort=name")) == ["Bob"]
    assert names(await users("GET", "/user?sort=age,-name")) == ["Bob", "Cy", "Ed", "Di", "Ada"]
    assert names(await users("GET", "/user?sort=-age,name")) == ["Ada", "Di", "Ed", "Cy", "Bob"]
    assert names(await users("GET", "/user?status=done")) == []


async def test_a_list_comes_in_pages_that_link_to_each_other(users: Api) -> None:
    await make_users(users)
    path, walked = "/user?sort=name&per_page=2", []
    while path:
        reply = await users("GET", path)
        walked.append(names(reply))
        links = dict(reversed(part.split("; rel=")) for part in reply.headers["Link"].split(", "))
        path = links.get('"next"', "").strip("<>")
        assert links['"first"'] == "</user?sort=name&per_page=2&page=1>"
        assert "page=1" not in path, "the next page is found by cursor"
    assert walked == [["Ada", "Bob"], ["Cy", "Di"], ["Ed"]]
    links = (await users("GET", "/user?sort=name&per_page=2&page=3")).headers["Link"]
    assert links.endswith(', </user?sort=name&per_page=2&page=2>; rel="prev"')
    assert names(await users("GET", "/user?page=99")) == []


async def test_the_hive_says_how_long_a_page_is_and_how_it_is_sorted(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, User, sort="-name", per_page=2, max_per_page=3))
    await make_users(api)
    assert names(await api("GET", "/user")) == ["Ed", "Di"]
    assert names(await api("GET", "/user?per_page=3")) == ["Ed", "Di", "Cy"]
    assert (await api("GET", "/user?per_page=4")).json["errors"] == {"per_page": ["expected an integer from 1 to 3"]}


async def test_options_hide_and_fix_fields(api: Api, provider: MemoryProvider) -> None:
    api.mount(
        bzz.ModelHive.routes_for(
            provider, User, exclude=["balance"], read_only=["admin"], write_only=["email"], fields=None
        )
    )
    ada = await api.create("/user", name="Ada", email="a@b.c")
    assert not {"balance", "email"} & set(ada)
    assert ada["admin"] is False
    path = f"/user/{ada['id']}"
    for body in ({"balance": 1}, {"admin": True}, {"nope": 1}, {"__class__": "x"}, {"id": "y"}):
        reply = await api("PUT", path, json_body=body)
        assert (reply.status, list(reply.json["errors"])) == (400, list(body))
    for hidden in ("balance", "email"):
        assert (await api("GET", f"/user?{hidden}=1")).status == 400
        assert (await api("GET", f"/user?sort={hidden}")).status == 400


async def test_a_handler_class_of_ones_own_answers(api: Api, provider: MemoryProvider) -> None:
    class Loud(bzz.ModelHandler):
        def set_default_headers(self) -> None:
            self.set_header("X-Loud", "yes")

    api.mount(bzz.ModelHive.routes_for(provider, User, handler_class=Loud))
    assert (await api("GET", "/user")).headers["X-Loud"] == "yes"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"exclude": ["nmae"]}, TypeError),
        ({"per_pgae": 3}, TypeError),
        ({"sort": "nmae"}, TypeError),
        ({"methods": ["GTE"]}, ValueError),
        ({"per_page": 200}, ValueError),
        ({"per_page": 0}, ValueError),
        ({"resource_name": "/"}, ValueError),
        ({"max_body": -1}, ValueError),
        ({"exclude": "name"}, TypeError),
        ({"methods": "GET"}, TypeError),
        ({"handler_class": tornado.web.RequestHandler}, TypeError),
    ],
)
def test_what_is_wrong_with_options_is_said_when_routes_are_made(
    options: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        bzz.ModelHive.routes_for("memory", User, **options)


@needs_extras
def test_an_unknown_option_is_answered_with_those_there_are() -> None:
    with pytest.raises(TypeError, match=r"unknown option per_pgae; there are .*per_page, .*threads"):
        bzz.ModelHive.routes_for("mongoengine", User, per_pgae=3)


async def test_receivers_and_hooks_see_the_handler(users: Api) -> None:
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
async def test_a_receiver_that_refuses_chooses_the_reply(users: Api, error: Exception, status: int) -> None:
    @signals.pre_create_instance.connect
    def refuse(sender: Any) -> None:
        raise error

    assert (await users("POST", "/user", form={"name": "Ada"})).status == status
    assert (await users("GET", "/user")).json == []


@pytest.mark.parametrize("raises", [True, False])
async def test_a_receiver_may_answer_by_itself_and_nothing_is_done(users: Api, raises: bool) -> None:
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


async def test_a_receiver_may_answer_after_the_act(users: Api) -> None:
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


async def test_while_slow_requests_are_under_way_others_are_answered_at_once(users: Api) -> None:
    """200 requests wait in a receiver; a route that does nothing answers as if they were not there."""
    slow, release = asyncio.Semaphore(0), asyncio.Semaphore(0)

    @signals.pre_get_list.connect
    async def wait(sender: Any) -> None:
        slow.release()
        await release.acquire()

    users.mount((r"/nothing", Nothing))
    client = tornado.httpclient.AsyncHTTPClient(force_instance=True, max_clients=300)
    waiting = [asyncio.ensure_future(_status(client, users.url + "/user")) for _ in range(200)]
    for _ in waiting:
        await slow.acquire()
    took = []
    for _ in range(20):
        started = time.perf_counter()
        assert (await users("GET", "/nothing")).body == b"nothing"
        took.append(time.perf_counter() - started)
    for answered in asyncio.as_completed(waiting):
        release.release()
        assert await answered == 200
    assert sorted(took)[10] < 0.25
    client.close()


async def test_while_the_store_is_slow_other_routes_are_answered_at_once(api: Api, provider: MemoryProvider) -> None:
    """200 requests are under way in a store that blocks; those it cannot take are refused, none blocks the loop."""
    api.mount(bzz.ModelHive.routes_for(provider, Slow), (r"/nothing", Nothing))
    client = tornado.httpclient.AsyncHTTPClient(force_instance=True, max_clients=300)
    waiting = [asyncio.ensure_future(_status(client, api.url + "/slow")) for _ in range(200)]
    pending = set(waiting)
    while len(pending) > 160:  # 32 threads, and a queue of four times as many
        _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
    for _ in range(20):
        started = time.perf_counter()
        assert (await api("GET", "/nothing")).body == b"nothing"
        assert time.perf_counter() - started < 1
    Slow.answers.set()
    statuses = await asyncio.gather(*waiting)
    assert (statuses.count(200), statuses.count(503)) == (160, 40)
    client.close()


@dataclass
class Slow:
    """A model whose store takes its time."""

    id: str
    answers: ClassVar[threading.Event] = threading.Event()

    @classmethod
    def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
        cls.answers.wait()
        return queryset


class Nothing(tornado.web.RequestHandler):
    def get(self) -> None:
        self.finish("nothing")


async def _status(client: tornado.httpclient.AsyncHTTPClient, url: str) -> int:
    return (await client.fetch(url, raise_error=False, request_timeout=60)).code
