"""Work that blocks the event loop, and failures."""

from __future__ import annotations

from typing import Any

from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks


@breaks("A hook runs in a thread.", "a_hook_that_blocks_does_not_block_the_event_loop")
class Blocking(MemoryProvider):
    """Reads on the event loop."""

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)
