"""The mock auth provider: who it signs in, and that it says what it is."""

from __future__ import annotations

from typing import Any

import pytest
import tornado.web

from bzz.auth.providers.mock import MockProvider
from bzz.exceptions import Invalid

HANDLER: Any = tornado.web.RequestHandler


async def test_whoever_sends_a_token_is_who_they_say() -> None:
    said = {"access_token": "x", "id": "7", "name": "Ada", "email": "ada@example.com", "other": 1}
    user = await MockProvider().authenticate(said, HANDLER)
    assert user == {"id": "7", "name": "Ada", "email": "ada@example.com"}


async def test_who_says_nothing_is_somebody() -> None:
    user = await MockProvider().authenticate({"access_token": "x"}, HANDLER)
    assert user == {"id": "123", "name": "Mock User", "email": "mock@example.com"}


@pytest.mark.parametrize("token", [None, "", 0])
async def test_who_sends_no_token_is_nobody(token: Any) -> None:
    assert await MockProvider().authenticate({"access_token": token}, HANDLER) is None


@pytest.mark.parametrize("value", [None, 7, {"$ne": 1}, "x" * 101])
async def test_what_is_no_short_text_is_refused(value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        await MockProvider().authenticate({"access_token": "x", "name": value}, HANDLER)
    assert list(refused.value.errors) == ["name"]


async def test_who_has_no_id_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        await MockProvider().authenticate({"access_token": "x", "id": ""}, HANDLER)
    assert list(refused.value.errors) == ["id"]


def test_it_warns_that_it_lets_everybody_in(caplog: pytest.LogCaptureFixture) -> None:
    MockProvider()
    assert "for development only" in caplog.text
