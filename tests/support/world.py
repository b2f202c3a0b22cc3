"""A server of teams and members, and a copy of its instances in dicts to compare replies with."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any, ClassVar

import tornado.httpclient
import tornado.httpserver
import tornado.testing
import tornado.web

import bzz
from tests.support.signals import LIFECYCLE, SIGNALS

Body = dict[str, Any]
MISSING = "5" * 24


def failed(told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the signals of an announced act that fails."""
    return [told[0], ("request_failed", told[0][1])]


class World:
    """A server on a real socket, and a copy of its instances in dicts."""

    models: ClassVar[ModuleType]
    serve: ClassVar[Callable[[], Any]]

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.members: dict[str, Body] = {}
        self.teams: dict[str, Body] = {}
        self.sent: list[tuple[str, str]] = []
        self.receivers = [self.listen(name) for name in LIFECYCLE]
        self.loop.run_until_complete(self.start())

    def listen(self, name: str) -> Any:
        def receive(sender: Any) -> None:
            self.sent.append((name, sender.__name__))

        return SIGNALS[name].connect(receive)

    async def start(self) -> None:
        served = type(self).serve()
        models = (self.models.Team, self.models.Member)
        app = tornado.web.Application(bzz.flatten([bzz.ModelHive.routes_for(served, model) for model in models]))
        socket, port = tornado.testing.bind_unused_port()
        self.url = f"http://127.0.0.1:{port}"
        self.server = tornado.httpserver.HTTPServer(app)
        self.server.add_sockets([socket])
        self.client = tornado.httpclient.AsyncHTTPClient(force_instance=True)

    def teardown(self) -> None:
        self.client.close()
        self.server.stop()
        self.loop.run_until_complete(self.server.close_all_connections())
        self.loop.close()
        asyncio.set_event_loop(None)

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        self.sent.clear()
        reply = self.loop.run_until_complete(
            self.client.fetch(
                self.url + path,
                method=method,
                body=None if body is None else json.dumps(body),
                headers={} if body is None else {"Content-Type": "application/json"},
                raise_error=False,
                allow_nonstandard_methods=True,
            )
        )
        return reply.code, json.loads(reply.body) if reply.body else None

    def expect(self, method: str, path: str, body: Any, status: int, shown: Any, *signals: tuple[str, str]) -> None:
        """Send a request; compare status and signals, and the body unless it is an error's."""
        got, reply = self.ask(method, path, body)
        assert got == status, (method, path, body, reply)
        if status < 300:
            assert reply == shown, (method, path, body)
        assert self.sent == [*signals], (method, path, body)

    def ways_to_members(self) -> list[tuple[str, Body | None]]:
        """Return paths to one member each, with the member; None if the path leads to none."""
        ways = [(f"/member/{key}", self.members.get(key)) for key in [*self.members, MISSING]]
        for path, holder, field in self.relations():
            inside = [key for key in holder[field] if key in self.members]
            outside = [key for key in self.members if key not in holder[field]]
            ways += [(f"{path}/{key}", self.members[key]) for key in inside]
            ways += [(f"{path}/{key}", None) for key in [*outside, MISSING]]
        ways += [(path, self.members.get(holder[field])) for path, holder, field in self.single_references()]
        return ways

    def relations(self) -> list[tuple[str, Body, str]]:
        """Return the paths of lists of members, each with its parent and field."""
        found = [(f"/member/{key}/friends", m, "friends") for key, m in self.members.items()]
        found += [(f"/team/{key}/members", t, "members") for key, t in self.teams.items()]
        return found + [(f"{path}/members", p, "members") for path, p in self.projects()]

    def single_references(self) -> list[tuple[str, Body, str]]:
        """Return the paths of single members, each with its parent and field."""
        found = [(f"/team/{key}/owner", t, "owner") for key, t in self.teams.items()]
        return found + [(f"{path}/lead", p, "lead") for path, p in self.projects()]

    def projects(self) -> list[tuple[str, Body]]:
        return [(f"/team/{k}/projects/{p['id']}", p) for k, t in self.teams.items() for p in t["projects"]]
