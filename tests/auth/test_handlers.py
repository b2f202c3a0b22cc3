"""Signing in and out, and who is signed in: the replies, the signals, and what an attacker gets."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookies import SimpleCookie
from typing import Any

import jwt
import pytest
import tornado.web

import bzz
from bzz.auth.flows import Flow, FlowProvider
from bzz.auth.providers.mock import MockProvider
from bzz.auth.sessions import EndedInMemory
from bzz.exceptions import Forbidden, Invalid, Unavailable
from bzz.signals import authorized_user, pre_get_user_details, unauthorized_user
from bzz.testing import capture
from bzz.testing.client import Reply
from tests.support.client import SECRET, Api, Browser

ADA = {"id": "7", "name": "Ada", "email": "ada@example.com"}
SHOWN = {**ADA, "provider": "mock"}


def morsels(reply: Reply) -> dict[str, Any]:
    return {name: m for header in reply.headers.get_list("Set-Cookie") for name, m in SimpleCookie(header).items()}


async def me(browser: Browser, **options: Any) -> Any:
    reply = await browser("GET", "/auth/me/", **options)
    assert reply.status == 200
    return reply.json


async def test_a_sign_in_answers_with_the_user_and_a_cookie_that_scripts_and_other_sites_do_not_get(
    browser: Browser,
) -> None:
    reply = await browser.sign_in(**ADA)
    assert (reply.status, reply.json) == (200, {**SHOWN, "authenticated": True})
    assert reply.headers["Cache-Control"] == "no-store"
    [(name, morsel)] = morsels(reply).items()
    flags = {key: morsel[key] for key in ("path", "max-age", "httponly", "samesite", "secure", "domain")}
    assert (name, flags) == (
        "AUTH_TOKEN",
        {"path": "/", "max-age": "1200", "httponly": True, "samesite": "Lax", "secure": "", "domain": ""},
    )


async def test_who_is_signed_in_is_told_until_they_sign_out(browser: Browser) -> None:
    assert await me(browser) == {"authenticated": False}
    await browser.sign_in(**ADA)
    assert await me(browser) == {"authenticated": True, "userData": SHOWN}
    left = await browser("POST", "/auth/signout/", body=b"")
    assert (left.status, left.json) == (200, {"loggedOut": True})
    cleared = morsels(left)["AUTH_TOKEN"]
    assert (cleared.value, cleared["path"], cleared["httponly"]) == ("", "/", True)
    assert parsedate_to_datetime(cleared["expires"]) < datetime.now(UTC)
    assert await me(browser) == {"authenticated": False}


async def test_signing_out_without_having_signed_in_is_no_error(browser: Browser) -> None:
    assert (await browser("POST", "/auth/signout/", body=b"")).json == {"loggedOut": True}


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_slash_at_the_end_makes_no_difference(browser: Browser, slash: str) -> None:
    given = {"provider": "mock", "access_token": "x"}
    assert (await browser("POST", f"/auth/signin{slash}", json_body=given)).status == 200
    assert (await browser("GET", f"/auth/me{slash}")).json["authenticated"]
    assert (await browser("HEAD", f"/auth/me{slash}")).status == 200
    assert (await browser("POST", f"/auth/signout{slash}", body=b"")).status == 200


@pytest.mark.parametrize("prefix", ["api", "/api", "/api/"])
async def test_any_spelling_of_the_prefix_is_the_same(api: Api, prefix: str) -> None:
    bzz.AuthHive.configure(api.app, SECRET)
    api.mount(bzz.AuthHive.routes_for([MockProvider], prefix=prefix))
    assert (await api("GET", "/api/auth/me/")).json == {"authenticated": False}


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PURGE", "me", "GET, HEAD, OPTIONS"),
        ("GET", "signin", "POST, OPTIONS"),
        ("GET", "signout", "POST, OPTIONS"),
        ("POST", "me", "GET, HEAD, OPTIONS"),
        ("POST", "login/mock", "GET, OPTIONS"),
        ("HEAD", "callback/mock", "GET, OPTIONS"),
    ],
)
async def test_another_method_is_405_and_options_says_which(
    browser: Browser, method: str, path: str, allowed: str
) -> None:
    refused = await browser(method, f"/auth/{path}/", body=b"" if method == "POST" else None)
    assert (refused.status, refused.headers["Allow"]) == (405, allowed)
    told = await browser("OPTIONS", f"/auth/{path}/")
    assert (told.status, told.headers["Allow"]) == (204, allowed)


async def test_what_receivers_add_is_in_the_reply_and_nowhere_else(browser: Browser) -> None:
    async def greet(sender: str, user_data: dict[str, Any]) -> None:
        user_data["greeting"] = f"Hello from {sender}"

    def add_team(provider_name: str, user_data: dict[str, Any], handler: bzz.Handler) -> None:
        assert handler.current_user is not user_data
        user_data["team"] = provider_name

    authorized_user.connect(greet)
    pre_get_user_details.connect(add_team)
    assert (await browser.sign_in(**ADA)).json == {**SHOWN, "greeting": "Hello from mock", "authenticated": True}
    for _ in range(2):
        assert (await me(browser))["userData"] == {**SHOWN, "team": "mock"}


async def test_each_signal_names_the_provider_and_has_the_requests_id(browser: Browser) -> None:
    with capture(authorized_user, unauthorized_user, pre_get_user_details) as sent:
        await browser.sign_in(access_token="")
        await browser.sign_in(**ADA)
        await browser("GET", "/auth/me/", headers={"X-Request-ID": "mine"})
    assert [(one.signal, one.sender, one.keywords["provider_name"]) for one in sent] == [
        ("unauthorized_user", "mock", "mock"),
        ("authorized_user", "mock", "mock"),
        ("pre_get_user_details", "mock", "mock"),
    ]
    assert sent[-1].keywords["request_id"] == "mine"
    assert sent[1].keywords["user_data"] == SHOWN
    assert isinstance(sent[0].keywords["handler"], bzz.Handler)


async def test_credentials_that_are_nobodys_are_401_and_set_no_cookie(browser: Browser) -> None:
    reply = await browser.sign_in(access_token=None)
    assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert (reply.json["title"], reply.json["status"]) == ("Unauthorized", 401)
    assert browser.cookies == {}


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"", "application/json", 400),
        (b'{"access_token": "x"}', "application/json", 400),
        (b'{"provider": "nobody"}', "application/json", 400),
        (b'{"provider": ["mock"]}', "application/json", 400),
        (b'{"provider": "mock", "access_token": "x", "id": 7}', "application/json", 400),
        (b'{"provider": "mock", "access_token": "x", "id": ""}', "application/json", 400),
        (b'{"provider": "mock", "access_token": "x", "name": "' + b"x" * 101 + b'"}', "application/json", 400),
        (b" " * 70_000, "application/json", 413),
        (b"provider=mock&access_token=x", "application/x-www-form-urlencoded", 415),
        (b'{"provider": "mock", "access_token": "x"}', "text/plain", 415),
        (b'{"provider": "mock", "access_token": "x"}', "", 415),
    ],
)
async def test_malformed_credentials_get_a_clear_error(
    browser: Browser, body: bytes, content_type: str, status: int
) -> None:
    reply = await browser("POST", "/auth/signin/", body=body, headers={"Content-Type": content_type})
    assert (reply.status, reply.headers["Content-Type"]) == (status, "application/problem+json")
    assert browser.cookies == {}


async def test_an_unknown_provider_is_named_with_those_there_are(browser: Browser) -> None:
    reply = await browser.sign_in(provider="gogle")
    assert reply.json["errors"] == {"provider": ["must be one of mock"]}


def refuse(error: Exception) -> Callable[..., None]:
    def receive(sender: Any) -> None:
        raise error

    return receive


@pytest.mark.parametrize(
    ("error", "status"),
    [(Forbidden("Not you."), 403), (tornado.web.HTTPError(403), 403), (ValueError("a bug"), 500)],
)
async def test_a_receiver_of_authorized_user_may_refuse(browser: Browser, error: Exception, status: int) -> None:
    with (
        authorized_user.connected_to(refuse(error)),
        capture(unauthorized_user) as sent,
    ):
        assert (await browser.sign_in(**ADA)).status == status
    assert (browser.cookies, len(sent)) == ({}, 1)
    assert await me(browser) == {"authenticated": False}


async def test_a_receiver_of_authorized_user_may_answer_itself_which_signs_nobody_in(browser: Browser) -> None:
    def answer(sender: Any, handler: bzz.Handler) -> None:
        handler.set_status(202)
        handler.finish(b"ask again")

    with authorized_user.connected_to(answer):
        reply = await browser.sign_in(**ADA)
    assert (reply.status, reply.body, browser.cookies) == (202, b"ask again", {})


async def test_who_is_refused_stays_signed_in_as_before(browser: Browser) -> None:
    def answer(sender: Any, handler: bzz.Handler) -> None:
        handler.finish(b"ask again")

    await browser.sign_in(**ADA)
    with authorized_user.connected_to(answer), capture(unauthorized_user) as sent:
        await browser.sign_in(id="8")
    assert len(sent) == 1
    assert (await me(browser))["userData"]["id"] == "7"


async def test_what_a_receiver_does_to_user_data_does_nothing_to_what_the_provider_has(browser: Browser) -> None:
    def add(sender: Any, user_data: dict[str, Any]) -> None:
        user_data["roles"].append("guest")
        user_data["authenticated"] = False

    browser.api.mount(bzz.AuthHive.routes_for([Told({"id": 7, "roles": []})], prefix="other"))
    authorized_user.connect(add)
    for _ in range(2):
        reply = await browser("POST", "/other/auth/signin/", json_body={"provider": "told"})
        assert (reply.json["roles"], reply.json["authenticated"]) == (["guest"], True)
    assert (await me(browser))["userData"]["roles"] == []


async def test_a_receiver_of_unauthorized_user_may_choose_the_reply(browser: Browser) -> None:
    with unauthorized_user.connected_to(refuse(tornado.web.HTTPError(429))):
        assert (await browser.sign_in(access_token="")).status == 429


async def test_what_is_told_of_a_failure_is_why(browser: Browser) -> None:
    browser.api.mount(bzz.AuthHive.routes_for([Told(Unavailable("Away."))], prefix="other"))
    with capture(unauthorized_user) as sent:
        await browser.sign_in(access_token="")
        await browser("POST", "/other/auth/signin/", json_body={"provider": "told"})
    assert [type(one.keywords["error"]).__name__ for one in sent] == ["Unauthorized", "Unavailable"]


async def test_what_a_receivers_reply_takes_the_place_of_is_logged(
    browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    browser.api.mount(bzz.AuthHive.routes_for([Told(LookupError("the bug"))], prefix="other"))
    with unauthorized_user.connected_to(refuse(tornado.web.HTTPError(429))):
        reply = await browser("POST", "/other/auth/signin/", json_body={"provider": "told"})
    assert reply.status == 429
    assert "LookupError: the bug" in caplog.text


async def test_a_receiver_of_user_details_may_refuse_or_answer(browser: Browser) -> None:
    def answer(sender: Any, handler: bzz.Handler) -> None:
        handler.finish(b"mine")

    await browser.sign_in(**ADA)
    with pre_get_user_details.connected_to(refuse(Forbidden("Not now."))):
        assert (await browser("GET", "/auth/me/")).status == 403
    with pre_get_user_details.connected_to(answer):
        assert (await browser("GET", "/auth/me/")).body == b"mine"


class Told(bzz.AuthProvider):
    """Says what a test has it say."""

    def __init__(self, said: Any) -> None:
        self.said = said

    async def authenticate(self, credentials: dict[str, Any], handler: tornado.web.RequestHandler) -> Any:
        if isinstance(self.said, BaseException):
            raise self.said
        return self.said


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (Unavailable("It does not answer."), 503),
        (Invalid(errors={"token": ["is no token"]}), 400),
        ({"name": "Ada"}, 500),
        ({"id": None}, 500),
        ({"id": ""}, 500),
        ({"id": True}, 500),
        ({"id": ["x"]}, 500),
        ({"id": 2**70}, 500),
        ({"id": 1, "since": object()}, 500),
        ({"id": 1, "name": "\ud800"}, 500),
        (["id"], 500),
        (asyncio.CancelledError(), None),
        ({"id": 1, "name": "x" * 4000}, 400),
    ],
)
async def test_each_failed_attempt_is_told_and_sets_no_cookie(browser: Browser, said: Any, status: int) -> None:
    browser.api.mount(bzz.AuthHive.routes_for([Told(said)], prefix="other"))
    with capture(authorized_user, unauthorized_user) as sent:
        reply = await browser("POST", "/other/auth/signin/", json_body={"provider": "told"})
    assert [(one.signal, one.sender) for one in sent] == [("unauthorized_user", "told")]
    assert (status in (None, reply.status), browser.cookies) == (True, {})


async def test_what_a_receiver_adds_and_no_reply_can_say_signs_nobody_in(browser: Browser) -> None:
    def add(sender: Any, user_data: dict[str, Any]) -> None:
        user_data["lock"] = object()

    with authorized_user.connected_to(add), capture(unauthorized_user) as sent:
        assert (await browser.sign_in()).status == 500
    assert (len(sent), browser.cookies) == (1, {})


async def test_a_provider_that_is_not_async_fails_and_is_told_of(browser: Browser) -> None:
    class Sync(bzz.AuthProvider):
        def authenticate(self, credentials: Any, handler: Any) -> Any:
            raise ValueError("not today")

    browser.api.mount(bzz.AuthHive.routes_for([Sync], prefix="other"))
    with capture(unauthorized_user) as sent:
        reply = await browser("POST", "/other/auth/signin/", json_body={"provider": "sync"})
    assert (reply.status, len(sent)) == (500, 1)


async def test_a_provider_of_flows_takes_no_credentials(browser: Browser) -> None:
    class Elsewhere(FlowProvider):
        async def begin(self, flow: Flow, handler: Any) -> str:
            return "https://elsewhere.example/"

        async def finish(self, flow: Flow, answer: Any, handler: Any) -> dict[str, Any]:
            return {"id": answer["who"]}

    browser.api.mount(bzz.AuthHive.routes_for([Elsewhere], prefix="other"))
    refused = await browser("POST", "/other/auth/signin/", json_body={"provider": "elsewhere"})
    assert (refused.status, list(refused.json["errors"])) == (400, ["provider"])
    begun = await browser("GET", "/other/auth/login/elsewhere")
    assert (begun.status, begun.headers["Location"]) == (302, "https://elsewhere.example/")
    state = jwt.decode(browser.cookies["AUTH_TOKEN_elsewhere"], SECRET, ["HS256"], issuer="bzz")["flow"]["state"]
    assert (await browser("GET", f"/other/auth/callback/elsewhere?who=ada&state={state}")).headers["Location"] == "/"
    assert (await me(browser))["userData"] == {"id": "ada", "provider": "elsewhere"}


async def test_what_a_provider_says_is_kept_and_its_name_is_added(browser: Browser) -> None:
    browser.api.mount(bzz.AuthHive.routes_for([Told({"id": 7, "provider": "liar", "roles": ["a"]})], prefix="other"))
    told = {"id": 7, "provider": "told", "roles": ["a"]}
    reply = await browser("POST", "/other/auth/signin/", json_body={"provider": "told"})
    assert reply.json == {**told, "authenticated": True}
    assert (await me(browser))["userData"] == told


async def test_a_session_cannot_be_replayed_after_the_sign_out(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    stolen = dict(browser.cookies)
    await browser("POST", "/auth/signout/", body=b"")
    browser.cookies = stolen
    assert await me(browser) == {"authenticated": False}
    bearer = {"Authorization": f"Bearer {stolen['AUTH_TOKEN']}"}
    assert (await browser.api("GET", "/auth/me/", headers=bearer)).json == {"authenticated": False}


async def test_a_new_sign_in_ends_the_session_it_takes_the_place_of(browser: Browser) -> None:
    await browser.sign_in(id="eve")
    planted = dict(browser.cookies)
    await browser.sign_in(**ADA)
    assert (await me(browser))["userData"]["id"] == "7"
    browser.cookies = planted
    assert await me(browser) == {"authenticated": False}


async def test_a_bearer_token_decides_alone_and_gets_no_cookie(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    [token] = browser.cookies.values()
    reply = await browser.api("GET", "/auth/me/", headers={"Authorization": f"bearer {token}"})
    assert (reply.json["userData"], morsels(reply)) == (SHOWN, {})
    for header in ("Bearer nonsense", "Bearer", "Bearer  "):
        assert await me(browser, headers={"Authorization": header}) == {"authenticated": False}
    assert (await me(browser, headers={"Authorization": "Basic x"}))["authenticated"]


async def test_signing_in_with_a_bearer_token_leaves_its_session_alone(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    bearer = {"Authorization": f"Bearer {browser.cookies.pop('AUTH_TOKEN')}"}
    given = {"provider": "mock", "access_token": "x", "id": "8"}
    assert (await browser("POST", "/auth/signin/", json_body=given, headers=bearer)).json["id"] == "8"
    assert (await me(browser, headers=bearer))["userData"]["id"] == "7"


async def test_signing_out_with_a_bearer_token_ends_its_session(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    bearer = {"Authorization": f"Bearer {browser.cookies.pop('AUTH_TOKEN')}"}
    assert (await browser("POST", "/auth/signout/", body=b"", headers=bearer)).status == 200
    assert await me(browser, headers=bearer) == {"authenticated": False}


async def test_signing_out_ends_the_session_of_the_cookie_whatever_else_was_sent(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    cookie = browser.cookies["AUTH_TOKEN"]
    other = Browser(browser.api)
    await other.sign_in(id="8")
    [bearer] = other.cookies.values()
    headers = {"Authorization": f"Bearer {bearer}"}
    assert (await browser("POST", "/auth/signout/", body=b"", headers=headers)).json == {"loggedOut": True}
    for token in (cookie, bearer):
        browser.cookies["AUTH_TOKEN"] = token
        assert await me(browser) == {"authenticated": False}


async def test_signing_in_ends_the_session_of_the_cookie_whatever_else_was_sent(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    replaced = dict(browser.cookies)
    given = {"provider": "mock", "access_token": "x", "id": "8"}
    await browser("POST", "/auth/signin/", json_body=given, headers={"Authorization": "Bearer junk"})
    assert (await me(browser))["userData"]["id"] == "8"
    browser.cookies = replaced
    assert await me(browser) == {"authenticated": False}


async def test_a_session_is_ended_once(browser: Browser) -> None:
    ended: list[str] = []

    class Noted(EndedInMemory):
        async def add(self, session_id: str, seconds: int) -> None:
            ended.append(session_id)

    bzz.AuthHive.configure(browser.api.app, SECRET, ended_sessions=Noted())
    await browser.sign_in(**ADA)
    token = browser.cookies["AUTH_TOKEN"]
    await browser("POST", "/auth/signout/", body=b"", headers={"Authorization": f"Bearer {token}"})
    assert len(ended) == 1


async def test_a_receiver_that_has_begun_the_reply_has_answered_it(browser: Browser) -> None:
    async def begin(sender: Any, handler: bzz.Handler) -> None:
        handler.write("mine")
        await handler.flush()

    with authorized_user.connected_to(begin), capture(unauthorized_user) as sent:
        reply = await browser.sign_in(**ADA)
    assert (reply.body, len(sent), browser.cookies) == (b"mine", 1, {})


async def test_no_reply_of_these_routes_is_for_a_cache(browser: Browser) -> None:
    paths = ["/auth/me/", "/auth/login/mock/", "/auth/callback/mock/", "/auth/signin/"]
    for _ in range(2):
        replies = [await browser("GET", path) for path in paths]
        assert [reply.status for reply in replies] == [200, 404, 404, 405]
        assert {reply.headers["Cache-Control"] for reply in replies} == {"no-store"}
        await browser.sign_in()


def aged(token: str, **changed: int) -> str:
    """A token of the same session as if it was signed so many seconds ago."""
    claims = jwt.decode(token, SECRET, ["HS256"], issuer="bzz")
    for claim, seconds in changed.items():
        claims[claim] -= seconds
    return jwt.encode(claims, SECRET, "HS256", headers={"typ": "session+jwt"})


async def test_a_session_is_renewed_only_when_half_of_its_time_is_over(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    token = browser.cookies["AUTH_TOKEN"]
    assert morsels(await browser("GET", "/auth/me/")) == {}
    browser.cookies["AUTH_TOKEN"] = aged(token, iat=700, exp=700, auth_time=700)
    renewed = morsels(await browser("GET", "/auth/me/"))["AUTH_TOKEN"]
    assert (renewed["max-age"], renewed["httponly"]) == ("1200", True)
    claims = jwt.decode(renewed.value, SECRET, ["HS256"], issuer="bzz")
    assert claims["exp"] > time.time() + 1100
    assert claims["sid"] == jwt.decode(token, SECRET, ["HS256"], issuer="bzz")["sid"]


async def test_a_session_is_not_renewed_beyond_its_age(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    token = browser.cookies["AUTH_TOKEN"]
    browser.cookies["AUTH_TOKEN"] = aged(token, iat=700, exp=700, auth_time=43_200 - 500)
    assert morsels(await browser("GET", "/auth/me/")) == {}
    assert (await me(browser))["authenticated"]


async def test_a_cookie_lives_no_longer_than_the_session(browser: Browser) -> None:
    bzz.AuthHive.configure(browser.api.app, SECRET, max_age=2000)
    await browser.sign_in(**ADA)
    browser.cookies["AUTH_TOKEN"] = aged(browser.cookies["AUTH_TOKEN"], iat=1100, exp=1100, auth_time=1100)
    renewed = morsels(await browser("GET", "/auth/me/"))["AUTH_TOKEN"]
    assert 890 <= int(renewed["max-age"]) <= 900


async def test_json_may_say_that_it_is_in_utf_8(browser: Browser) -> None:
    body, headers = b'{"provider": "mock", "access_token": "x"}', {"Content-Type": "application/json; charset=UTF-8"}
    assert (await browser("POST", "/auth/signin/", body=body, headers=headers)).status == 200


@pytest.mark.parametrize("seconds", [1200, 1300])
async def test_an_expired_session_is_none(browser: Browser, seconds: int) -> None:
    await browser.sign_in(**ADA)
    browser.cookies["AUTH_TOKEN"] = aged(browser.cookies["AUTH_TOKEN"], exp=seconds)
    assert await me(browser) == {"authenticated": False}


async def test_signing_out_ends_the_renewals_too(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    browser.cookies["AUTH_TOKEN"] = old = aged(browser.cookies["AUTH_TOKEN"], iat=700)
    await browser("GET", "/auth/me/")
    renewed = browser.cookies["AUTH_TOKEN"]
    assert renewed != old
    await browser("POST", "/auth/signout/", body=b"")
    for token in (old, renewed):
        browser.cookies["AUTH_TOKEN"] = token
        assert await me(browser) == {"authenticated": False}


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://["},
]


@pytest.mark.parametrize("headers", FOREIGN)
async def test_another_site_signs_nobody_in_or_out(browser: Browser, headers: dict[str, str]) -> None:
    body = {"provider": "mock", "access_token": "x"}
    assert (await browser("POST", "/auth/signin/", json_body=body, headers=headers)).status == 403
    await browser.sign_in(**ADA)
    assert (await browser("POST", "/auth/signout/", body=b"", headers=headers)).status == 403
    assert (await me(browser, headers=headers))["authenticated"]


async def test_a_trusted_site_may_sign_in(browser: Browser) -> None:
    browser.api.app.settings["trusted_origins"] = ["https://app.example"]
    body = {"provider": "mock", "access_token": "x"}
    origin = {"Origin": "https://app.example"}
    assert (await browser("POST", "/auth/signin/", json_body=body, headers=origin)).status == 200


async def test_routes_of_an_application_that_is_not_configured_say_so(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.mount(bzz.AuthHive.routes_for([MockProvider]))
    assert (await api("GET", "/auth/me/")).status == 500
    assert "needs AuthHive.configure(app, secret_key)" in caplog.text


async def test_xsrf_cookies_work_together_with_it(browser: Browser) -> None:
    browser.api.app.settings["xsrf_cookies"] = True
    assert (await browser.sign_in(**ADA)).status == 403
    browser.cookies["_xsrf"] = "0123456789abcdef0123456789abcdef"
    given = {"provider": "mock", "access_token": "x"}
    token = {"X-XSRFToken": browser.cookies["_xsrf"]}
    assert (await browser("POST", "/auth/signin/", json_body=given, headers=token)).status == 200


async def test_credentials_and_tokens_are_not_logged(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await browser.sign_in(access_token="s3cr3t", id="7")
    await browser.sign_in(access_token="s3cr3t", id=7)
    [token] = browser.cookies.values()
    await browser("GET", "/auth/me/", headers={"Authorization": f"Bearer x{token}"})
    assert "s3cr3t" not in caplog.text
    assert token not in caplog.text


async def test_a_name_that_looks_like_a_header_stays_a_name(browser: Browser) -> None:
    hostile = "x\r\nSet-Cookie: AUTH_TOKEN=evil\r\n\r\n<script>; Path=/"
    reply = await browser.sign_in(name=hostile)
    assert (reply.status, reply.json["name"], list(morsels(reply))) == (200, hostile, ["AUTH_TOKEN"])
    assert (await me(browser))["userData"]["name"] == hostile


@pytest.mark.parametrize("cookie", ["x" * 20_000, "a.b.c", '"', "%00", "..", "é", "\\"])
async def test_a_cookie_that_is_nonsense_is_nobody(browser: Browser, cookie: str) -> None:
    browser.cookies["AUTH_TOKEN"] = cookie
    assert await me(browser) == {"authenticated": False}


async def test_a_reply_says_dates_as_the_routes_do(browser: Browser) -> None:
    def add(sender: Any, user_data: dict[str, Any]) -> None:
        user_data["seen"] = datetime(2026, 1, 2, tzinfo=UTC)

    pre_get_user_details.connect(add)
    await browser.sign_in(**ADA)
    assert json.dumps(await me(browser)).count("2026-01-02T00:00:00Z") == 1
