"""Cancellations that have to wait: what a store has begun to write is told before anything else happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


class Deferral:
    """Whether the task of one act was cancelled while that had to wait."""

    def __init__(self) -> None:
        self.task = asyncio.current_task()
        self.has_arrived = False


deferral: ContextVar[Deferral | None] = ContextVar("bzz_deferral", default=None)


def defer(error: asyncio.CancelledError) -> None:
    """Have a cancellation wait for the end of the act that runs in this task; raise it if none does."""
    here = deferral.get()
    if here is None or here.task is not asyncio.current_task():
        raise error
    here.has_arrived = True


async def uncancelled(work: Awaitable[T], *, cancelled: asyncio.CancelledError | None = None) -> T:
    """Return what ``work`` comes to, even if the running task is cancelled meanwhile, or was ``cancelled`` before.

    Raises:
        asyncio.CancelledError: it was, and no act runs that would raise it at its end.
        Exception: what ``work`` raised.
    """
    outcome = asyncio.ensure_future(work)
    while not outcome.done():
        try:
            await asyncio.wait([outcome])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        defer(cancelled)
    return outcome.result()


def cancellations() -> int:
    """Return how often the running task was asked to stop, other than a task that it awaits."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0
