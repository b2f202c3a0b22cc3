"""Providers that are broken on purpose, each with the case of the conformance suite that must notice it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from bzz.providers.base import Provider
from tests.support import conformance as memory

P = TypeVar("P", bound=type[Provider])


@dataclass(frozen=True)
class Breakage:
    """A provider that breaks a promise, and the case that must notice it."""

    promise: str
    kind: type[Provider]
    case: str
    arguments: Mapping[str, Any]

    @property
    def name(self) -> str:
        return "-".join((self.kind.__name__, self.case, *map(str, self.arguments.values())))


BREAKAGES: list[Breakage] = []


def breaks(promise: str, case: str, **arguments: Any) -> Callable[[P], P]:
    """Enter a class of provider in the catalogue.

    ``case`` is the name of the case without ``test_``, and ``arguments`` are the values of its parameters.
    """

    def enter(kind: P) -> P:
        BREAKAGES.append(Breakage(promise, kind, case, arguments))
        return kind

    return enter


def suite_of(kind: type[Provider]) -> memory.MemorySuite:
    """The suite of the memory provider, run on another class of provider.

    A class whose store can be unreachable has an attribute ``is_reachable``.
    """
    skips = dict(memory.MemorySuite.skips)
    if hasattr(kind, "is_reachable"):
        del skips["unreachable"]

    class Suite(memory.MemorySuite):
        @asynccontextmanager
        async def connect(self) -> AsyncIterator[Provider]:
            yield kind()

        @asynccontextmanager
        async def unreachable(self) -> AsyncIterator[Provider]:
            yield type(kind.__name__, (kind,), {"is_reachable": False})()

    Suite.skips = skips
    return Suite()
