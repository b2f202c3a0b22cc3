"""The reply to a write that is stored never says that it failed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
import tornado.web

import bzz
from bzz import signals
from bzz.exceptions import Unavailable
from bzz.providers.memory import MemoryProvider
from bzz.signals import (
    post_associate,
    post_create_instance,
    request_failed,
)
from bzz.testing import capture
from tests.support.client import Api
from tests.support.models import User
from tests.support.teams import records


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_text_that_a_failed_post_receiver_wrote_is_not_in_the_reply(users: Api, method: str) -> None:
    ada = (await users.create("/user", name="Ada"))["id"]

    def write(sender: Any, handler: tornado.web.RequestHandler) -> None:
        handler.write("x")
        raise tornado.web.Finish

    with ExitStack() as connections:
        for act in ("create", "update", "delete"):
            connections.enter_context(getattr(signals, f"post_{act}_instance").connected_to(write))
        body = None if method == "DELETE" else {"name": "Bob"}
        reply = await users(method, "/user" if method == "POST" else f"/user/{ada}", json_body=body)
    assert reply.status == {"POST": 201, "PUT": 200, "DELETE": 204}[method]
    assert reply.body == b"" if method == "DELETE" else reply.json["name"] == "Bob"


async def test_a_write_succeeds_even_if_the_store_cannot_represent_it(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shown(User):
        """Shows itself, for which it is asked in the provider's threads."""

        @bzz.represents
        def to_dict(self) -> dict[str, Any]:
            return {"name": self.name}

    class AwayProvider(MemoryProvider):
        is_away = True

        async def run(self, *args: Any, **options: Any) -> Any:
            if self.is_away:
                raise Unavailable("Too many requests are waiting for the store.")
            return await super().run(*args, **options)

    api.mount(bzz.ModelHive.routes_for(AwayProvider(), Shown))
    with capture(post_create_instance, request_failed) as sent:
        created = await api("POST", "/shown", json_body={"name": "Ada"})
        assert (created.status, created.body) == (201, b"")
        assert created.headers["ETag"]
        updated = await api("PUT", created.headers["Location"], json_body={"name": "Bob"})
        assert (updated.status, updated.body) == (204, b"")
    assert [one.signal for one in sent] == ["post_create_instance"]
    monkeypatch.setattr(AwayProvider, "is_away", False)
    assert (await api("GET", created.headers["Location"])).json == {"name": "Bob"}


async def test_an_association_succeeds_even_if_the_store_cannot_reload_the_members(api: Api) -> None:
    class AwayProvider(MemoryProvider):
        is_away = False

        async def list(self, *args: Any, **options: Any) -> Any:
            if self.is_away:
                raise Unavailable("Away.")
            return await super().list(*args, **options)

    provider = AwayProvider()
    api.mount(bzz.ModelHive.routes_for(provider, records.Member))
    ada, bob = [(await api.create("/member", name=name))["id"] for name in ("Ada", "Bob")]

    def leave(sender: Any) -> None:
        provider.is_away = True

    with post_associate.connected_to(leave):
        joined = await api("POST", f"/member/{ada}/friends", json_body={"friends": [bob]})
    assert (joined.status, joined.json["name"]) == (201, "Bob")
