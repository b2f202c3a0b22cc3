"""``python -m benchmarks``: compare bzz with handlers written by hand, on the same stores.

A child process serves bzz and these handlers on one core. The main process sends the requests to them in turns, from
another core.
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
from itertools import count
from statistics import median
from typing import Any

from benchmarks.load import Failed, rate, request, send
from benchmarks.people import ROWS, person
from benchmarks.serving import BY_BZZ, BY_HAND, CONTESTS

WARM_UP = 0.3  # seconds
ROW = "{:<18}{:<10}{:>14}{:>10}{:>8}"
Request = Callable[[str, str, int], bytes]  # takes the path of the resource, an instance's id and the request's number
OPERATIONS: dict[str, Request] = {
    "get": lambda base, key, _: request("GET", f"{base}/{key}"),
    "list": lambda base, _, __: request("GET", base),
    "update": lambda base, key, n: request("PUT", f"{base}/{key}", {"name": f"Changed {n}", "age": n % 120}),
    "create": lambda base, _, n: request("POST", base, person(n)),
}


def parse_arguments() -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("providers", nargs="*", metavar="PROVIDER", help=f"of {', '.join(CONTESTS)}; by default all")
    parser.add_argument("--seconds", type=float, default=1.0, help="of each turn")
    parser.add_argument("--rounds", type=int, default=7, help="how many turns each contestant has, by operation")
    arguments = parser.parse_args()
    if unknown := set(arguments.providers) - CONTESTS.keys():
        parser.error(f"no provider {', '.join(unknown)}; there are {', '.join(CONTESTS)}")
    return arguments


@contextmanager
def server(name: str, core: int) -> Iterator[dict[str, Any]]:
    """Serve a provider's contestants on a core while the block runs.

    Yield the JSON object that the server prints when it starts.
    """
    command = [sys.executable, "-m", "benchmarks.serving", name, str(core)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        said = process.stdout.readline() if process.stdout else ""
        if not said:
            raise Failed(f"The server of {name} did not start.")
        yield json.loads(said)
        process.communicate()  # closes its standard input


async def verify(port: int, key: str) -> None:
    """Raise Failed unless both contestants reply the same.

    The function compares the replies to a GET of the list and to a GET of one instance.
    """
    for path in ("", f"/{key}"):
        asked = [request("GET", f"{base}{path}") for base in (BY_HAND, BY_BZZ)]
        one, other = [json.loads(body) for body in await send(port, iter(asked), connections=1)]
        if one != other:
            raise Failed(f"The contestants do not say the same: {one} {other}")


async def compare(port: int, ids: Sequence[str], make: Request, rounds: int, seconds: float) -> list[list[float]]:
    """Return the rates of both contestants in each round.

    Each round gives two rates. The first one is that of the contestant written by hand.
    """

    def requests_to(base: str) -> Iterator[bytes]:
        return (make(base, ids[n % ROWS], n) for n in count())

    contestants = [requests_to(BY_HAND), requests_to(BY_BZZ)]
    for requests in contestants:
        await rate(port, requests, WARM_UP)
    found = []
    for turn in range(rounds):
        rates = {n: await rate(port, contestants[n], seconds) for n in ((0, 1) if turn % 2 else (1, 0))}
        found.append([rates[0], rates[1]])
    return found


async def run(name: str, said: dict[str, Any], rounds: int, seconds: float) -> None:
    """Compare a provider's contestants and print a row for each operation."""
    await verify(said["port"], said["ids"][ROWS // 2])
    for operation, make in OPERATIONS.items():
        found = await compare(said["port"], said["ids"], make, rounds, seconds)
        by_hand, by_bzz = (f"{median(rates):,.0f}" for rates in zip(*found, strict=True))
        ratio = median(bzz / hand for hand, bzz in found)
        _say(ROW.format(name, operation, by_hand, by_bzz, f"{ratio:.2f}"))


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # the user waits for this line


def main() -> None:
    """Run the benchmark."""
    arguments = parse_arguments()
    first, *others = sorted(os.sched_getaffinity(0))
    _say("Requests per second, medians; the ratio is that of bzz to what is written by hand.")
    _say(ROW.format("provider", "operation", "by hand", "bzz", "ratio"))
    for name in arguments.providers or CONTESTS:
        os.sched_setaffinity(0, {first, *others})
        with server(name, others[0] if others else first) as said:
            os.sched_setaffinity(0, {first})
            asyncio.run(run(name, said, arguments.rounds, arguments.seconds))


if __name__ == "__main__":
    try:
        main()
    except Failed as error:
        sys.exit(f"benchmarks: {error}")
