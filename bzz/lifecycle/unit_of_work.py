"""A provider as one act uses it: in the scope of that act, and watched by whoever wants to know what it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Sequence
from concurrent.futures import Future
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TypeVar

from bzz.concurrency.cancellation import deferred, uncancelled
from bzz.concurrency.offload import calls, off_loop
from bzz.providers.base import Provider
from bzz.providers.changes import Change
from bzz.providers.conditions import Condition
from bzz.providers.values import ActState, Address, Listing, Query, Stored, Undefer
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.signals import post_provider_call, pre_provider_call

T = TypeVar("T")
BeforeCreate = Callable[[], Awaitable[None]]
Before = Callable[[Stored], Awaitable[None]]
NOTHING: Undefer = {}
_late: set[asyncio.Future[None]] = set()  # ends that wait for others, so that they are not collected
WRITES = {"create", "update", "delete"}  # what they have done is done, whoever is cancelled meanwhile
BATCH = 10_000  # keys in one query; stores do not take any number


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """What one act reads from and writes to; each operation does, returns and raises what the provider's does.

    Args:
        provider: of the models.
        state: of the act.
        outer: the calls of the act, if any, that this one is called in.
    """

    provider: Provider
    state: ActState = field(default_factory=ActState)
    outer: list[set[Future[Any]] | None] = field(default_factory=list)

    async def get(self, address: Address, *, represent: bool = False) -> Stored:
        """As ``Provider.get``."""
        await self._begin()
        getting = self.provider.get(address, state=self.state, represent=represent)
        return await self._watched("get", address.schema, getting)

    async def list(self, schema: Schema, query: Query, *, represent: bool) -> Listing:
        """As ``Provider.list``."""
        await self._begin()
        listing = self.provider.list(schema, query, state=self.state, represent=represent)
        return await self._watched("list", schema, listing)

    async def fetch(
        self, schema: Schema, keys: Iterable[Any], *, undefer: Undefer = NOTHING, represent: bool
    ) -> dict[Any, Stored]:
        """Return, by primary key, those of the instances with ``keys`` that there are and a list may show.

        Args:
            schema: the model.
            keys: primary keys, typed or as text; what cannot be one is passed over.
            undefer: the deferred fields that their values shall have, too.
            represent: whether they come with their representations.

        Raises:
            Unavailable: the store cannot be reached in time.
        """
        given, pk = [*keys], str(schema.pk)
        wanted = await off_loop(given, schema.keys, given)
        found: dict[Any, Stored] = {}
        for start in range(0, len(wanted), BATCH):
            some = wanted[start : start + BATCH]
            query = Query(where=[Condition(pk, "in", some)], per_page=len(some), undefer=undefer)
            listing = await self.list(schema, query, represent=represent)
            found |= {item.values[pk]: item for item in listing.items}
        return found

    async def create(self, schema: Schema, data: Values, *, before: BeforeCreate | None) -> Stored:
        """As ``Provider.create``; ``before`` is awaited first, with the unit of work open."""
        async with self._writing():
            if before is not None:
                await before()
            creating = self.provider.create(schema, data, state=self.state)
            return await self._watched("create", schema, creating)

    async def update(self, address: Address, change: Change, *, exact: bool, before: Before | None) -> Stored:
        """As ``Provider.update``; ``before`` is awaited first, with the instance as it was loaded for that."""
        async with self._writing():
            loaded = await self._announced(address, before)
            updating = self.provider.update(address, change, exact=exact, loaded=loaded, state=self.state)
            return await self._watched("update", address.schema, updating)

    async def delete(
        self, address: Address, *, check: Callable[[Values], None] | None, before: Before | None
    ) -> Stored:
        """As ``Provider.delete``; ``before`` as with ``update``."""
        async with self._writing():
            loaded = await self._announced(address, before)
            deleting = self.provider.delete(address, check=check, loaded=loaded, state=self.state)
            return await self._watched("delete", address.schema, deleting)

    async def represent(
        self, schema: Schema, instances: Sequence[Any], *, undefer: Undefer = NOTHING
    ) -> Sequence[Stored]:
        """As ``Provider.represent``."""
        await self._begin()
        return await self.provider.represent(schema, instances, undefer=undefer, state=self.state)

    async def end(self) -> None:
        """Close the unit of work, if one is open; there is a new one for whatever comes next."""
        unit, self.state.unit = self.state.unit, None
        if unit is not None:
            running = set(calls.get() or ())  # from which threads take what is done
            calls.set(self.outer.pop() if self.outer else None)
            if running:  # it ends by itself, once nobody uses it any more
                _late.add(task := asyncio.ensure_future(self._end_after(unit, running)))
                task.add_done_callback(_late.discard)
            elif (ending := self.provider.end(unit)) is not None:
                await uncancelled(ending)

    async def _end_after(self, unit: Any, running: set[Future[Any]]) -> None:
        await asyncio.wait([asyncio.wrap_future(future) for future in running])
        ending = self.provider.end(unit)
        if ending is not None:
            await ending

    async def _begin(self) -> None:
        if self.state.unit is None:
            self.state.unit = await self.provider.begin(self.state)
            if self.state.unit is not None:
                self.outer.append(calls.get())
                calls.set(set())

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[None]:
        """Have all that is done in the block be one write, of which nothing is left if it fails."""
        await self._begin()
        self.state.is_writing = True
        try:
            yield
        except (Exception, asyncio.CancelledError):
            await self.end()
            raise
        finally:
            self.state.is_writing = False

    async def _announced(self, address: Address, before: Before | None) -> Stored | None:
        if before is None:
            return None
        loaded = await self.get(address)
        await before(loaded)
        return loaded

    def _watched(self, name: str, schema: Schema, operation: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        """Return ``operation``, a write uncut, with the signals around it if anybody hears them."""
        sender = self.provider.name
        if pre_provider_call.has_receivers_for(sender) or post_provider_call.has_receivers_for(sender):
            return self._observed(operation, {"operation_name": name, "target_name": schema.model.__name__})
        return uncancelled(operation) if name in WRITES else operation

    async def _observed(self, operation: Coroutine[Any, Any, T], call: dict[str, str]) -> T:
        sender, began, is_write = self.provider.name, None, call["operation_name"] in WRITES
        try:
            await pre_provider_call.send_async(sender, **call)
            began = perf_counter()
            result = await (uncancelled(operation) if is_write else operation)
        except (Exception, asyncio.CancelledError) as error:
            operation.close()  # if it was not even begun
            await post_provider_call.send_async(sender, **call, duration=_since(began), error=error)
            raise
        duration = _since(began)
        with deferred() if is_write else nullcontext():
            await post_provider_call.send_async(sender, **call, duration=duration, error=None)
        return result


def _since(began: float | None) -> float:
    return 0.0 if began is None else perf_counter() - began
