"""``python -m benchmarks.serving NAME CORE [count]``: serve all contestants of one provider on one core.

The process prints the port, the ids and the contestants as one line of JSON. It ends when its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa
import tornado.httpserver
import tornado.netutil
import tornado.web

import bzz
from benchmarks.documents import mongoengine
from benchmarks.memory import memory
from benchmarks.people import Contest, PersonHandler
from benchmarks.rows import by_awaiting, by_threads, sqlite
from benchmarks.statements import Statements
from bzz import signals

POSTGRES = os.environ.get("BZZ_TEST_POSTGRES_URI")
CONTESTS: dict[str, Callable[[], AbstractAsyncContextManager[Contest]]] = {
    "memory": memory,
    "mongoengine": mongoengine,
    "sqlite": partial(sqlite, "sqlite+pysqlite"),
    "sqlite-async": partial(sqlite, "sqlite+aiosqlite"),
}
if POSTGRES:
    url = sa.make_url(POSTGRES)
    CONTESTS |= {
        "postgresql": partial(by_threads, url.set(drivername="postgresql+psycopg")),
        "postgresql-async": partial(by_awaiting, url.set(drivername="postgresql+asyncpg")),
    }
WATCH, COUNT = "/watch", "/count"
WATCHED = (
    signals.post_get_instance,
    signals.post_get_list,
    signals.post_create_instance,
    signals.post_update_instance,
)


@dataclass(frozen=True)
class Contestant:
    """One way to serve the people.

    Args:
        title: its name in the table.
        base: the path of the people.
        is_by_hand: whether its handler is written by hand.
        is_watched: whether receivers listen while it serves.
    """

    title: str
    base: str
    is_by_hand: bool = False
    is_watched: bool = False


class WatchHandler(tornado.web.RequestHandler):
    """Connects a receiver of each ``post_`` signal, or disconnects it: ``/watch/1``, ``/watch/0``."""

    def initialize(self, model: type) -> None:
        self.model = model

    def get(self, is_on: str) -> None:
        for signal in WATCHED:
            signal.disconnect(receive, self.model)
            if int(is_on):
                signal.connect(receive, self.model)
        self.write({})


def receive(sender: Any) -> None:
    """Receive a signal."""


class CountHandler(tornado.web.RequestHandler):
    """Tells how many statements the process has sent."""

    def initialize(self, statements: Statements | None) -> None:
        self.statements = statements

    def get(self) -> None:
        self.write(json.dumps(self.statements and self.statements.count))


def make_app(contest: Contest, statements: Statements | None) -> tuple[tornado.web.Application, list[Contestant]]:
    """Return an application with all contestants, and the contestants."""
    by_hand = [Contestant(title, f"/hand/{n}", is_by_hand=True) for n, title in enumerate(contest.by_hand)]
    handlers = [
        (rf"{one.base}(?:/([^/]+))?", PersonHandler, {"people": people})
        for one, people in zip(by_hand, contest.by_hand.values(), strict=True)
    ]
    watch = (rf"{WATCH}/([01])", WatchHandler, {"model": contest.model})
    routes = bzz.ModelHive.routes_for(contest.provider, contest.model, prefix="bzz")
    app = tornado.web.Application([*handlers, watch, (COUNT, CountHandler, {"statements": statements}), *routes])
    by_bzz = [Contestant(title, "/bzz/person", is_watched="," in title) for title in ("bzz", "bzz, watched")]
    return app, [*by_hand, *by_bzz]


async def serve(name: str, core: int, *, counts: bool) -> None:
    """Serve the contestants of one provider until standard input ends."""
    statements = Statements() if counts else None
    async with CONTESTS[name]() as contest:
        os.sched_setaffinity(0, {core})  # only now, so that an embedded store can use all cores
        app, contestants = make_app(contest, statements)
        server = tornado.httpserver.HTTPServer(app)
        [socket] = tornado.netutil.bind_sockets(0, "127.0.0.1")
        server.add_sockets([socket])
        said = {"port": socket.getsockname()[1], "ids": contest.ids, "contestants": [*map(asdict, contestants)]}
        print(json.dumps(said), flush=True)  # noqa: T201  # for the parent
        await asyncio.to_thread(sys.stdin.read)
        server.stop()
        await server.close_all_connections()
        await contest.provider.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), counts="count" in sys.argv[3:]))
