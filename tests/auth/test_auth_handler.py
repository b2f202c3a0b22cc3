"""Laws of all routes of AuthHive: methods, caches, other sites, an application that is not configured."""

from __future__ import annotations

import pytest

import bzz
from bzz.auth.providers.mock import MockProvider
from tests.support.auth import ADA, FROM_ANOTHER_SITE, me
from tests.support.client import Api, Browser


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
async def test_another_method_is_405_and_options_lists_the_methods(
    browser: Browser, method: str, path: str, allowed: str
) -> None:
    refused = await browser(method, f"/auth/{path}/", body=b"" if method == "POST" else None)
    assert (refused.status, refused.headers["Allow"]) == (405, allowed)
    told = await browser("OPTIONS", f"/auth/{path}/")
    assert (told.status, told.headers["Allow"]) == (204, allowed)


async def test_no_reply_may_be_stored_by_a_cache(browser: Browser) -> None:
    paths = ["/auth/me/", "/auth/login/mock/", "/auth/callback/mock/", "/auth/signin/"]
    for _ in range(2):
        replies = [await browser("GET", path) for path in paths]
        assert [reply.status for reply in replies] == [200, 404, 404, 405]
        assert {reply.headers["Cache-Control"] for reply in replies} == {"no-store"}
        await browser.sign_in()


async def test_an_application_that_is_not_configured_is_500_and_the_log_says_why(
    api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    api.mount(bzz.AuthHive.routes_for([MockProvider]))
    assert (await api("GET", "/auth/me/")).status == 500
    assert "needs AuthHive.configure(app, secret_key)" in caplog.text


@pytest.mark.parametrize("headers", FROM_ANOTHER_SITE)
async def test_another_site_can_neither_sign_in_nor_sign_out(browser: Browser, headers: dict[str, str]) -> None:
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


async def test_a_sign_in_passes_tornados_xsrf_check_with_its_token(browser: Browser) -> None:
    browser.api.app.settings["xsrf_cookies"] = True
    assert (await browser.sign_in(**ADA)).status == 403
    browser.cookies["_xsrf"] = "0123456789abcdef0123456789abcdef"
    given = {"provider": "mock", "access_token": "x"}
    token = {"X-XSRFToken": browser.cookies["_xsrf"]}
    assert (await browser("POST", "/auth/signin/", json_body=given, headers=token)).status == 200
