"""A pool of threads for blocking code, with a bounded queue."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from bzz.exceptions import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 32
QUEUE_PER_THREAD = 4
_CONTROL = (StopIteration, GeneratorExit, asyncio.CancelledError, CancelledError)  # these would stop the awaiting task


def in_context(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """Return ``function`` bound to its arguments and a copy of the context.

    A call raises the exceptions of ``function``. If an exception would stop the awaiting task, such as
    ``StopIteration``, the call raises RuntimeError instead.
    """
    context = contextvars.copy_context()

    def call() -> T:
        try:
            return context.run(function, *args, **kwargs)
        except _CONTROL as error:
            raise RuntimeError(f"{function!r} raised {error!r}") from error

    return call


class ThreadPool:
    """A thread pool that starts at first use.

    When its queue is full, it refuses calls.

    Args:
        threads: how many calls run at once.
        places: how many calls run or wait at once. By default, four times as many calls as there are threads may wait.
    """

    def __init__(self, threads: int = THREADS, places: int | None = None) -> None:
        self.threads = threads
        self._places = threading.BoundedSemaphore(places or threads * (1 + QUEUE_PER_THREAD))
        self._closing = threading.Lock()

    @functools.cached_property
    def _executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads, thread_name_prefix="bzz")

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call ``function`` in a thread and return its result.

        The function runs in a copy of the caller's context.

        Raises:
            Unavailable: the queue is full.
            Exception: raised by ``function``.
        """
        return await asyncio.wrap_future(self.submit(function, *args, **kwargs))

    def close(self) -> None:
        """Shut the threads down after their current calls.

        The next call starts new threads.
        """
        with self._closing:
            executor = vars(self).pop("_executor", None)
        if executor:
            executor.shutdown(wait=False)

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue a call of ``function`` and return its future.

        Raises:
            Unavailable: the queue is full.
        """
        call = in_context(function, *args, **kwargs)
        if not self._places.acquire(blocking=False):
            raise Unavailable("Too many requests are waiting for the store.")
        try:
            with self._closing:
                future = self._executor.submit(call)
        except BaseException:
            self._places.release()
            raise
        future.add_done_callback(lambda _: self._places.release())
        return future
