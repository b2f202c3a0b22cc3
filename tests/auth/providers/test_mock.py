"""MockProvider: the users that it signs in."""

from __future__ import annotations

from typing import Any

import pytest
import tornado.web

from bzz.auth.providers.mock import MockProvider
from bzz.exceptions import Invalid

HANDLER: Any = tornado.web.RequestHandler


async def test_an_access_token_signs_in_with_the_data_that_was_sent() -> None:
    said = {"access_token": "x", "id": "7", "name": "Ada", "email": "ada@example.com", "other": 1}
    user = await MockProvider().authenticate(said, HANDLER)
    assert user == {"id": "7", "name": "Ada", "email": "ada@example.com"}


async def test_an_access_token_alone_signs_in_with_the_default_data() -> None:
    user = await MockProvider().authenticate({"access_token": "x"}, HANDLER)
    assert user == {"id": "123", "name": "Mock User", "email": "mock@example.com"}


@pytest.mark.parametrize("token", [None, "", 0])
async def test_credentials_without_an_access_token_are_wrong(token: Any) -> None:
    assert await MockProvider().authenticate({"access_token": token}, HANDLER) is None


@pytest.mark.parametrize("value", [None, 7, {"$ne": 1}, "x" * 101])
async def test_a_name_that_is_no_short_text_is_invalid(value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        await MockProvider().authenticate({"access_token": "x", "name": value}, HANDLER)
    assert list(refused.value.errors) == ["name"]


async def test_an_empty_id_is_invalid() -> None:
    with pytest.raises(Invalid) as refused:
        await MockProvider().authenticate({"access_token": "x", "id": ""}, HANDLER)
    assert list(refused.value.errors) == ["id"]


def test_making_the_provider_logs_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    MockProvider()
    assert "for development only" in caplog.text
