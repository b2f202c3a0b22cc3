"""Cancellations that wait until the outcome of a write is known."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


def cancellations() -> int:
    """Return how many cancellation requests the running task has (``Task.cancelling``).

    Requests that were taken back do not count.
    """
    task = asyncio.current_task()
    return task.cancelling() if task else 0


def noticed(task: asyncio.Task[object] | None) -> int:
    """Return how many cancellation requests a running task has noticed.

    A request that the task's next ``await`` will raise does not count.
    """
    return task.cancelling() - bool(getattr(task, "_must_cancel", False)) if task else 0


class Postponement:
    """The cancellations of a task that wait until its act ends."""

    def __init__(self) -> None:
        self.task = asyncio.current_task()
        self.level: int | None = None  # how many requests the task had when the first one was postponed

    @property
    def is_due(self) -> bool:
        """Whether a postponed cancellation must still be raised.

        This is not so if code, such as an inner time-out, took the cancellation back in the meantime.
        """
        return self.level is not None and cancellations() >= self.level


postponement: ContextVar[Postponement | None] = ContextVar("bzz_postponement", default=None)


@contextmanager
def postponed() -> Iterator[None]:
    """Postpone a cancellation.

    If a cancellation ends the block, it is postponed until the act of this task ends.

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
    """Await ``work`` to its end and return its result.

    A cancellation of the running task does not interrupt ``work``.

    Raises:
        asyncio.CancelledError: the task was cancelled, and no act runs in it. If an act runs, the act
            raises the error at its end.
        Exception: raised by ``work``.
    """
    outcome, cancelled = asyncio.ensure_future(work), None
    while not outcome.done():
        try:
            await asyncio.wait([outcome])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        outcome.cancelled() or outcome.exception()  # mark the exception as read: the cancellation may be raised instead
        with postponed():
            raise cancelled
    return outcome.result()
