"""Blocking code of the model."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks

HOOK = "the_hook_of_an_instance_does_not_block_the_event_loop"
LATE = "each_call_that_takes_too_long_is_unavailable"
CONTEXT = "blocking_code_has_the_context_of_its_caller"
REQUEST = "what_a_request_runs_has_the_id_of_the_request"


@breaks("The hook of an instance runs in a thread for a get.", HOOK)
class GetsOnTheLoop(MemoryProvider):
    """Calls the hook on the event loop, and reads in a thread then."""

    async def get(self, address: Any, **options: Any) -> Any:
        self._find(address, options["state"])
        return await super().get(address, **options)


@breaks("It does so for an update.", HOOK)
class UpdatesOnTheLoop(MemoryProvider):
    """Calls the hook on the event loop, and updates in a thread then."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        self._find(address, options["state"])
        return await super().update(address, change, **options)


@breaks("It does so for a delete.", HOOK)
class DeletesOnTheLoop(MemoryProvider):
    """Calls the hook on the event loop, and deletes in a thread then."""

    async def delete(self, address: Any, **options: Any) -> Any:
        self._find(address, options["state"])
        return await super().delete(address, **options)


@breaks("A computed field is computed in a thread.", "a_computed_field_does_not_block_the_event_loop")
class ReadsOnTheLoop(MemoryProvider):
    """Reads on the event loop."""

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)


@breaks("A write runs in a thread.", "a_write_does_not_block_the_event_loop")
class WritesOnTheLoop(MemoryProvider):
    """Writes on the event loop."""

    async def write(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)


@breaks("A read that takes too long is unavailable.", LATE)
class ReadsForLong(MemoryProvider):
    """Waits for the end of each read."""

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return await self.pool.run(function, *args, **kwargs)


@breaks("A write that takes too long is unavailable.", LATE)
class WritesForLong(MemoryProvider):
    """Waits for the end of each write."""

    async def write(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return await self.pool.run(function, *args, **kwargs)


@breaks("A read has the context of its caller.", CONTEXT)
@breaks("A read has the id of the request.", REQUEST)
class ReadsInAnotherContext(MemoryProvider):
    """Reads in a bare thread."""

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        call = asyncio.get_running_loop().run_in_executor(None, partial(function, *args, **kwargs))
        return await self.in_time(call)


@breaks("A write has the context of its caller.", CONTEXT)
@breaks("A write has the id of the request.", REQUEST)
class WritesInAnotherContext(MemoryProvider):
    """Writes in a bare thread."""

    async def write(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        call = asyncio.get_running_loop().run_in_executor(None, partial(function, *args, **kwargs))
        return await self.in_time(call)
