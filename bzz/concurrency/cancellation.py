"""Cancellations that wait: once a store has begun a write, its outcome is told before the task is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


def cancellations() -> int:
    """Return the running task's count of cancellation requests, less those taken back (``Task.cancelling``)."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def noticed(task: asyncio.Task[object] | None) -> int:
    """Return a running task's count of cancellation requests without one that its next await will raise."""
    return task.cancelling() - bool(getattr(task, "_must_cancel", False)) if task else 0


class Postponement:
    """The cancellations of one act's task that wait for the end of the act."""

    def __init__(self) -> None:
        self.task = asyncio.current_task()
        self.level: int | None = None  # the task's count of requests when the first one was postponed

    @property
    def is_due(self) -> bool:
        """Whether a cancellation was postponed that nobody took back since, as an inner time-out does."""
        return self.level is not None and cancellations() >= self.level


postponement: ContextVar[Postponement | None] = ContextVar("bzz_postponement", default=None)


@contextmanager
def postponed() -> Iterator[None]:
    """Postpone a cancellation that ends the block until the act of this task ends.

    Raises:
        asyncio.CancelledError: no act runs in this task.
    """
    try:
        yield
    except asyncio.CancelledError:
        here = postponement.get()
        if here is None or here.task is not asyncio.current_task():
            raise
        here.level = cancellations() if here.level is None else min(here.level, cancellations())


async def uncancelled(work: Awaitable[T]) -> T:
    """Await ``work`` to its end, even if the running task is cancelled, and return its result.

    Raises:
        asyncio.CancelledError: the task was cancelled, and no act runs in it that would raise this at its end.
        Exception: raised by ``work``.
    """
    outcome, cancelled = asyncio.ensure_future(work), None
    while not outcome.done():
        try:
            await asyncio.wait([outcome])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        outcome.cancelled() or outcome.exception()  # retrieved, as the cancellation may take its place
        with postponed():
            raise cancelled
    return outcome.result()
