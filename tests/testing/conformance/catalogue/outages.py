"""Calls that do not end well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bzz.exceptions import Conflict, Unavailable
from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks

CANCELLED = "a_cancelled_write_has_one_end_that_agrees_with_the_store"
GIVEN_BACK = "calls_that_fail_give_back_what_they_took"
CLOSED = "each_call_may_be_the_first_after_a_close"


@breaks("A refusal has the words of bzz.", "a_refusal_of_the_store_has_the_words_of_bzz")
class Quotes(MemoryProvider):
    """Repeats the text of the driver's error."""

    def _check_unique(self, model: type, instance: Any, key: Any) -> None:
        try:
            super()._check_unique(model, instance, key)
        except Conflict as error:
            driver = LookupError("duplicate key value violates unique constraint")
            raise Conflict(f"The store says: {driver}", errors=error.errors) from driver


@breaks("A cancelled update agrees with the store.", CANCELLED, act="update")
@breaks("A cancelled delete agrees with the store.", CANCELLED, act="delete")
class WritesAfterwards(MemoryProvider):
    """Performs a write after it has returned, if another task runs first."""

    async def write(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        if function == self._create:
            return await super().write(function, *args, **kwargs)
        table = {model: dict(rows) for model, rows in self._tables.items()}
        result = await super().write(function, *args, **kwargs)
        self._tables, after = table, self._tables
        asyncio.get_running_loop().call_later(0.05, vars(self).update, {"_tables": after})
        return result


class Scarce(MemoryProvider):
    """Has a few connections."""

    def __init__(self) -> None:
        super().__init__()
        self.connections = asyncio.Semaphore(5)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        yield

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        async with self.connection():
            return await super().read(function, *args, **kwargs)

    async def write(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        async with self.connection():
            return await super().write(function, *args, **kwargs)

    async def take(self) -> None:
        if self.connections.locked():
            raise Unavailable("There is no free connection.")
        await self.connections.acquire()


@breaks("A refused call gives its connection back.", GIVEN_BACK)
class KeepsRefused(Scarce):
    """Gives no connection back after an error."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        await self.take()
        try:
            yield
        except asyncio.CancelledError:
            self.connections.release()
            raise
        self.connections.release()


@breaks("A cancelled call gives its connection back.", GIVEN_BACK)
class KeepsCancelled(Scarce):
    """Gives no connection back after a cancellation."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[None]:
        await self.take()
        try:
            yield
        except Exception:
            self.connections.release()
            raise
        self.connections.release()


@breaks("A provider can be used after it was closed.", CLOSED)
class StaysClosed(MemoryProvider):
    """Cannot be used after it was closed."""

    is_closed = False

    async def close(self) -> None:
        self.is_closed = True
        await super().close()

    async def write(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        if self.is_closed:
            raise Unavailable("The provider is closed.")
        return await super().write(function, *args, **kwargs)


@breaks("A close waits for no call, and ends none.", CLOSED)
class EndsCalls(MemoryProvider):
    """Gives up the calls that run when it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.running: set[asyncio.Future[Any]] = set()

    async def close(self) -> None:
        for one in self.running:
            one.cancel()
        await super().close()

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        task = asyncio.ensure_future(super().read(function, *args, **kwargs))
        self.running.add(task)
        try:
            await asyncio.wait([task])
        finally:
            self.running.discard(task)
        if task.cancelled():
            raise Unavailable("The provider is closed.")
        return task.result()
