"""Who may do what: the policy of an application, and what its models say otherwise."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
import tornado.httpclient
import tornado.httpserver
import tornado.netutil
import tornado.testing
import tornado.web

import bzz
from bzz.auth.providers.mock import MockProvider
from bzz.providers.memory import MemoryProvider
from bzz.signals import post_create_instance, pre_create_instance, pre_get_list
from tests.auth.test_handlers import FOREIGN, aged
from tests.support.client import SECRET, Api, Browser, serve
from tests.support.models import Country, User
from tests.support.signals import SIGNALS

ALL = ["get", "create", "update", "delete"]


@pytest.fixture
def countries(api: Api) -> Api:
    return api.mount(bzz.ModelHive.routes_for(MemoryProvider(), Country))


async def ways(ask: Any, path: str = "/country", pk: str = "br") -> dict[str, int]:
    """The status of each verb."""
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


OPEN = {
    "GET list": 200, "HEAD": 200, "POST": 201, "GET": 200, "PUT": 200, "PATCH": 200, "DELETE": 204, "OPTIONS": 204,
}  # fmt: skip
VERBS = {"get": ["GET list", "HEAD", "GET"], "create": ["POST"], "update": ["PUT", "PATCH"], "delete": ["DELETE"]}


async def test_a_configured_application_asks_for_a_user_for_all_but_options(countries: Api, browser: Browser) -> None:
    assert await ways(countries) == dict.fromkeys(OPEN, 401) | {"OPTIONS": 204}
    await browser.sign_in()
    assert await ways(browser) == OPEN


@pytest.mark.parametrize("verb", ALL)
async def test_each_verb_has_a_switch(countries: Api, verb: str) -> None:
    switches: Any = {f"authenticated_{one}": one == verb for one in ALL}
    bzz.AuthHive.configure(countries.app, SECRET, **switches)
    gated = dict.fromkeys(VERBS[verb], 401)
    shown = {"PUT": 204, "PATCH": 204} if verb == "get" else {}
    expected = (
        OPEN | shown | gated | ({"GET": 404, "PUT": 404, "PATCH": 404, "DELETE": 404} if verb == "create" else {})
    )
    assert await ways(countries) == expected


@pytest.mark.parametrize("verb", ALL)
async def test_a_model_may_say_otherwise_of_a_verb(api: Api, browser: Browser, verb: str) -> None:
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), Country, authenticated={verb: False}))
    found = await ways(api)
    open_ones = [*VERBS[verb], "OPTIONS"]
    assert [way for way, status in found.items() if status != 401] == [way for way in OPEN if way in open_ones]


async def test_a_model_may_be_open_or_closed_whatever_the_application_says(api: Api, browser: Browser) -> None:
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), Country, resource_name="open", authenticated=False))
    bzz.AuthHive.configure(api.app, SECRET, 1200, "AUTH_TOKEN", *[False] * 4)
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), Country, resource_name="closed", authenticated=True))
    assert await ways(api, "/open") == OPEN
    assert await ways(api, "/closed") == dict.fromkeys(OPEN, 401) | {"OPTIONS": 204}


@pytest.mark.parametrize("given", ["get", ["get"], {"read": True}, {"get": "no"}, 1])
def test_what_authenticated_does_not_take_is_refused(given: Any) -> None:
    with pytest.raises(TypeError, match="authenticated must be True, False, or a dict of them by get, create"):
        bzz.ModelHive.routes_for(MemoryProvider(), User, authenticated=given)


async def test_a_401_says_how_to_do_better(users: Api, browser: Browser) -> None:
    refused = await users("GET", "/user")
    assert (refused.status, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json == {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "Sign in first."}
    wrong = await users("GET", "/user", headers={"Authorization": "Bearer x"})
    assert wrong.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


async def test_nothing_is_read_of_a_request_that_is_not_admitted(users: Api, browser: Browser) -> None:
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


async def test_the_user_is_current_user_in_handlers_and_receivers(users: Api, browser: Browser) -> None:
    async def own(sender: Any, data: dict[str, Any], handler: bzz.Handler) -> None:
        assert handler.current_user
        data["email"] = handler.current_user["email"]

    pre_create_instance.connect(own)
    await browser.sign_in(email="ada@example.com")
    assert (await browser.api("GET", "/user")).status == 401
    made = await browser("POST", "/user", json_body={"name": "Ada"})
    assert made.json["email"] == "ada@example.com"


async def test_where_no_user_is_needed_the_one_there_is_is_known(api: Api, browser: Browser) -> None:
    seen: list[Any] = []

    def note(sender: Any, handler: bzz.Handler) -> None:
        seen.append(handler.current_user)

    pre_get_list.connect(note)
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, authenticated=False))
    await browser("GET", "/user")
    await browser.sign_in(id="7")
    await browser("GET", "/user")
    await browser("GET", "/user", headers={"Authorization": "Bearer nonsense"})
    assert [user and user["id"] for user in seen] == [None, "7", None]


async def test_caches_tell_users_apart(api: Api, browser: Browser) -> None:
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, authenticated={"get": False}))
    for path, status in (("/user", 200), ("/user/1", 404)):
        reply = await browser("GET", path)
        assert (reply.status, reply.headers["Vary"], reply.headers.get("Cache-Control")) == (
            status, "Authorization, Cookie", None,
        )  # fmt: skip
    await browser.sign_in()
    for path, status in (("/user", 200), ("/user/1", 404)):
        reply = await browser("GET", path)
        assert (reply.status, reply.headers["Vary"], reply.headers["Cache-Control"]) == (
            status, "Authorization, Cookie", "private, no-cache",
        )  # fmt: skip


async def test_a_signed_in_reader_still_gets_304(users: Api, browser: Browser) -> None:
    await browser.sign_in()
    at = (await browser("POST", "/user", json_body={"name": "Ada"})).headers["Location"]
    first = await browser("GET", at)
    again = await browser("GET", at, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.headers["Cache-Control"]) == (304, "private, no-cache")


async def test_a_session_is_renewed_by_whatever_request_and_its_errors(users: Api, browser: Browser) -> None:
    await browser.sign_in()
    old = aged(browser.cookies["AUTH_TOKEN"], iat=700)
    for path in ("/user", "/user/1"):
        browser.cookies["AUTH_TOKEN"] = old
        await browser("GET", path)
        assert browser.cookies["AUTH_TOKEN"] != old


@pytest.mark.parametrize("headers", FOREIGN)
async def test_another_site_writes_nothing_with_the_cookie(api: Api, browser: Browser, headers: dict[str, str]) -> None:
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, authenticated={"create": False}))
    await browser.sign_in()
    refused = await browser("POST", "/user", form={"name": "Eve"}, headers=headers)
    assert (refused.status, refused.json["detail"]) == (
        403,
        "Another site sent this request; send it from this site or a trusted origin.",
    )
    assert (await browser("DELETE", "/user/1", headers=headers)).status == 403
    assert (await browser("GET", "/user", headers=headers)).json == []
    anonymous = await api("POST", "/user", form={"name": "Eve"}, headers=headers)
    assert anonymous.status == 201
    bearer = {"Authorization": f"Bearer {browser.cookies['AUTH_TOKEN']}"}
    assert (await api("POST", "/user", form={"name": "Ada"}, headers={**headers, **bearer})).status == 201


async def test_a_token_that_is_wrong_does_not_let_the_cookie_in(users: Api, browser: Browser) -> None:
    await browser.sign_in()
    headers = {"Origin": "https://evil.example", "Authorization": "Bearer x"}
    assert (await browser("POST", "/user", form={"name": "Eve"}, headers=headers)).status == 401


async def test_a_site_that_is_trusted_or_the_same_may_write(users: Api, browser: Browser) -> None:
    users.app.settings["trusted_origins"] = ["https://app.example"]
    await browser.sign_in()
    for headers in ({"Origin": "https://app.example"}, {"Origin": users.url}, {"Sec-Fetch-Site": "same-origin"}):
        assert (await browser("POST", "/user", form={"name": "Ada"}, headers=headers)).status == 201


async def test_forms_with_tornados_xsrf_token_are_taken(users: Api, browser: Browser) -> None:
    await browser.sign_in()
    users.app.settings["xsrf_cookies"] = True
    browser.cookies["_xsrf"] = "0123456789abcdef0123456789abcdef"
    assert (await browser("POST", "/user", form={"name": "Ada"})).status == 403
    form = {"name": "Ada", "_xsrf": browser.cookies["_xsrf"]}
    assert (await browser("POST", "/user", form=form)).status == 201
    header = {"X-XSRFToken": browser.cookies["_xsrf"]}
    assert (await browser("POST", "/user", json_body={"name": "Ada"}, headers=header)).status == 201


async def test_a_field_may_be_called_like_tornados_token_where_there_is_none(users: Api) -> None:
    refused = await users("POST", "/user", form={"name": "Ada", "_xsrf": "x"})
    assert refused.json["errors"] == {"_xsrf": ["unknown field"]}


async def test_the_gate_of_a_path_is_the_strictest_along_it(api: Api, served: Any, models: ModuleType) -> None:
    bzz.AuthHive.configure(api.app, SECRET)
    api.mount(bzz.AuthHive.routes_for([MockProvider]))
    api.mount(bzz.ModelHive.routes_for(served, models.Team, authenticated=False))
    api.mount(bzz.ModelHive.routes_for(served, models.Member, authenticated={"get": True, "create": False}))
    team = await api.create("/team", name="Engine")
    at = f"/team/{team['id']}"
    ada = {"id": (await api("POST", "/member", json_body={"name": "Ada"})).headers["X-Created-Id"]}
    assert (await api("GET", at)).status == 200
    assert (await api("GET", f"{at}/members")).status == 401
    assert (await api("HEAD", f"{at}/members")).status == 401
    assert (await api("POST", f"{at}/members", json_body={"members": [ada["id"]]})).status == 204
    assert (await api("DELETE", f"{at}/members/{ada['id']}")).status == 401
    assert (await api("OPTIONS", f"{at}/members")).status == 204
    assert (await api("GET", f"{at}/projects")).status == 200
    browser = Browser(api)
    await browser.sign_in()
    assert [member["name"] for member in (await browser("GET", f"{at}/members")).json] == ["Ada"]
    assert (await browser("DELETE", f"{at}/members/{ada['id']}")).status == 204


async def test_what_may_not_be_read_is_not_expanded_either(api: Api, served: Any, models: ModuleType) -> None:
    bzz.AuthHive.configure(api.app, SECRET, authenticated_get=False, authenticated_create=False)
    api.mount(bzz.AuthHive.routes_for([MockProvider]))
    api.mount(bzz.ModelHive.routes_for(served, models.Team, authenticated=False))
    api.mount(bzz.ModelHive.routes_for(served, models.Member, authenticated={"get": True}))
    ada = (await api("POST", "/member", json_body={"name": "Ada"})).headers["X-Created-Id"]
    team = await api.create("/team", name="Engine", members=[ada])
    for path in ("/team", f"/team/{team['id']}"):
        assert (await api("GET", path)).status == 200
        assert (await api("GET", f"{path}?expand=members")).status == 401
    put = await api("PUT", f"/team/{team['id']}?expand=members", json_body={"name": "Changed"})
    assert put.status == 401
    assert (await api("POST", "/team?expand=members", json_body={"name": "New"})).status == 401
    assert [one["name"] for one in (await api("GET", "/team")).json] == ["Engine"]
    browser = Browser(api)
    await browser.sign_in()
    [shown] = (await browser("GET", "/team?expand=members")).json
    assert shown["members"][0]["name"] == "Ada"


async def test_who_may_write_and_not_read_is_shown_nothing(api: Api, served: Any, models: ModuleType) -> None:
    bzz.AuthHive.configure(api.app, SECRET, authenticated_create=False, authenticated_update=False)
    api.mount(bzz.ModelHive.routes_for(served, models.Team), bzz.ModelHive.routes_for(served, models.Member))
    made = await api("POST", "/member", json_body={"name": "Ada"})
    at, ada = made.headers["Location"], made.headers["X-Created-Id"]
    team = (await api("POST", "/team", json_body={"name": "Engine"})).headers["Location"]
    replies = [
        made,
        await api("PUT", at, json_body={"age": 36}),
        await api("PUT", at, json_body={}),
        await api("POST", f"{team}members", json_body={"members": [ada]}),
        await api("POST", f"{team}members", json_body={"members": [ada]}),
        await api("POST", f"{team}owner", json_body={"owner": ada}),
    ]
    assert [reply.status for reply in replies] == [201, 204, 204, 204, 204, 204]
    assert {reply.body for reply in replies} == {b""}
    assert not any("ETag" in reply.headers for reply in replies)
    assert [reply.headers.get("Location") for reply in replies[1:]] == [None] * 5


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("tag", ['"x"', "*"])
async def test_who_may_not_read_a_state_cannot_depend_on_it(
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


async def test_one_hive_that_leaves_it_to_the_application_is_enough(api: Api, models: ModuleType, served: Any) -> None:
    bzz.AuthHive.configure(api.app, SECRET, authenticated_create=False)
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team, authenticated=False),
        bzz.ModelHive.routes_for(served, models.Member, resource_name="a"),
        bzz.ModelHive.routes_for(served, models.Member, resource_name="b", authenticated={"get": False}),
    )
    team = await api.create("/team", name="Engine")
    assert (await api("GET", f"/team/{team['id']}/members")).status == 401
    assert (await api("GET", "/b")).status == 200


async def test_each_model_that_is_expanded_is_asked_for(api: Api, models: ModuleType, served: Any) -> None:
    bzz.AuthHive.configure(api.app, SECRET, authenticated_get=False, authenticated_create=False)
    api.mount(bzz.ModelHive.routes_for(served, models.Team), bzz.ModelHive.routes_for(served, models.Member))
    assert (await api("GET", "/team?expand=owner,members.friends")).status == 200
    api.mount(bzz.ModelHive.routes_for(served, models.Member, resource_name="closed", authenticated=True))
    for expanded in ("owner", "members.friends", "owner,members"):
        assert (await api("GET", f"/team?expand={expanded}")).status == 401


async def test_what_is_shown_of_a_write_is_what_may_be_read_along_the_path(
    api: Api, models: ModuleType, served: Any
) -> None:
    bzz.AuthHive.configure(api.app, SECRET, authenticated_create=False)
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team),
        bzz.ModelHive.routes_for(served, models.Member, authenticated=False),
    )
    team = (await api("POST", "/team", json_body={"name": "Engine"})).headers["Location"]
    ada = await api.create("/member", name="Ada")
    joined = await api("POST", f"{team}members", json_body={"members": [ada["id"]]})
    assert (joined.status, joined.body) == (204, b"")


async def test_a_head_from_another_site_is_a_read(users: Api, browser: Browser) -> None:
    await browser.sign_in()
    assert (await browser("HEAD", "/user", headers={"Origin": "https://evil.example"})).status == 200


async def test_the_policy_decides_alone_who_somebody_is(api: Api, browser: Browser) -> None:
    class Keyed(bzz.ModelHandler):
        def get_current_user(self) -> str:
            return "everybody"

    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, handler_class=Keyed))
    assert (await api("GET", "/user")).status == 401


async def test_hives_of_one_model_are_as_strict_as_the_strictest(api: Api, models: ModuleType, served: Any) -> None:
    hive: Callable[..., Any] = bzz.ModelHive.routes_for
    api.mount(
        hive(served, models.Team),
        hive(served, models.Member, resource_name="a", authenticated={"get": False, "create": False}),
        hive(served, models.Member, resource_name="b", authenticated={"get": False, "create": True, "update": False}),
    )
    ada = await api.create("/a", name="Ada")
    team = await api.create("/team", name="Engine", members=[ada["id"]])
    at = f"/team/{team['id']}/members"
    assert (await api("POST", at, json_body={"members": [ada["id"]]})).status == 401
    assert (await api("GET", at)).status == 200
    bzz.AuthHive.configure(api.app, SECRET, authenticated_get=False, authenticated_create=False)
    assert (await api("GET", at)).status == 200
    assert (await api("DELETE", f"{at}/{ada['id']}")).status == 401
    bzz.AuthHive.configure(api.app, SECRET)
    assert (await api("GET", at)).status == 401


async def test_a_handler_of_ones_own_may_tell_who_it_is(api: Api) -> None:
    class Keyed(bzz.ModelHandler):
        def get_current_user(self) -> str:
            return self.request.headers.get("X-Key", "")

    options: Any = {"handler_class": Keyed, "authenticated": {"create": True}}
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, **options))
    assert (await api("POST", "/user", json_body={"name": "Ada"})).status == 401
    assert (await api("POST", "/user", json_body={"name": "Ada"}, headers={"X-Key": "k"})).status == 201
    assert (await api("GET", "/user")).status == 200


async def test_what_a_model_asks_for_holds_where_nobody_can_sign_in(api: Api) -> None:
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
    assert await ways(apis[0]) == OPEN
    assert (await ways(apis[1]))["GET list"] == 200
    assert (await ways(apis[1]))["POST"] == 401
    assert (await ways(countries))["GET list"] == 401
    stranger = Browser(apis[1])
    stranger.cookies = dict(browser.cookies)
    assert (await stranger("GET", "/auth/me/")).json == {"authenticated": False}


async def test_in_process_acts_ask_nobody_to_sign_in(api: Api, browser: Browser) -> None:
    hive = bzz.ModelHive(MemoryProvider(), User, authenticated=True)
    api.mount(hive.routes())
    made: list[Any] = []

    def note(sender: Any, instance: Any) -> None:
        made.append(instance)

    post_create_instance.connect(note)
    ada = await hive.create({"name": "Ada"})
    assert made == [ada]
    assert (await api("GET", "/user")).status == 401
