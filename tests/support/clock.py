"""A clock that tests set."""

from __future__ import annotations

from typing import Any


class Clock:
    """The time in seconds, which passes only when it is told to."""

    def __init__(self, now: float = 0) -> None:
        self.now: Any = now

    def __call__(self) -> Any:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
