"""Suites of providers that break a promise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bzz.providers.base import Provider
from tests.support import conformance as memory


def suite_of(kind: type[Provider]) -> memory.MemorySuite:
    """The suite of the memory provider, run on another class of provider."""

    class Suite(memory.MemorySuite):
        @asynccontextmanager
        async def connect(self) -> AsyncIterator[Provider]:
            yield kind()

    return Suite()
