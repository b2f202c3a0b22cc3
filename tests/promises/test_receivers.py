"""Random receivers: their order, that each is awaited, the pairs of signals, and the truth of the reply.

Hypothesis connects random receivers to random signals and sends requests to a real server. A model of a few lines
predicts the outcome.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import tornado.httpclient
import tornado.httpserver
import tornado.testing
import tornado.web
from hypothesis import given, settings
from hypothesis import strategies as st

import bzz
from bzz import signals
from bzz.exceptions import Forbidden
from bzz.providers.memory import MemoryProvider


@dataclass
class User:
    """The client chooses its key."""

    id: str
    name: str
    age: int | None = None

    def __post_init__(self) -> None:
        if self.name.isdigit():
            raise ValueError("A name is no number.")


REQUESTS = {
    "list": ("GET", "/user", None, 200),
    "get": ("GET", "/user/ada", None, 200),
    "create": ("POST", "/user", {"id": "bob", "name": "Bob"}, 201),
    "update": ("PUT", "/user/ada", {"name": "Augusta"}, 200),
    "delete": ("DELETE", "/user/ada", None, 204),
    "get what is not there": ("GET", "/user/nobody", None, 404),
    "create what is there": ("POST", "/user", {"id": "ada", "name": "Ada"}, 409),
    "create what is not valid": ("POST", "/user", {"id": "bob", "name": "7"}, 400),
}
SIGNALS = {"list": "get_list", **{act: f"{act}_instance" for act in ("get", "create", "update", "delete")}}
ERRORS = {"is refused": 403, "is forbidden": 403, "fails": 500}
STATUS = {**ERRORS, "answers": 202, "finishes": 202}
BEHAVIOURS = ["is sync", "is async", "is slow", "changes", *STATUS]
RECEIVERS = st.tuples(
    st.sampled_from([f"{when}_{name}" for name in SIGNALS.values() for when in ("pre", "post")] + ["request_failed"]),
    st.sampled_from(BEHAVIOURS),
)


@dataclass(eq=False)
class Receiver:
    """A receiver with a number, which it logs when it begins and when it ends."""

    number: int
    signal: str
    behaviour: str
    log: list[tuple[str, int]]

    def connect(self) -> Any:
        signal: Any = getattr(signals, self.signal)
        return signal.connected_to(self.run if self.behaviour == "is sync" else self.run_async)

    def run(self, sender: Any) -> None:
        self.log += [("begins", self.number), ("ends", self.number)]

    async def run_async(self, sender: Any, handler: tornado.web.RequestHandler, **offered: Any) -> None:
        self.log.append(("begins", self.number))
        for _ in range(5 if self.behaviour == "is slow" else 1):
            await asyncio.sleep(0)
        self.log.append(("ends", self.number))
        match self.behaviour:
            case "changes" if "data" in offered:
                offered["data"]["age"] = self.number + 2
            case "changes" if "items" in offered:
                offered["items"].clear()
            case "is refused":
                raise tornado.web.HTTPError(403)
            case "is forbidden":
                raise Forbidden("No.")
            case "fails":
                raise RuntimeError("a bug")
            case "answers" | "finishes":
                if not handler._finished:
                    handler.set_status(202)
                    handler.finish()
                if self.behaviour == "finishes":
                    raise tornado.web.Finish


class Expected:
    """The outcome that a request must have: the receivers called, the status, the instances stored and listed."""

    def __init__(self, receivers: list[Receiver], request: str) -> None:
        self.receivers = receivers
        self.called: list[int] = []
        self.status = 0
        self.stored: dict[str, int | None] = {"ada": 1}
        act, *wrong = request.split(" ", 1)
        pre, post = f"pre_{SIGNALS[act]}", f"post_{SIGNALS[act]}"
        if self.refused(pre) or wrong:
            self.status = self.status or REQUESTS[request][3]
            self.send("request_failed")
        elif act in ("list", "get"):
            self.refused(post)
        else:
            number = self.changes(pre)
            age = None if number is None else number + 2
            if act == "delete":
                self.stored.clear()
            else:
                self.stored |= {"bob": age} if act == "create" else {"ada": age or 1}
            self.send(post)
        self.status = self.status or REQUESTS[request][3]
        self.listed = len(self.stored) if self.changes("post_get_list") is None else 0

    def refused(self, name: str) -> bool:
        """Send a signal that receivers may refuse."""
        for receiver in self.to(name):
            if receiver.behaviour in STATUS and self.status != 202:
                self.status = STATUS[receiver.behaviour]
            if receiver.behaviour in ERRORS or (receiver.behaviour == "finishes" and self.status):
                return True
        return bool(self.status)

    def send(self, name: str) -> None:
        """Send a signal that no receiver can refuse; a receiver may still answer first."""
        for receiver in self.to(name):
            if receiver.behaviour in ("answers", "finishes"):
                self.status = 202

    def to(self, name: str) -> Iterator[Receiver]:
        for receiver in self.receivers:
            if receiver.signal == name:
                self.called.append(receiver.number)
                yield receiver

    def changes(self, name: str) -> int | None:
        """Return the number of the last receiver that was called and changed something."""
        numbers = [r.number for r in self.receivers if r.signal == name and r.behaviour == "changes"]
        return next((number for number in reversed(numbers) if number in self.called), None)


class Watched(bzz.ModelHandler):
    """Sets an event when its method ends, which may be after the reply."""

    async def get(self) -> None:
        await self.watch(super().get())

    async def post(self) -> None:
        await self.watch(super().post())

    async def put(self) -> None:
        await self.watch(super().put())

    async def delete(self) -> None:
        await self.watch(super().delete())

    async def watch(self, doing: Awaitable[None]) -> None:
        try:
            await doing
        finally:
            self.application.settings["done"].set()


@contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    asyncio.set_event_loop(None)
    loop.close()


async def ask(url: str, request: str) -> tuple[int, Any]:
    method, path, body, _ = REQUESTS[request]
    client = tornado.httpclient.AsyncHTTPClient(force_instance=True)
    reply = await client.fetch(
        url + path,
        method=method,
        body=None if body is None else json.dumps(body),
        headers={"Content-Type": "application/json"},
        raise_error=False,
    )
    client.close()
    return reply.code, json.loads(reply.body) if reply.body else None


async def check(receivers: list[Receiver], request: str) -> None:
    users = bzz.ModelHive(MemoryProvider(), User, handler_class=Watched)
    await users.create({"id": "ada", "name": "Ada", "age": 1})
    done = asyncio.Event()
    server = tornado.httpserver.HTTPServer(tornado.web.Application(users.routes(), done=done))
    socket, port = tornado.testing.bind_unused_port()
    server.add_socket(socket)
    connections = [receiver.connect() for receiver in receivers]
    for connection in connections:
        connection.__enter__()
    log = receivers[0].log if receivers else []
    try:
        status, body = await ask(f"http://127.0.0.1:{port}", request)
        async with asyncio.timeout(10):
            await done.wait()
    finally:
        for connection in connections:
            connection.__exit__(None, None, None)
        server.stop()
        await server.close_all_connections()
    should = Expected(receivers, request)
    assert log == [(what, number) for number in should.called for what in ("begins", "ends")]
    assert status == should.status
    assert {user.id: user.age for user in await users.list()} == should.stored
    if request == "list" and status == 200:
        assert len(body) == should.listed
    await users.close()


@settings(max_examples=10 * settings().max_examples)  # each takes some milliseconds
@given(receivers=st.lists(RECEIVERS, max_size=8), request=st.sampled_from([*REQUESTS]))
def test_receivers_run_in_order_and_the_reply_is_true(receivers: list[tuple[str, str]], request: str) -> None:
    log: list[tuple[str, int]] = []
    with running_loop() as loop:
        made = [Receiver(number, *receiver, log) for number, receiver in enumerate(receivers)]
        loop.run_until_complete(check(made, request))
