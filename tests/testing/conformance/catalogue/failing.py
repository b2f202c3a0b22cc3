"""Work that blocks the event loop, and failures."""

from __future__ import annotations

import asyncio
from typing import Any

from bzz.providers import Listing
from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks


@breaks("A hook runs in a thread.", "a_hook_that_blocks_does_not_block_the_event_loop")
class Blocking(MemoryProvider):
    """Reads on the event loop."""

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)


@breaks("A list of an unreachable store is no empty list.", "an_unreachable_store_is_unavailable_within_seconds")
class ListsNothing(MemoryProvider):
    """Returns an empty list."""

    @classmethod
    def unreachable(cls) -> ListsNothing:
        return cls()

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return Listing([], False)


@breaks("A call that takes too long is a 503.", "a_call_that_takes_too_long_is_503_and_delays_no_other_request")
class WaitsForReads(MemoryProvider):
    """Waits for the end of each read."""

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return await self.pool.run(function, *args, **kwargs)


@breaks("A call that cannot be made is a 503.", "many_requests_at_once_are_200_or_503")
class Overloaded(MemoryProvider):
    """Fails if many calls come at once."""

    calls = 0

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        self.calls += 1
        try:
            await asyncio.sleep(0.05)
            if self.calls > 5:
                raise OSError("too many open files")
            return await super().read(function, *args, **kwargs)
        finally:
            self.calls -= 1


@breaks("A create that is told is stored, and no other one.", "a_cancelled_act_has_one_end_that_agrees_with_the_store")
class CreatesAfterwards(MemoryProvider):
    """Stores a new instance some time after it has returned the instance."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        stored = await super().create(schema, data, **options)
        table, key = self._table(schema.model), stored.values[schema.pk]
        asyncio.get_running_loop().call_later(0.05, table.__setitem__, key, table.pop(key))
        return stored
