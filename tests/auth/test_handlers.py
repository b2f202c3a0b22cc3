"""``/auth/signin/``, ``/auth/signout/`` and ``/auth/me/``: their replies."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

import bzz
from bzz.auth.sessions import EndedInMemory
from bzz.exceptions import Forbidden
from bzz.signals import (
    authorized_user,
    pre_get_user_details,
)
from tests.support.auth import ADA, ADA_SHOWN, aged, me, refusing, set_cookies
from tests.support.client import SECRET, Browser


async def test_a_sign_in_replies_with_the_user_and_sets_a_cookie_that_scripts_and_other_sites_cannot_use(
    browser: Browser,
) -> None:
    reply = await browser.sign_in(**ADA)
    assert (reply.status, reply.json) == (200, {**ADA_SHOWN, "authenticated": True})
    assert reply.headers["Cache-Control"] == "no-store"
    [(name, morsel)] = set_cookies(reply).items()
    flags = {key: morsel[key] for key in ("path", "max-age", "httponly", "samesite", "secure", "domain")}
    assert (name, flags) == (
        "AUTH_TOKEN",
        {"path": "/", "max-age": "1200", "httponly": True, "samesite": "Lax", "secure": "", "domain": ""},
    )


async def test_me_shows_the_user_until_the_sign_out(browser: Browser) -> None:
    assert await me(browser) == {"authenticated": False}
    await browser.sign_in(**ADA)
    assert await me(browser) == {"authenticated": True, "userData": ADA_SHOWN}
    left = await browser("POST", "/auth/signout/", body=b"")
    assert (left.status, left.json) == (200, {"loggedOut": True})
    cleared = set_cookies(left)["AUTH_TOKEN"]
    assert (cleared.value, cleared["path"], cleared["httponly"]) == ("", "/", True)
    assert parsedate_to_datetime(cleared["expires"]) < datetime.now(UTC)
    assert await me(browser) == {"authenticated": False}


async def test_a_sign_out_without_a_session_is_no_error(browser: Browser) -> None:
    assert (await browser("POST", "/auth/signout/", body=b"")).json == {"loggedOut": True}


@pytest.mark.parametrize("slash", ["", "/"])
async def test_a_slash_at_the_end_makes_no_difference(browser: Browser, slash: str) -> None:
    given = {"provider": "mock", "access_token": "x"}
    assert (await browser("POST", f"/auth/signin{slash}", json_body=given)).status == 200
    assert (await browser("GET", f"/auth/me{slash}")).json["authenticated"]
    assert (await browser("HEAD", f"/auth/me{slash}")).status == 200
    assert (await browser("POST", f"/auth/signout{slash}", body=b"")).status == 200


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
async def test_malformed_credentials_are_a_problem_and_set_no_cookie(
    browser: Browser, body: bytes, content_type: str, status: int
) -> None:
    reply = await browser("POST", "/auth/signin/", body=body, headers={"Content-Type": content_type})
    assert (reply.status, reply.headers["Content-Type"]) == (status, "application/problem+json")
    assert browser.cookies == {}


async def test_the_error_of_an_unknown_provider_lists_the_known_ones(browser: Browser) -> None:
    reply = await browser.sign_in(provider="gogle")
    assert reply.json["errors"] == {"provider": ["must be one of mock"]}


async def test_json_credentials_may_name_the_charset_utf_8(browser: Browser) -> None:
    body, headers = b'{"provider": "mock", "access_token": "x"}', {"Content-Type": "application/json; charset=UTF-8"}
    assert (await browser("POST", "/auth/signin/", body=body, headers=headers)).status == 200


async def test_data_that_receivers_add_is_in_the_reply_and_not_in_the_session(browser: Browser) -> None:
    async def greet(sender: str, user_data: dict[str, Any]) -> None:
        user_data["greeting"] = f"Hello from {sender}"

    def add_team(provider_name: str, user_data: dict[str, Any], handler: bzz.Handler) -> None:
        assert handler.current_user is not user_data
        user_data["team"] = provider_name

    authorized_user.connect(greet)
    pre_get_user_details.connect(add_team)
    assert (await browser.sign_in(**ADA)).json == {**ADA_SHOWN, "greeting": "Hello from mock", "authenticated": True}
    for _ in range(2):
        assert (await me(browser))["userData"] == {**ADA_SHOWN, "team": "mock"}


async def test_a_receiver_of_pre_get_user_details_may_refuse_or_answer(browser: Browser) -> None:
    def answer(sender: Any, handler: bzz.Handler) -> None:
        handler.finish(b"mine")

    await browser.sign_in(**ADA)
    with pre_get_user_details.connected_to(refusing(Forbidden("Not now."))):
        assert (await browser("GET", "/auth/me/")).status == 403
    with pre_get_user_details.connected_to(answer):
        assert (await browser("GET", "/auth/me/")).body == b"mine"


async def test_a_date_that_a_receiver_adds_is_shown_in_iso_8601(browser: Browser) -> None:
    def add(sender: Any, user_data: dict[str, Any]) -> None:
        user_data["seen"] = datetime(2026, 1, 2, tzinfo=UTC)

    pre_get_user_details.connect(add)
    await browser.sign_in(**ADA)
    assert json.dumps(await me(browser)).count("2026-01-02T00:00:00Z") == 1


async def test_a_name_that_looks_like_a_header_stays_a_name(browser: Browser) -> None:
    hostile = "x\r\nSet-Cookie: AUTH_TOKEN=evil\r\n\r\n<script>; Path=/"
    reply = await browser.sign_in(name=hostile)
    assert (reply.status, reply.json["name"], list(set_cookies(reply))) == (200, hostile, ["AUTH_TOKEN"])
    assert (await me(browser))["userData"]["name"] == hostile


async def test_credentials_and_tokens_are_not_logged(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await browser.sign_in(access_token="s3cr3t", id="7")
    await browser.sign_in(access_token="s3cr3t", id=7)
    [token] = browser.cookies.values()
    await browser("GET", "/auth/me/", headers={"Authorization": f"Bearer x{token}"})
    assert "s3cr3t" not in caplog.text
    assert token not in caplog.text


async def test_a_sign_out_with_a_bearer_token_ends_its_session(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    bearer = {"Authorization": f"Bearer {browser.cookies.pop('AUTH_TOKEN')}"}
    assert (await browser("POST", "/auth/signout/", body=b"", headers=bearer)).status == 200
    assert await me(browser, headers=bearer) == {"authenticated": False}


async def test_a_sign_out_ends_the_session_of_the_cookie_and_that_of_the_bearer_token(browser: Browser) -> None:
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


async def test_a_session_that_is_both_in_the_cookie_and_the_bearer_token_is_ended_once(browser: Browser) -> None:
    ended: list[str] = []

    class Noted(EndedInMemory):
        async def add(self, session_id: str, seconds: int) -> None:
            ended.append(session_id)

    bzz.AuthHive.configure(browser.api.app, SECRET, ended_sessions=Noted())
    await browser.sign_in(**ADA)
    token = browser.cookies["AUTH_TOKEN"]
    await browser("POST", "/auth/signout/", body=b"", headers={"Authorization": f"Bearer {token}"})
    assert len(ended) == 1


async def test_a_sign_out_ends_the_renewals_of_a_session_too(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    browser.cookies["AUTH_TOKEN"] = old = aged(browser.cookies["AUTH_TOKEN"], iat=700)
    await browser("GET", "/auth/me/")
    renewed = browser.cookies["AUTH_TOKEN"]
    assert renewed != old
    await browser("POST", "/auth/signout/", body=b"")
    for token in (old, renewed):
        browser.cookies["AUTH_TOKEN"] = token
        assert await me(browser) == {"authenticated": False}
