"""Cancellations that have to wait: what a store has begun to write is told before anything else happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


def cancellations() -> int:
    """Return how often the running task was asked to stop and nobody took it back; a task it awaits does not count."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def noticed(task: asyncio.Task[object] | None) -> int:
    """Return how often a running task was asked to stop, without what it hears of only at its next await."""
    return task.cancelling() - bool(getattr(task, "_must_cancel", False)) if task else 0


class Deferral:
    """The cancellations of one act's task that have to wait for its end."""

    def __init__(self) -> None:
        self.task = asyncio.current_task()
        self.level: int | None = None  # how often the task had been asked to stop when the first one came

    @property
    def is_due(self) -> bool:
        """Whether one has come that nobody has taken back since, as a time-out further in does."""
        return self.level is not None and cancellations() >= self.level


deferral: ContextVar[Deferral | None] = ContextVar("bzz_deferral", default=None)


@contextmanager
def deferred() -> Iterator[None]:
    """Have a cancellation that ends the block wait for the end of the act that runs in this task.

    Raises:
        asyncio.CancelledError: none does.
    """
    try:
        yield
    except asyncio.CancelledError:
        here = deferral.get()
        if here is None or here.task is not asyncio.current_task():
            raise
        here.level = cancellations() if here.level is None else min(here.level, cancellations())


async def uncancelled(work: Awaitable[T]) -> T:
    """Return what ``work`` comes to, even if the running task is cancelled meanwhile.

    Raises:
        asyncio.CancelledError: it was, and no act runs in this task that would raise it at its end.
        Exception: what ``work`` raised.
    """
    outcome, cancelled = asyncio.ensure_future(work), None
    while not outcome.done():
        try:
            await asyncio.wait([outcome])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        outcome.cancelled() or outcome.exception()  # which is to be raised, unless the cancellation is
        with deferred():
            raise cancelled
    return outcome.result()
