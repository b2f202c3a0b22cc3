"""Which verbs need a signed-in user: the policy of an application, and a model's own switches."""

from __future__ import annotations

from typing import Any

import pytest
import tornado.web

import bzz
from bzz.auth.providers.mock import MockProvider
from bzz.providers.memory import MemoryProvider
from bzz.signals import post_create_instance
from tests.support.client import SECRET, Api, Browser, serve
from tests.support.models import Country, User
from tests.support.signals import SIGNALS

ALL = ["get", "create", "update", "delete"]
OPEN = {
    "GET list": 200, "HEAD": 200, "POST": 201, "GET": 200, "PUT": 200, "PATCH": 200, "DELETE": 204, "OPTIONS": 204,
}  # fmt: skip
VERBS = {"get": ["GET list", "HEAD", "GET"], "create": ["POST"], "update": ["PUT", "PATCH"], "delete": ["DELETE"]}


@pytest.fixture
def countries(api: Api) -> Api:
    return api.mount(bzz.ModelHive.routes_for(MemoryProvider(), Country))


async def statuses(ask: Any, path: str = "/country", pk: str = "br") -> dict[str, int]:
    """The status of a request of each kind."""
    return {
        "GET list": (await ask("GET", path)).status,
        "HEAD": (await ask("HEAD", path)).status,
        "POST": (await ask("POST", path, json_body={"id": "br"})).status,
        "GET": (await ask("GET", f"{path}/{pk}")).status,
        "PUT": (await ask("PUT", f"{path}/{pk}", json_body={"name": "Brasil"})).status,
        "PATCH": (await ask("PATCH", f"{path}/{pk}", json_body={"name": "Brazil"})).status,
        "DELETE": (await ask("DELETE", f"{path}/{pk}")).status,
        "OPTIONS": (await ask("OPTIONS", path)).status,
    }


async def test_a_configured_application_needs_a_user_for_all_but_options(countries: Api, browser: Browser) -> None:
    assert await statuses(countries) == dict.fromkeys(OPEN, 401) | {"OPTIONS": 204}
    await browser.sign_in()
    assert await statuses(browser) == OPEN


@pytest.mark.parametrize("verb", ALL)
async def test_each_verb_has_a_switch(countries: Api, verb: str) -> None:
    switches: Any = {f"authenticated_{one}": one == verb for one in ALL}
    bzz.AuthHive.configure(countries.app, SECRET, **switches)
    gated = dict.fromkeys(VERBS[verb], 401)
    shown = {"PUT": 204, "PATCH": 204} if verb == "get" else {}
    expected = (
        OPEN | shown | gated | ({"GET": 404, "PUT": 404, "PATCH": 404, "DELETE": 404} if verb == "create" else {})
    )
    assert await statuses(countries) == expected


@pytest.mark.parametrize("verb", ALL)
async def test_a_models_switch_of_a_verb_overrides_the_applications(api: Api, browser: Browser, verb: str) -> None:
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), Country, authenticated={verb: False}))
    found = await statuses(api)
    open_ones = [*VERBS[verb], "OPTIONS"]
    assert [way for way, status in found.items() if status != 401] == [way for way in OPEN if way in open_ones]


async def test_a_models_switch_of_all_verbs_overrides_the_applications(api: Api, browser: Browser) -> None:
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), Country, resource_name="open", authenticated=False))
    bzz.AuthHive.configure(api.app, SECRET, 1200, "AUTH_TOKEN", *[False] * 4)
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), Country, resource_name="closed", authenticated=True))
    assert await statuses(api, "/open") == OPEN
    assert await statuses(api, "/closed") == dict.fromkeys(OPEN, 401) | {"OPTIONS": 204}


async def test_a_401_has_a_challenge_and_a_problem_document(users: Api, browser: Browser) -> None:
    refused = await users("GET", "/user")
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json == {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "Sign in first."}
    wrong = await users("GET", "/user", headers={"Authorization": "Bearer x"})
    assert wrong.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


