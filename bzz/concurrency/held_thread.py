"""Threads that run all calls of one unit of work."""

from __future__ import annotations

import asyncio
import functools
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager, ExitStack
from queue import SimpleQueue
from typing import ParamSpec, TypeVar
from weakref import WeakSet

from bzz.concurrency.thread_pool import ThreadPool, in_context
from bzz.exceptions import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

GRACE = 1.0  # seconds that a reply waits until its unit is closed; after that, closing goes on in the background
logger = logging.getLogger(__name__)


class HeldThread:
    """One thread of a pool, which runs the calls of one user and no others until it is freed.

    Calls run one after the other. They wait until the pool has a free thread. The methods must be called on the event
    loop.

    Args:
        pool: the pool. A held thread counts as a running call.

    Raises:
        Unavailable: the queue of the pool is full.
    """

    def __init__(self, pool: ThreadPool) -> None:
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._entered = ExitStack()
        self._is_free = False
        self._work = pool.submit(self._run_calls)
        _held.add(self)

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``function`` in the thread and return its result.

        The function runs in a copy of the caller's context. If the caller is cancelled, the function still runs to its
        end, unless it has not begun.

        Raises:
            Unavailable: the thread was freed.
            Exception: raised by ``function``.
        """
        if self._is_free:
            raise Unavailable("The request is over.")
        future: Future[T] = Future()
        self._calls.put(functools.partial(_settle, future, in_context(function, *args, **kwargs)))
        return await asyncio.wrap_future(future)

    async def enter(self, function: Callable[P, AbstractContextManager[T]], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Enter the context manager that ``function`` returns, in the thread, and return its result.

        The thread leaves the context manager when it is freed.

        Raises:
            Unavailable: the thread was freed.
            Exception: raised by ``function`` or the context manager.
        """
        return await self.run(lambda: self._entered.enter_context(function(*args, **kwargs)))

    def free(self) -> None:
        """Give the thread back to the pool when its calls have ended. This method does not wait for them."""
        self._is_free = True
        if not self._work.cancel():  # the thread has begun
            self._calls.put(None)

    async def close(self) -> None:
        """Free the thread, and wait at most ``GRACE`` seconds until it is free."""
        self.free()
        await asyncio.wait([asyncio.wrap_future(self._work)], timeout=GRACE)

    def _run_calls(self) -> None:
        try:
            with self._entered:
                for settle in iter(self._calls.get, None):
                    settle()
                    del settle  # while the thread waits, it must not keep the values of its last call
        except Exception:
            logger.exception("A unit of work could not be closed.")


def _settle(future: Future[T], call: Callable[[], T]) -> None:
    """Give a future the result of a call, unless it is cancelled."""
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001  # the thread must go on, as those of the standard library do
            future.set_exception(error)


def _free_all() -> None:
    for thread in [*_held]:
        thread.free()


_held: WeakSet[HeldThread] = WeakSet()
threading._register_atexit(_free_all)  # type: ignore[attr-defined]  # a process that ends waits for all threads of pools
