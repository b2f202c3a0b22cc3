"""Work that is done off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

from bzz.concurrency.cancellation import uncancelled
from bzz.concurrency.threads import P, T, ThreadPool, _in_context

COMPUTING = 4  # threads; they share one interpreter, so more would not compute more
_WITH_PARTS = (dict, list, tuple, set, frozenset)
MANY = 2000  # values; what is done for each of more takes long enough to be done off the event loop

_shared = ThreadPool()
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


async def off_loop_uncancelled(values: object, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
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
