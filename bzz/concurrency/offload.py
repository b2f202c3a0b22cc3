"""Threads for blocking calls, and for computations on many values."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

from bzz.concurrency.cancellation import uncancelled
from bzz.concurrency.thread_pool import ThreadPool, in_context

P = ParamSpec("P")
T = TypeVar("T")

MANY = 2000  # a computation on so many values takes long enough to move it off the event loop
COMPUTING = 4  # threads. They share one interpreter, so more threads would not be faster
_CONTAINERS = (dict, list, tuple, set, frozenset)

calls: ContextVar[set[Future[Any]] | None] = ContextVar("bzz_calls", default=None)  # open calls that use a unit of work
_shared = ThreadPool()
_computing = ThreadPoolExecutor(COMPUTING, thread_name_prefix="bzz-compute")


async def in_pool(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a blocking function in a thread and return its result.

    The function runs in a copy of the current context. Use ``in_pool`` in receivers and handlers for code that would
    block the event loop: a lazy reference, a file, a synchronous client.

    Raises:
        Unavailable: too many calls wait already.
        Exception: raised by ``function``.
    """
    future, running = _shared.submit(function, *args, **kwargs), calls.get()
    if running is not None:
        running.add(future)
        future.add_done_callback(running.discard)
    return await asyncio.wrap_future(future)


async def compute(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Compute ``function(*args, **kwargs)`` in a thread and return its result.

    Use it for computations that take long because there are many values. ``function`` must not block. Any number of
    computations may wait for a thread.
    """
    return await _submit(function, *args, **kwargs)


async def compute_uncancelled(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Compute as ``compute`` does, but let a cancellation wait.

    Use it after a write. ``uncancelled`` describes how the cancellation waits.
    """
    return await uncancelled(_submit(function, *args, **kwargs))


def _submit(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
    return asyncio.get_running_loop().run_in_executor(_computing, in_context(function, *args, **kwargs))


def are_many(values: object) -> bool:
    """Tell whether a container holds at least ``MANY`` values, at any depth."""
    left, waiting = MANY, [values] if isinstance(values, _CONTAINERS) else []
    while waiting:
        inner = waiting.pop()
        left -= len(inner)
        if left <= 0:
            return True
        parts = inner.values() if isinstance(inner, dict) else inner
        waiting += [part for part in parts if isinstance(part, _CONTAINERS)]
    return False
