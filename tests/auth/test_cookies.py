"""The attributes and lifetimes of cookies."""

from __future__ import annotations

from typing import Any

import pytest

import bzz
from tests.support.auth import ADA, aged, set_cookies
from tests.support.client import SECRET, Api, Browser, serve


async def test_a_cookie_lives_no_longer_than_the_session(browser: Browser) -> None:
    bzz.AuthHive.configure(browser.api.app, SECRET, max_age=2000)
    await browser.sign_in(**ADA)
    browser.cookies["AUTH_TOKEN"] = aged(browser.cookies["AUTH_TOKEN"], iat=1100, exp=1100, auth_time=1100)
    renewed = set_cookies(await browser("GET", "/auth/me/"))["AUTH_TOKEN"]
    assert 890 <= int(renewed["max-age"]) <= 900


async def test_the_cookie_has_the_configured_name_lifetime_and_flags(browser: Browser) -> None:
    bzz.AuthHive.configure(browser.api.app, SECRET, 60, "__Host-session", cookie_secure=True)
    [(name, morsel)] = set_cookies(await browser.sign_in(**ADA)).items()
    assert (name, morsel["max-age"], morsel["secure"], morsel["path"]) == ("__Host-session", "60", True, "/")


@pytest.mark.parametrize(("secure", "expected"), [(None, True), (False, "")])
async def test_the_cookie_is_secure_over_https(browser: Browser, secure: bool | None, expected: Any) -> None:
    bzz.AuthHive.configure(browser.api.app, SECRET, cookie_secure=secure)
    behind = Browser(Api(browser.api.app, browser.api.client, serve(browser.api.app)))
    given = {"provider": "mock", "access_token": "x"}
    https = {"X-Forwarded-Proto": "https"}
    signed_in = await behind("POST", "/auth/signin/", json_body=given, headers=https)
    assert set_cookies(signed_in)["AUTH_TOKEN"]["secure"] == expected
