"""How long a store takes, measured where it is called."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from time import perf_counter
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Stopwatch:
    """Adds up the time that one operation spends in the store, in ``seconds``."""

    def __init__(self) -> None:
        self.seconds = 0.0


running: ContextVar[Stopwatch | None] = ContextVar("bzz_stopwatch", default=None)


def measured(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what ``function``, which calls the store, returns; its time counts if anybody wants to know."""
    stopwatch = running.get()
    if stopwatch is None:
        return function(*args, **kwargs)
    began = perf_counter()
    try:
        return function(*args, **kwargs)
    finally:
        stopwatch.seconds += perf_counter() - began
