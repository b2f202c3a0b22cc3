"""``python -m benchmarks.trace``: count the rooms of bzz that one request passes.

The request is ``PUT /team/1/projects/2`` on the memory provider. A real client sends it to a real server.

A room is a package or module directly below ``bzz``. In all threads, the trace notes each function of bzz that is
called or resumed. If two successive functions are in different rooms, this is a move. The request is traced twice:
first without receivers, then with one receiver before the update and one after it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import threading
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import tornado.httpclient
import tornado.httpserver
import tornado.netutil
import tornado.web

import bzz
from bzz.providers.memory import MemoryProvider
from bzz.signals import post_update_instance, pre_update_instance

ROOT = Path(bzz.__file__).parent
WARM_UP = 5  # requests that fill the caches


@dataclass
class Project:
    """An embedded document."""

    name: str
    id: str = "2"


@dataclass
class Team:
    """The parent of the projects."""

    name: str
    id: str = "1"
    projects: list[Project] = field(default_factory=list)


class Trace:
    """A profiler that notes the called functions of bzz.

    It does so while ``is_on`` is true.
    """

    def __init__(self) -> None:
        self.is_on = False
        self.passed: list[CodeType] = []

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:  # noqa: ARG002  # Python passes it
        """Note a call of a function.

        ``sys.setprofile`` calls this method.
        """
        if self.is_on and event == "call" and Path(frame.f_code.co_filename).is_relative_to(ROOT):
            self.passed.append(frame.f_code)

    def moves(self) -> list[tuple[CodeType, CodeType]]:
        """Return the pairs of successive functions that are in different rooms."""
        return [(one, other) for one, other in pairwise(self.passed) if room(one) != room(other)]


def room(code: CodeType) -> str:
    """Return the room of a function.

    The room of a function in ``bzz.http.handler`` is ``http``.
    """
    return Path(code.co_filename).relative_to(ROOT).parts[0].removesuffix(".py")


def say(line: str) -> None:
    """Print a line."""
    print(line)  # noqa: T201  # the result


async def before(sender: Any, instance: Project, updated_fields: dict[str, Any]) -> None:
    """Receive the signal before an update."""


async def after(sender: Any, instance: Project) -> None:
    """Receive the signal after an update."""


async def trace_requests(trace: Trace) -> None:
    """Serve a team and trace one update of its project.

    Before the trace begins, a few updates fill the caches.
    """
    server = tornado.httpserver.HTTPServer(tornado.web.Application(bzz.ModelHive.routes_for(MemoryProvider(), Team)))
    [socket] = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets([socket])
    client = tornado.httpclient.AsyncHTTPClient(force_instance=True)

    async def ask(method: str, path: str, name: str) -> None:
        headers, body = {"Content-Type": "application/json"}, json.dumps({"name": name})
        url = f"http://127.0.0.1:{socket.getsockname()[1]}{path}"
        await client.fetch(url, method=method, headers=headers, body=body)

    await ask("POST", "/team", "Engine")
    await ask("POST", "/team/1/projects", "Difference")
    for number in range(WARM_UP):
        await ask("PUT", "/team/1/projects/2", f"Difference {number}")
    sys.setprofile(trace)
    trace.is_on = True
    await ask("PUT", "/team/1/projects/2", "Analytical")
    trace.is_on = False
    sys.setprofile(None)
    client.close()
    server.stop()
    await server.close_all_connections()


def report(title: str, trace: Trace, *, is_list: bool) -> None:
    """Print the numbers of a trace.

    If ``is_list`` is true, also print each move.
    """
    moves, modules = trace.moves(), {code.co_filename for code in trace.passed}
    say(f"{title:<10}{len({*trace.passed}):>5} functions{len(modules):>5} modules{len(moves):>5} moves")
    if is_list:
        for (left, entered), times in Counter((room(one), room(other)) for one, other in moves).most_common():
            say(f"{times:>6}  {left} -> {entered}")
        for number, (one, other) in enumerate(moves, 1):
            say(f"{number:>6}. {room(one)} {one.co_qualname} -> {room(other)} {other.co_qualname}")


def main() -> None:
    """Trace the request without receivers, then with receivers."""
    parser = argparse.ArgumentParser("python -m benchmarks.trace", description=__doc__)
    parser.add_argument("--list", action="store_true", help="print each move as well")
    arguments = parser.parse_args()
    for title in ("unwatched", "watched"):
        trace = Trace()
        threading.setprofile(trace)  # traces the provider's threads, which start at first use
        with ExitStack() as connections:
            if title == "watched":
                connections.enter_context(pre_update_instance.connected_to(before, sender=Project))
                connections.enter_context(post_update_instance.connected_to(after, sender=Project))
            asyncio.run(trace_requests(trace))
        report(title, trace, is_list=arguments.list)


if __name__ == "__main__":
    main()
