"""How SessionPolicy identifies a user: by bearer token or cookie, and when it renews a session."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

import bzz
from bzz.providers.memory import MemoryProvider
from bzz.signals import (
    pre_create_instance,
    pre_get_list,
)
from tests.support.auth import ADA, ADA_SHOWN, aged, me, set_cookies
from tests.support.client import SECRET, Api, Browser
from tests.support.models import User


async def test_the_user_is_current_user_in_handlers_and_receivers(users: Api, browser: Browser) -> None:
    async def own(sender: Any, data: dict[str, Any], handler: bzz.Handler) -> None:
        assert handler.current_user
        data["email"] = handler.current_user["email"]

    pre_create_instance.connect(own)
    await browser.sign_in(email="ada@example.com")
    assert (await browser.api("GET", "/user")).status == 401
    made = await browser("POST", "/user", json_body={"name": "Ada"})
    assert made.json["email"] == "ada@example.com"


async def test_a_user_is_identified_even_where_none_is_needed(api: Api, browser: Browser) -> None:
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


async def test_a_bearer_token_takes_precedence_over_the_cookie_and_sets_none(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    [token] = browser.cookies.values()
    reply = await browser.api("GET", "/auth/me/", headers={"Authorization": f"bearer {token}"})
    assert (reply.json["userData"], set_cookies(reply)) == (ADA_SHOWN, {})
    for header in ("Bearer nonsense", "Bearer", "Bearer  "):
        assert await me(browser, headers={"Authorization": header}) == {"authenticated": False}
    assert (await me(browser, headers={"Authorization": "Basic x"}))["authenticated"]


async def test_a_wrong_bearer_token_is_401_even_with_a_valid_cookie(users: Api, browser: Browser) -> None:
    await browser.sign_in()
    headers = {"Origin": "https://evil.example", "Authorization": "Bearer x"}
    assert (await browser("POST", "/user", form={"name": "Eve"}, headers=headers)).status == 401


@pytest.mark.parametrize("cookie", ["x" * 20_000, "a.b.c", '"', "%00", "..", "é", "\\"])
async def test_a_malformed_cookie_identifies_no_user(browser: Browser, cookie: str) -> None:
    browser.cookies["AUTH_TOKEN"] = cookie
    assert await me(browser) == {"authenticated": False}


@pytest.mark.parametrize("seconds", [1200, 1300])
async def test_an_expired_session_identifies_no_user(browser: Browser, seconds: int) -> None:
    await browser.sign_in(**ADA)
    browser.cookies["AUTH_TOKEN"] = aged(browser.cookies["AUTH_TOKEN"], exp=seconds)
    assert await me(browser) == {"authenticated": False}


async def test_a_session_cannot_be_replayed_after_the_sign_out(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    stolen = dict(browser.cookies)
    await browser("POST", "/auth/signout/", body=b"")
    browser.cookies = stolen
    assert await me(browser) == {"authenticated": False}
    bearer = {"Authorization": f"Bearer {stolen['AUTH_TOKEN']}"}
    assert (await browser.api("GET", "/auth/me/", headers=bearer)).json == {"authenticated": False}


async def test_a_session_is_renewed_only_when_half_of_its_time_is_over(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    token = browser.cookies["AUTH_TOKEN"]
    assert set_cookies(await browser("GET", "/auth/me/")) == {}
    browser.cookies["AUTH_TOKEN"] = aged(token, iat=700, exp=700, auth_time=700)
    renewed = set_cookies(await browser("GET", "/auth/me/"))["AUTH_TOKEN"]
    assert (renewed["max-age"], renewed["httponly"]) == ("1200", True)
    claims = jwt.decode(renewed.value, SECRET, ["HS256"], issuer="bzz")
    assert claims["exp"] > time.time() + 1100
    assert claims["sid"] == jwt.decode(token, SECRET, ["HS256"], issuer="bzz")["sid"]


async def test_a_session_is_not_renewed_beyond_max_age(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    token = browser.cookies["AUTH_TOKEN"]
    browser.cookies["AUTH_TOKEN"] = aged(token, iat=700, exp=700, auth_time=43_200 - 500)
    assert set_cookies(await browser("GET", "/auth/me/")) == {}
    assert (await me(browser))["authenticated"]


async def test_any_request_renews_a_session_even_one_that_fails(users: Api, browser: Browser) -> None:
    await browser.sign_in()
    old = aged(browser.cookies["AUTH_TOKEN"], iat=700)
    for path in ("/user", "/user/1"):
        browser.cookies["AUTH_TOKEN"] = old
        await browser("GET", path)
        assert browser.cookies["AUTH_TOKEN"] != old


async def test_a_new_key_is_put_before_the_old_one(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    bzz.AuthHive.configure(browser.api.app, [SECRET[::-1], SECRET])
    assert (await browser("GET", "/auth/me/")).json["authenticated"]
    await browser.sign_in(**ADA)
    bzz.AuthHive.configure(browser.api.app, SECRET)
    assert (await browser("GET", "/auth/me/")).json == {"authenticated": False}
    bzz.AuthHive.configure(browser.api.app, SECRET[::-1])
    assert (await browser("GET", "/auth/me/")).json["authenticated"]


async def test_applications_that_share_a_key_are_told_apart_by_their_issuer(browser: Browser) -> None:
    await browser.sign_in(**ADA)
    bzz.AuthHive.configure(browser.api.app, SECRET, issuer="another")
    assert (await browser("GET", "/auth/me/")).json == {"authenticated": False}
