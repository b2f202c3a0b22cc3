"""A bounded pool of threads, so that blocking code never runs on the event loop."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from bzz.cancellation import uncancelled
from bzz.exceptions import Unavailable

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 32
QUEUE_PER_THREAD = 4
_CONTROL = (StopIteration, GeneratorExit, asyncio.CancelledError, CancelledError)  # which mean something to who awaits
COMPUTING = 4  # threads; they share one interpreter, so more would not compute more
_WITH_PARTS = (dict, list, tuple, set, frozenset)
MANY = 2000  # values; what is done for each of more takes long enough to be done off the event loop


def _in_context(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Callable[[], T]:
    """Return a call of ``function`` with the context variables there are now."""
    context = contextvars.copy_context()

    def call() -> T:
        try:
            return context.run(function, *args, **kwargs)
        except _CONTROL as error:
            raise RuntimeError(f"{function!r} raised {error!r}") from error

    return call


class Pool:
    """Threads that are started when first needed, with a queue that refuses instead of growing.

    Args:
        threads: how many run at once; four times as many may wait.
    """

    def __init__(self, threads: int = THREADS) -> None:
        self.threads = threads
        self._places = threading.BoundedSemaphore(threads * (1 + QUEUE_PER_THREAD))
        self._closing = threading.Lock()

    @functools.cached_property
    def _executor(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self.threads, thread_name_prefix="bzz")

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``function`` returns, called in a thread with the caller's context variables.

        Raises:
            Unavailable: too many calls wait already.
            Exception: what ``function`` raised.
        """
        return await asyncio.wrap_future(self.submit(function, *args, **kwargs))

    def close(self) -> None:
        """Let the threads end, once they have done what they were given; new ones are started if need be."""
        with self._closing:
            executor = vars(self).pop("_executor", None)
        if executor:
            executor.shutdown(wait=False)

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Return the future of what ``run`` returns; raise Unavailable if too many calls wait already."""
        call = _in_context(function, *args, **kwargs)
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


_shared = Pool()
calls: ContextVar[set[Future[Any]] | None] = ContextVar("bzz_calls", default=None)  # of who has a unit of work
_computing = ThreadPoolExecutor(COMPUTING, thread_name_prefix="bzz-compute")


async def in_pool(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what blocking ``function`` returns, called off the event loop in the current context.

    Receivers and handlers use it for whatever would block: a lazy reference, a file, a synchronous client.

    Raises:
        Unavailable: too many calls wait already.
        Exception: what ``function`` raised.
    """
    future, running = _shared.submit(function, *args, **kwargs), calls.get()
    if running is not None:
        running.add(future)
        future.add_done_callback(running.discard)
    return await asyncio.wrap_future(future)


async def compute(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what ``function`` returns, called off the event loop; however many wait, none is refused.

    It is for what takes long because there is much of it, and waits for nobody.
    """
    return await _computed(function, *args, **kwargs)


def _computed(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
    return asyncio.get_running_loop().run_in_executor(_computing, _in_context(function, *args, **kwargs))


async def off_loop(values: object, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return ``function(*args, **kwargs)``, computed off the event loop where there are many ``values``."""
    return await compute(function, *args, **kwargs) if _are_many(values) else function(*args, **kwargs)


async def off_loop_in_any_case(values: object, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do as ``off_loop``, in the middle of what must not be left half done: as ``uncancelled``."""
    if _are_many(values):
        return await uncancelled(_computed(function, *args, **kwargs))
    return function(*args, **kwargs)


def _are_many(values: object) -> bool:
    left, waiting = MANY, [values] if isinstance(values, _WITH_PARTS) else []
    while waiting:
        inner = waiting.pop()
        left -= len(inner)
        if left <= 0:
            return True
        parts = inner.values() if isinstance(inner, dict) else inner
        waiting += [part for part in parts if isinstance(part, _WITH_PARTS)]
    return False
