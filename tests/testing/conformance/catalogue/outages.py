"""Calls that do not end well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bzz.exceptions import Conflict, Invalid, NotFound, Unavailable
from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks

CANCELLED = "a_cancelled_write_has_one_end_that_agrees_with_the_store"
GONE = "each_act_on_an_unreachable_store_is_unavailable"
HOOK = "an_exception_of_a_hook_is_500"
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
    """Stores an update or delete some time after it has returned."""

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


class TranslatesErrors(MemoryProvider):
    """Takes some exceptions of the model's code for errors of the store."""

    errors: tuple[type[Exception], ...] = ()

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return await self.translated(super().read(function, *args, **kwargs))

    async def write(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return await self.translated(super().write(function, *args, **kwargs))

    async def translated(self, work: Any) -> Any:
        try:
            return await work
        except self.errors as error:
            raise Unavailable("The store does not answer.") from error


@breaks("An OSError of a hook is no error of the store.", HOOK, error=OSError)
class TranslatesOSError(TranslatesErrors):
    errors = (OSError,)


@breaks("A TimeoutError of a hook is no time-out of the store.", HOOK, error=TimeoutError)
class TranslatesTimeouts(TranslatesErrors):
    errors = (TimeoutError,)


@breaks("An exception of a hook says nothing about an instance.", HOOK, error=LookupError)
class FindsNothing(MemoryProvider):
    """Takes an exception of a hook for a missing instance."""

    def _find(self, address: Any, state: Any) -> Any:
        try:
            return super()._find(address, state)
        except LookupError as error:
            raise NotFound("There is no such instance.") from error


@breaks("An exception of the constructor says nothing about the input.", "an_exception_of_the_constructor_is_500")
class BlamesTheInput(MemoryProvider):
    """Takes each exception of the constructor for an invalid value."""

    def _create(self, schema: Any, data: Any) -> Any:
        try:
            return super()._create(schema, data)
        except LookupError as error:
            raise Invalid("A value is wrong.") from error


class Unreachable(MemoryProvider):
    """A provider whose store does not answer."""

    def __init__(self, *, is_up: bool = True) -> None:
        super().__init__()
        self.is_up = is_up

    @classmethod
    def unreachable(cls) -> Unreachable:
        return cls(is_up=False)

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.connect(function.__name__)
        return await super().read(function, *args, **kwargs)

    async def write(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.connect(function.__name__)
        return await super().write(function, *args, **kwargs)

    def connect(self, name: str) -> None:
        if not self.is_up:
            self.fail(name, ConnectionRefusedError("[Errno 111] Connection refused"))

    def fail(self, name: str, error: Exception) -> None:
        raise Unavailable("The store does not answer.") from error


@breaks("The driver's exceptions are translated.", GONE)
class TranslatesReads(Unreachable):
    """Translates the exceptions of reads alone."""

    def fail(self, name: str, error: Exception) -> None:
        if name in ("_update", "_delete"):
            raise error
        super().fail(name, error)


@breaks("The text of an error is not the driver's.", GONE)
class RepeatsTheDriver(Unreachable):
    """Repeats the text of the driver."""

    def fail(self, name: str, error: Exception) -> None:
        raise Unavailable(f"The store does not answer: {error}") from error


@breaks("An unreachable store is no reason to find nothing.", GONE)
class GetsNothing(Unreachable):
    """Takes an unreachable store for one without the instance."""

    def fail(self, name: str, error: Exception) -> None:
        raise NotFound("There is no such instance.") if name == "_get" else Unavailable("The store does not answer.")


@breaks("An unreachable store is told in time.", GONE)
class TriesForLong(Unreachable):
    """Tries to delete for a long time."""

    async def delete(self, address: Any, **options: Any) -> Any:
        await asyncio.sleep(0.0 if self.is_up else 0.5)
        return await super().delete(address, **options)


@breaks("A call that runs when the provider is closed ends as usual.", CLOSED)
class CutsOff(MemoryProvider):
    """Ends running calls when it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closings = 0

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        begun = self.closings
        result = await super().read(function, *args, **kwargs)
        if self.closings > begun and function == self._get:
            raise Unavailable("The connection was closed.")
        return result

    async def close(self) -> None:
        self.closings += 1
        await super().close()
