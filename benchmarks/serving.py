"""``python -m benchmarks.serving NAME CORE``: serve both contestants of one provider on one core.

The process prints the port and the ids as one line of JSON. It ends when its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import sqlalchemy as sa
import tornado.httpserver
import tornado.netutil
import tornado.web

import bzz
from benchmarks.documents import mongoengine
from benchmarks.memory import memory
from benchmarks.people import Contest, PersonHandler
from benchmarks.rows import by_awaiting, by_threads, sqlite

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
BY_HAND, BY_BZZ = "/hand/person", "/bzz/person"


def make_app(contest: Contest) -> tornado.web.Application:
    """Return an application with both contestants."""
    by_hand = (rf"{BY_HAND}(?:/([^/]+))?", PersonHandler, {"people": contest.people})
    return tornado.web.Application([by_hand, *bzz.ModelHive.routes_for(contest.provider, contest.model, prefix="bzz")])


async def serve(name: str, core: int) -> None:
    """Serve the contestants of one provider until standard input ends."""
    async with CONTESTS[name]() as contest:
        os.sched_setaffinity(0, {core})  # only now, so that an embedded store can use all cores
        server = tornado.httpserver.HTTPServer(make_app(contest))
        [socket] = tornado.netutil.bind_sockets(0, "127.0.0.1")
        server.add_sockets([socket])
        print(json.dumps({"port": socket.getsockname()[1], "ids": contest.ids}), flush=True)  # noqa: T201  # for the parent
        await asyncio.to_thread(sys.stdin.read)
        server.stop()
        await server.close_all_connections()
        await contest.provider.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
