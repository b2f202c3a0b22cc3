"""How long a store takes, measured where it is called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def measuring() -> Iterator[None]:
    """Have the time that the block takes, in which the store is called, count if anybody wants to know."""
    stopwatch, began = running.get(), perf_counter()
    try:
        yield
    finally:
        if stopwatch is not None:
            stopwatch.seconds += perf_counter() - began


def measured(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what ``function``, which calls the store, returns; its time counts, as with ``measuring``."""
    if running.get() is None:
        return function(*args, **kwargs)
    with measuring():
        return function(*args, **kwargs)
