"""The sign-in: its signals, its failures, and the session that it replaces."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import tornado.web

import bzz
from bzz.exceptions import Forbidden, Invalid, Unavailable
from bzz.signals import (
    authorized_user,
    pre_get_user_details,
    unauthorized_user,
)
from bzz.testing import capture
from tests.support.auth import ADA, ADA_SHOWN, Fixed, me, refusing
from tests.support.client import Browser


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
    assert sent[1].keywords["user_data"] == ADA_SHOWN
    assert isinstance(sent[0].keywords["handler"], bzz.Handler)


async def test_wrong_credentials_are_401_and_set_no_cookie(browser: Browser) -> None:
    reply = await browser.sign_in(access_token=None)
    assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert (reply.json["title"], reply.json["status"]) == ("Unauthorized", 401)
    assert browser.cookies == {}


@pytest.mark.parametrize(
    ("error", "status"),
    [(Forbidden("Not you."), 403), (tornado.web.HTTPError(403), 403), (ValueError("a bug"), 500)],
)
async def test_a_receiver_of_authorized_user_may_refuse(browser: Browser, error: Exception, status: int) -> None:
    with (
        authorized_user.connected_to(refusing(error)),
        capture(unauthorized_user) as sent,
    ):
        assert (await browser.sign_in(**ADA)).status == status
    assert (browser.cookies, len(sent)) == ({}, 1)
    assert await me(browser) == {"authenticated": False}


async def test_no_user_is_signed_in_if_a_receiver_of_authorized_user_answers_itself(browser: Browser) -> None:
    def answer(sender: Any, handler: bzz.Handler) -> None:
        handler.set_status(202)
        handler.finish(b"ask again")

    with authorized_user.connected_to(answer):
        reply = await browser.sign_in(**ADA)
    assert (reply.status, reply.body, browser.cookies) == (202, b"ask again", {})


async def test_no_user_is_signed_in_if_a_receiver_has_begun_the_reply(browser: Browser) -> None:
    async def begin(sender: Any, handler: bzz.Handler) -> None:
        handler.write("mine")
        await handler.flush()

    with authorized_user.connected_to(begin), capture(unauthorized_user) as sent:
        reply = await browser.sign_in(**ADA)
    assert (reply.body, len(sent), browser.cookies) == (b"mine", 1, {})


async def test_a_refused_sign_in_leaves_the_old_session_as_it_was(browser: Browser) -> None:
    def answer(sender: Any, handler: bzz.Handler) -> None:
        handler.finish(b"ask again")

    await browser.sign_in(**ADA)
    with authorized_user.connected_to(answer), capture(unauthorized_user) as sent:
        await browser.sign_in(id="8")
    assert len(sent) == 1
    assert (await me(browser))["userData"]["id"] == "7"


async def test_receivers_change_a_copy_of_the_providers_user(browser: Browser) -> None:
    def add(sender: Any, user_data: dict[str, Any]) -> None:
        user_data["roles"].append("guest")
        user_data["authenticated"] = False

    browser.api.mount(bzz.AuthHive.routes_for([Fixed({"id": 7, "roles": []})], prefix="other"))
    authorized_user.connect(add)
    for _ in range(2):
        reply = await browser("POST", "/other/auth/signin/", json_body={"provider": "fixed"})
        assert (reply.json["roles"], reply.json["authenticated"]) == (["guest"], True)
    assert (await me(browser))["userData"]["roles"] == []


async def test_a_receiver_of_unauthorized_user_may_choose_the_reply(browser: Browser) -> None:
    with unauthorized_user.connected_to(refusing(tornado.web.HTTPError(429))):
        assert (await browser.sign_in(access_token="")).status == 429


async def test_unauthorized_user_offers_the_error(browser: Browser) -> None:
    browser.api.mount(bzz.AuthHive.routes_for([Fixed(Unavailable("Away."))], prefix="other"))
    with capture(unauthorized_user) as sent:
        await browser.sign_in(access_token="")
        await browser("POST", "/other/auth/signin/", json_body={"provider": "fixed"})
    assert [type(one.keywords["error"]).__name__ for one in sent] == ["Unauthorized", "Unavailable"]


async def test_an_error_that_a_receiver_replaces_is_logged(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    browser.api.mount(bzz.AuthHive.routes_for([Fixed(LookupError("the bug"))], prefix="other"))
    with unauthorized_user.connected_to(refusing(tornado.web.HTTPError(429))):
        reply = await browser("POST", "/other/auth/signin/", json_body={"provider": "fixed"})
    assert reply.status == 429
    assert "LookupError: the bug" in caplog.text


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
async def test_a_failed_sign_in_sends_unauthorized_user_and_sets_no_cookie(
    browser: Browser, said: Any, status: int
) -> None:
    browser.api.mount(bzz.AuthHive.routes_for([Fixed(said)], prefix="other"))
    with capture(authorized_user, unauthorized_user) as sent:
        reply = await browser("POST", "/other/auth/signin/", json_body={"provider": "fixed"})
    assert [(one.signal, one.sender) for one in sent] == [("unauthorized_user", "fixed")]
    assert (status in (None, reply.status), browser.cookies) == (True, {})


async def test_a_receiver_that_adds_a_value_without_a_form_in_json_fails_the_sign_in(browser: Browser) -> None:
    def add(sender: Any, user_data: dict[str, Any]) -> None:
        user_data["lock"] = object()

    with authorized_user.connected_to(add), capture(unauthorized_user) as sent:
        assert (await browser.sign_in()).status == 500
    assert (len(sent), browser.cookies) == (1, {})


async def test_a_provider_that_is_not_async_fails_and_sends_unauthorized_user(browser: Browser) -> None:
    class Sync(bzz.AuthProvider):
        def authenticate(self, credentials: Any, handler: Any) -> Any:
            raise ValueError("not today")

    browser.api.mount(bzz.AuthHive.routes_for([Sync], prefix="other"))
    with capture(unauthorized_user) as sent:
        reply = await browser("POST", "/other/auth/signin/", json_body={"provider": "sync"})
    assert (reply.status, len(sent)) == (500, 1)


async def test_the_session_keeps_the_providers_user_and_adds_the_providers_name(browser: Browser) -> None:
    browser.api.mount(bzz.AuthHive.routes_for([Fixed({"id": 7, "provider": "liar", "roles": ["a"]})], prefix="other"))
    told = {"id": 7, "provider": "fixed", "roles": ["a"]}
    reply = await browser("POST", "/other/auth/signin/", json_body={"provider": "fixed"})
    assert reply.json == {**told, "authenticated": True}
    assert (await me(browser))["userData"] == told


async def test_a_sign_in_ends_the_session_that_it_replaces(browser: Browser) -> None:
    await browser.sign_in(id="eve")
    planted = dict(browser.cookies)
    await browser.sign_in(**ADA)
    assert (await me(browser))["userData"]["id"] == "7"
    browser.cookies = planted
    assert await me(browser) == {"authenticated": False}


async def test_a_sign_in_does_not_end_the_session_of_a_bearer_token(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    bearer = {"Authorization": f"Bearer {browser.cookies.pop('AUTH_TOKEN')}"}
    given = {"provider": "mock", "access_token": "x", "id": "8"}
    assert (await browser("POST", "/auth/signin/", json_body=given, headers=bearer)).json["id"] == "8"
    assert (await me(browser, headers=bearer))["userData"]["id"] == "7"


async def test_a_sign_in_with_a_bearer_token_ends_the_session_of_the_cookie(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    replaced = dict(browser.cookies)
    given = {"provider": "mock", "access_token": "x", "id": "8"}
    await browser("POST", "/auth/signin/", json_body=given, headers={"Authorization": "Bearer junk"})
    assert (await me(browser))["userData"]["id"] == "8"
    browser.cookies = replaced
    assert await me(browser) == {"authenticated": False}
