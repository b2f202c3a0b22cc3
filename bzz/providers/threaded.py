"""The base class of providers whose ORM is synchronous.

The ORM runs in a pool with a limited number of threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, ParamSpec, TypeVar

from bzz.concurrency.held_thread import HeldThread
from bzz.concurrency.thread_pool import THREADS, ThreadPool
from bzz.providers.base import Provider
from bzz.providers.values import ActState
from bzz.schema.schema import Schema

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class ThreadedProvider(Provider):
    """The adapter to a synchronous ORM.

    Each provider instance has its own pool of threads.

    Args:
        timeout: seconds after which a call fails with ``Unavailable``. This includes the time to wait for a thread.
        threads: how many calls run at the same time, if the store has enough connections.

    Raises:
        ValueError: ``timeout`` is not positive, or ``threads`` is less than 1.
    """

    def __init__(self, *, timeout: float = 5.0, threads: int = THREADS) -> None:
        super().__init__(timeout=timeout)
        if threads < 1:
            raise ValueError(f"threads must be at least 1, not {threads}")
        self.threads = threads

    @cached_property
    def pool(self) -> ThreadPool:
        """The thread pool.

        It is made at first use.
        """
        return ThreadPool(self.threads)

    async def read(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function`` in the pool and return its result.

        The function reads from the store and may block.

        Raises:
            Unavailable: ``function`` took longer than ``timeout``, or the pool's queue is full. A function that
                is late still runs to its end.
        """
        return await self.in_time(self.pool.run(function, *args, **kwargs))

    async def write(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``function`` in the pool, in the same way as ``read``.

        The function writes to the store.
        """
        return await self.in_time(self.pool.run(function, *args, **kwargs), is_write=True)

    async def open_thread(
        self, function: Callable[P, AbstractContextManager[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> ThreadUnit[T]:
        """Open a unit of work with a thread of its own, and return it.

        Use it in ``begin`` if the transactions of the ORM belong to a thread. ``function`` returns a context manager,
        which begins the transaction, and must roll back at its end unless a write has committed. The thread enters the
        context manager now, and leaves it when the unit is closed.

        The thread is one of ``threads``. A unit waits for it no longer than ``timeout``. All calls of an act must run
        in the thread of its unit, as the pool may have no other thread.

        Raises:
            Unavailable: the context manager took longer than ``timeout``, or the pool has no free thread. If it is
                entered late, the thread leaves it at once.
            Exception: raised by ``function`` or its context manager.
        """
        thread = HeldThread(self.pool)
        try:
            opened = await self.in_time(thread.enter(function, *args, **kwargs))
        except BaseException:
            thread.free()
            raise
        return ThreadUnit(opened, self, thread)

    async def run(self, schema: Schema, instances: Sequence[Any], function: Callable[[], T], *, state: ActState) -> T:
        """Return ``function()``, which runs in the thread of the unit of work. See ``Provider.run``."""
        if isinstance(state.unit, ThreadUnit):
            return await state.unit.read(function)
        return await super().run(schema, instances, function, state=state)

    async def close(self) -> None:
        """Shut down the thread pool.

        The next call starts a new one.
        """
        self.pool.close()


@dataclass(frozen=True, slots=True)
class ThreadUnit(Generic[T]):
    """A unit of work whose calls all run in one thread, one after the other.

    ``ThreadedProvider.open_thread`` makes it. Receivers get it as ``unit``.

    Attributes:
        opened: the result of the context manager, such as a connection. Only calls of the unit may use it.
    """

    opened: T
    _provider: ThreadedProvider = field(repr=False)
    _thread: HeldThread = field(repr=False)

    async def read(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run ``function`` in the thread and return its result.

        The function runs in a copy of the caller's context, and may block.

        Raises:
            Unavailable: ``function`` and the calls before it took longer than the provider's ``timeout``, or the unit
                is closed. A function that is late still runs to its end, and the next one waits for it.
        """
        return await self._provider.in_time(self._thread.run(function, *args, **kwargs))

    async def write(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run ``function`` in the thread, in the same way as ``read``.

        The function writes to the store.
        """
        return await self._provider.in_time(self._thread.run(function, *args, **kwargs), is_write=True)

    async def close(self) -> None:
        """Leave the context manager in the thread, and free the thread.

        Return it from ``end``. If a call is late, the thread is freed after it. This method then does not wait for it
        longer than a second. It raises nothing.
        """
        await self._thread.close()