async def test_a_request_without_a_user_is_401_before_its_path_query_or_body_is_read(
    users: Api, browser: Browser
) -> None:
    def refuse(sender: Any) -> None:
        raise AssertionError

    for signal in SIGNALS.values():
        signal.connect(refuse, weak=False)
    json = {"Content-Type": "application/json"}
    assert (await users("POST", "/user", body=b"{malformed", headers=json)).status == 401
    assert (await users("POST", "/user", body=b"x", headers={"Content-Type": "text/plain"})).status == 401
    assert (await users("GET", "/user?nonsense=1")).status == 401
    assert (await users("GET", "/user/1/nowhere")).status == 401
    assert (await users("PUT", "/user", body=b"")).status == 401


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("tag", ['"x"', "*"])
async def test_a_precondition_needs_a_user_where_reading_does(
    countries: Api, browser: Browser, header: str, tag: str
) -> None:
    bzz.AuthHive.configure(countries.app, SECRET, 1200, "AUTH_TOKEN", True, False, False, False)
    assert (await countries("POST", "/country", json_body={"id": "br"})).status == 201
    for method in ("PUT", "PATCH", "DELETE"):
        body = None if method == "DELETE" else {"name": "Brazil"}
        refused = await countries(method, "/country/br", json_body=body, headers={header: tag})
        assert (refused.status, "ETag" in refused.headers) == (401, False)
    await browser.sign_in()
    held = await browser("PUT", "/country/br", json_body={"name": "Brazil"}, headers={header: tag})
    assert held.status == (200 if (header == "If-Match") == (tag == "*") else 412)


async def test_get_current_user_of_a_handler_does_not_override_the_policy(api: Api, browser: Browser) -> None:
    class Keyed(bzz.ModelHandler):
        def get_current_user(self) -> str:
            return "everybody"

    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, handler_class=Keyed))
    assert (await api("GET", "/user")).status == 401


async def test_get_current_user_of_a_handler_counts_in_an_application_without_a_policy(api: Api) -> None:
    class Keyed(bzz.ModelHandler):
        def get_current_user(self) -> str:
            return self.request.headers.get("X-Key", "")

    options: Any = {"handler_class": Keyed, "authenticated": {"create": True}}
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, **options))
    assert (await api("POST", "/user", json_body={"name": "Ada"})).status == 401
    assert (await api("POST", "/user", json_body={"name": "Ada"}, headers={"X-Key": "k"})).status == 201
    assert (await api("GET", "/user")).status == 200


async def test_a_models_switch_holds_in_an_application_without_a_policy(api: Api) -> None:
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, authenticated={"update": True}))
    assert (await api("GET", "/user")).status == 200
    assert (await api("PUT", "/user/1", json_body={})).status == 401


async def test_two_applications_of_one_process_have_a_policy_each(countries: Api, browser: Browser) -> None:
    other = tornado.web.Application(bzz.ModelHive.routes_for(MemoryProvider(), Country))
    third = tornado.web.Application(
        bzz.flatten([bzz.ModelHive.routes_for(MemoryProvider(), Country), bzz.AuthHive.routes_for([MockProvider])])
    )
    bzz.AuthHive.configure(third, SECRET[::-1], authenticated_get=False)
    apis = [Api(app, countries.client, serve(app)) for app in (other, third)]
    await browser.sign_in()
    assert await statuses(apis[0]) == OPEN
    assert (await statuses(apis[1]))["GET list"] == 200
    assert (await statuses(apis[1]))["POST"] == 401
    assert (await statuses(countries))["GET list"] == 401
    stranger = Browser(apis[1])
    stranger.cookies = dict(browser.cookies)
    assert (await stranger("GET", "/auth/me/")).json == {"authenticated": False}


async def test_in_process_acts_need_no_user(api: Api, browser: Browser) -> None:
    hive = bzz.ModelHive(MemoryProvider(), User, authenticated=True)
    api.mount(hive.routes())
    made: list[Any] = []

    def note(sender: Any, instance: Any) -> None:
        made.append(instance)

    post_create_instance.connect(note)
    ada = await hive.create({"name": "Ada"})
    assert made == [ada]
    assert (await api("GET", "/user")).status == 401
