"""A provider whose writes wait until a test lets them through."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from bzz.providers.base import Provider


class Gate:
    """Two events: a write has reached the store, and the store may write."""

    def __init__(self) -> None:
        self.writing, self.may_write = threading.Event(), threading.Event()

    def close(self) -> None:
        self.writing.clear()
        self.may_write.clear()

    async def reached(self) -> None:
        """Wait until a write has reached the store."""
        assert await asyncio.get_running_loop().run_in_executor(None, self.writing.wait, 20)


def gated(base: Any, gate: Gate) -> Provider:
    """Return a provider whose writes wait for the gate to open."""

    class Gated(base):
        async def write(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
            def wait() -> Any:
                gate.writing.set()
                gate.may_write.wait(20)
                return function(*args, **kwargs)

            return await super().write(wait)

    made: Provider = Gated()
    return made
