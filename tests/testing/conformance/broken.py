"""Providers that break a promise, for the suite to notice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bzz.providers.base import Provider
from tests.providers.memory import test_conformance as memory


def suite_of(kind: type[Provider]) -> memory.TestMemory:
    """The suite of a provider that claims to be as good as the one of memory."""

    class Suite(memory.TestMemory):
        @asynccontextmanager
        async def connect(self) -> AsyncIterator[Provider]:
            yield kind()

    return Suite()
