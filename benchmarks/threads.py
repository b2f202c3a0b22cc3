"""The base class of synchronous stores written by hand.

Each operation runs in a pool of threads.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.people import People


class ThreadedPeople(People):
    """A store that does each operation in a thread.

    Args:
        pool: a pool with as many threads as bzz's provider has.
    """

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool

    def _run(self, function: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._pool, function, *args)

    async def get(self, key: str) -> Any:
        return await self._run(self.get_one, key)

    async def first(self) -> Any:
        return await self._run(self.get_first)

    async def create(self, values: dict[str, Any]) -> Any:
        return await self._run(self.create_one, values)

    async def update(self, key: str, values: dict[str, Any]) -> Any:
        return await self._run(self.update_one, key, values)

    @abstractmethod
    def get_one(self, key: str) -> dict[str, Any] | None:
        """Return the same as ``get``, but block the thread."""

    @abstractmethod
    def get_first(self) -> list[dict[str, Any]]:
        """Return the same as ``first``, but block the thread."""

    @abstractmethod
    def create_one(self, values: dict[str, Any]) -> dict[str, Any]:
        """Do the same as ``create``, but block the thread."""

    @abstractmethod
    def update_one(self, key: str, values: dict[str, Any]) -> dict[str, Any] | None:
        """Do the same as ``update``, but block the thread."""
