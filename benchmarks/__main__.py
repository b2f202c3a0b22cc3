"""``python -m benchmarks``: compare bzz with handlers written by hand, on the same stores.

A child process serves bzz and these handlers on one core. The main process sends the requests to them in turns, from
another core. The result is a table in Markdown. Each cell has four numbers:

- the requests that are answered in a second;
- the microseconds of CPU that the child process uses for a request, which other programs on the machine disturb less;
- the statements that are sent to the store for a request;
- the CPU of the best handler written by hand, divided by this CPU.

All but the statements are medians of all rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.load import Failed, measure, request, send
from benchmarks.people import ROWS, person
from benchmarks.serving import CONTESTS, COUNT, WATCH, Contestant

WARM_UP = 0.3  # seconds
Request = Callable[[str, str, int], bytes]  # takes the path of the resource, an instance's id and the request's number
OPERATIONS: dict[str, Request] = {
    "get": lambda base, key, _: request("GET", f"{base}/{key}"),
    "list": lambda base, _, __: request("GET", base),
    "update": lambda base, key, n: request("PUT", f"{base}/{key}", {"name": f"Changed {n}", "age": n % 120}),
    "create": lambda base, _, n: request("POST", base, person(n)),
}
HEAD = [
    ["provider", "served by", *OPERATIONS],
    ["---"] * (2 + len(OPERATIONS)),
]


def parse_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("providers", nargs="*", metavar="PROVIDER", help=f"of {', '.join(CONTESTS)}; by default all")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn")
    parser.add_argument("--rounds", type=int, default=7, help="how many turns each contestant has, by operation")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table to this file, too")
    arguments = parser.parse_args()
    if unknown := set(arguments.providers) - CONTESTS.keys():
        parser.error(f"no provider {', '.join(unknown)}; there are {', '.join(CONTESTS)}")
    return arguments


@dataclass(frozen=True)
class Server:
    """The server of a provider's contestants.

    Args:
        process: the id of its process.
        port: its port.
        ids: the ids of the stored people.
        contestants: the contestants.
    """

    process: int
    port: int
    ids: Sequence[str]
    contestants: Sequence[Contestant]

    async def ask(self, *requests: bytes) -> list[Any]:
        """Send requests one after the other, and return the JSON of the replies."""
        return [json.loads(body) for body in await send(self.port, iter(requests), connections=1)]

    async def watch(self, one: Contestant) -> None:
        """Connect receivers if a contestant is watched. Disconnect them if it is not."""
        await self.ask(request("GET", f"{WATCH}/{one.is_watched:d}"))

    def requests(self, one: Contestant, make: Request) -> Iterator[bytes]:
        """Yield requests to a contestant without an end."""
        return (make(one.base, self.ids[n % ROWS], n) for n in count())


@contextmanager
def serving(name: str, core: int, *options: str) -> Iterator[Server]:
    """Serve a provider's contestants on a core while the block runs."""
    command = [sys.executable, "-m", "benchmarks.serving", name, str(core), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        said = process.stdout.readline() if process.stdout else ""
        if not said:
            raise Failed(f"The server of {name} did not start.")
        known = json.loads(said)
        contestants = [Contestant(**one) for one in known["contestants"]]
        yield Server(process.pid, known["port"], known["ids"], contestants)
        process.communicate()  # closes its standard input


async def verify(server: Server) -> None:
    """Raise Failed unless all contestants reply the same to a GET of the list and of one instance."""
    for path in ("", f"/{server.ids[ROWS // 2]}"):
        first, *others = await server.ask(*(request("GET", f"{one.base}{path}") for one in server.contestants))
        if any(one != first for one in others):
            raise Failed(f"The contestants do not say the same: {first} {others}")


async def count_statements(server: Server) -> dict[str, list[int]]:
    """Return how many statements each contestant sends for a request, by operation."""
    found: dict[str, list[int]] = {operation: [] for operation in OPERATIONS}
    for one in server.contestants:
        await server.watch(one)
        for operation, make in OPERATIONS.items():
            requests, asked = server.requests(one, make), request("GET", COUNT)
            first = [next(requests) for _ in range(3)]  # fills the caches
            *_, before, _, after = await server.ask(*first, asked, next(requests), asked)
            found[operation].append(after - before)
    return found


async def compare(server: Server, make: Request, rounds: int, seconds: float) -> list[list[tuple[float, float]]]:
    """Return what ``measure`` returns, by round and contestant."""
    requests = [server.requests(one, make) for one in server.contestants]
    turns = [*range(len(requests))]
    for n in turns:
        await measure(server.port, server.process, requests[n], WARM_UP)
    found = []
    for number in range(rounds):
        measured = {}
        for n in reversed(turns) if number % 2 else turns:
            await server.watch(server.contestants[n])
            measured[n] = await measure(server.port, server.process, requests[n], seconds)
        found.append([measured[n] for n in turns])
    return found


def cells(server: Server, found: list[list[tuple[float, float]]], statements: list[int]) -> list[str]:
    """Return the cells of one operation, by contestant."""
    by_hand = [n for n, one in enumerate(server.contestants) if one.is_by_hand]
    best = min(by_hand, key=lambda n: median(turns[n][1] for turns in found))
    return [
        f"{median(turns[n][0] for turns in found):,.0f} · {median(turns[n][1] for turns in found):,.0f} µs"
        f" · {sent} · {median(turns[best][1] / turns[n][1] for turns in found):.2f}"
        for n, sent in enumerate(statements)
    ]


async def run(
    name: str, server: Server, statements: dict[str, list[int]], rounds: int, seconds: float
) -> list[list[str]]:
    """Compare a provider's contestants. Return a row for each of them."""
    await verify(server)
    columns = []
    for operation, make in OPERATIONS.items():
        found = await compare(server, make, rounds, seconds)
        columns.append(cells(server, found, statements[operation]))
    return [[name, one.title, *row] for one, *row in zip(server.contestants, *columns, strict=True)]


def say(rows: list[list[str]]) -> str:
    """Print rows of the table, and return their text."""
    text = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    print(text, end="", flush=True)  # noqa: T201  # the user waits for these lines
    return text


def main() -> None:
    """Run the benchmark."""
    arguments = parse_arguments()
    first, *others = sorted(os.sched_getaffinity(0))
    core, text = others[0] if others else first, say(HEAD)
    for name in arguments.providers or CONTESTS:
        os.sched_setaffinity(0, {first, *others})  # an embedded store can use all cores
        with serving(name, core, "count") as server:
            statements = asyncio.run(count_statements(server))
        with serving(name, core) as server:
            os.sched_setaffinity(0, {first})
            text += say(asyncio.run(run(name, server, statements, arguments.rounds, arguments.seconds)))
    if arguments.write:
        arguments.write.write_text(text)


if __name__ == "__main__":
    try:
        main()
    except Failed as error:
        sys.exit(f"benchmarks: {error}")
