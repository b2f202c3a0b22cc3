"""Writes with the cookie: a page of another site cannot send them."""

from __future__ import annotations

import pytest

import bzz
from bzz.providers.memory import MemoryProvider
from tests.support.auth import FROM_ANOTHER_SITE
from tests.support.client import Api, Browser
from tests.support.models import User


@pytest.mark.parametrize("headers", FROM_ANOTHER_SITE)
async def test_a_write_from_another_site_with_the_cookie_is_403(
    api: Api, browser: Browser, headers: dict[str, str]
) -> None:
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


async def test_a_trusted_site_and_the_same_site_may_write(users: Api, browser: Browser) -> None:
    users.app.settings["trusted_origins"] = ["https://app.example"]
    await browser.sign_in()
    for headers in ({"Origin": "https://app.example"}, {"Origin": users.url}, {"Sec-Fetch-Site": "same-origin"}):
        assert (await browser("POST", "/user", form={"name": "Ada"}, headers=headers)).status == 201


async def test_a_head_from_another_site_is_a_read(users: Api, browser: Browser) -> None:
    await browser.sign_in()
    assert (await browser("HEAD", "/user", headers={"Origin": "https://evil.example"})).status == 200
