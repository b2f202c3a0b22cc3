"""The unit of work of one act: the calls to its provider, and the signals of these calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from bzz.concurrency.cancellation import uncancelled
from bzz.concurrency.offload import MANY, are_many, calls, compute, compute_uncancelled
from bzz.exceptions import BzzError, Conflict, Invalid
from bzz.lifecycle.provider_calls import watched
from bzz.providers.base import Provider
from bzz.providers.changes import Change
from bzz.providers.conditions import Condition
from bzz.providers.values import NOTHING, ActState, Address, Listing, Query, Stored, Undefer
from bzz.providers.writes import Create, Dependent, Write
from bzz.schema.fields import Values
from bzz.schema.naming import public_errors
from bzz.schema.schema import Schema

P = ParamSpec("P")
T = TypeVar("T")
BATCH = 1_000  # the most values in one query: stores limit their number, and an ORM loads more on the loop for long
FIRST_BATCH = 100
LONG = 2**22  # characters and bytes in the instances of one query; the next query asks for fewer instances
_late: set[asyncio.Future[None]] = set()  # tasks that wait for running calls; without this set, Python may destroy them


@dataclass(slots=True)
class UnitOfWork:
    """The calls of one act to its provider.

    Each method that calls the provider returns the result of the provider's method, and raises its exceptions.

    Args:
        provider: the provider of the models.
        state: the state of the act. The provider gets the state with each call.
        is_large: whether the act handles many values. Then a thread, not the event loop, computes with these values.
        outer: the open calls of the acts around this act.
    """

    provider: Provider
    state: ActState = field(default_factory=ActState)
    is_large: bool = False
    outer: list[set[Future[Any]] | None] = field(default_factory=list)

    def measure(self, values: object) -> None:
        """Note whether the act now handles many values.

        Args:
            values: values that are new to the act.
        """
        if not self.is_large:
            self.is_large = are_many(values)

    async def compute(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return ``function(*args, **kwargs)``. If the act is large, a thread computes it."""
        return await compute(function, *args, **kwargs) if self.is_large else function(*args, **kwargs)

    async def compute_uncancelled(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Compute as ``compute`` does, but let a cancellation wait.

        So a cancellation cannot prevent the ``post_`` signal of a stored write.
        """
        return await compute_uncancelled(function, *args, **kwargs) if self.is_large else function(*args, **kwargs)

    async def get(self, address: Address, *, needs_instances: bool = True) -> Stored:
        """Call ``Provider.get``."""
        await self._begin(address.schema)
        getting = self.provider.get(address, state=self.state, needs_instances=needs_instances)
        stored = await self._watched("get", address.schema, getting)
        self.measure(stored.values)
        return stored

    async def list(self, schema: Schema, query: Query, *, needs_instances: bool) -> Listing:
        """Call ``Provider.list``."""
        await self._begin(schema)
        listing = self.provider.list(schema, query, state=self.state, needs_instances=needs_instances)
        page = await self._watched("list", schema, listing)
        if query.undefer or not schema.is_flat or len(page.items) * len(schema.fields) > MANY:
            self.measure([item.values for item in page.items])
        return page

    async def fetch(
        self,
        schema: Schema,
        keys: Iterable[Any],
        *,
        undefer: Undefer = NOTHING,
        hidden: bool = False,
        needs_instances: bool,
    ) -> dict[Any, Stored]:
        """Return a dict from primary key to the instance with this key.

        An instance that a list may not show is left out, unless ``hidden`` is true.

        Args:
            schema: the schema of the model.
            keys: primary keys: text, or values of the key's type. A key of another type is ignored.
            undefer: the deferred fields to load with the instances.
            hidden: whether to include instances that the caller may not see.
            needs_instances: whether the results must contain the instances.

        Raises:
            Unavailable: the store did not answer in time.
        """
        found: dict[Any, Stored] = {}
        async for some in self.batches(schema, keys, undefer=undefer, hidden=hidden, needs_instances=needs_instances):
            found |= some
        return found

    async def shown_keys(self, schema: Schema, keys: Iterable[Any]) -> set[Any]:
        """Return those primary keys whose instances a list may show.

        The arguments are those of ``fetch``. The instances of many keys are never in memory at the same time.

        Raises:
            Unavailable: the store did not answer in time.
        """
        found: set[Any] = set()
        async for some in self.batches(schema, keys, needs_instances=False):
            found.update(some)
        return found

    async def batches(
        self,
        schema: Schema,
        keys: Iterable[Any],
        *,
        where: Sequence[Condition] = (),
        undefer: Undefer = NOTHING,
        hidden: bool = False,
        needs_instances: bool,
    ) -> AsyncIterator[dict[Any, Stored]]:
        """Yield what ``fetch`` returns and meets ``where``, in parts that keep the store and the loop a short time."""
        given, pk = [*keys], str(schema.pk)
        self.measure(given)
        wanted = await self.compute(schema.parse_keys, given)
        most, start = min(BATCH // max(1, len(schema.fields[pk].parts)), self.provider.capabilities.keys), 0
        size = min(most, FIRST_BATCH)
        while start < len(wanted):
            batch = wanted[start : start + size]
            among = [*where, Condition(pk, "in", batch)]
            query = Query(where=among, per_page=len(batch), undefer=undefer, hidden=hidden)
            items = (await self.list(schema, query, needs_instances=needs_instances)).items
            yield {item.values[pk]: item for item in items}
            start += size
            size = max(1, size // 2) if _text_length(items) > LONG else min(most, 2 * size)

    async def create(self, schema: Schema, data: Values) -> Stored:
        """Call ``Provider.create`` within ``writing``.

        Errors contain the public names of fields.
        """
        creating = self.provider.create(schema, data, state=self.state)
        try:
            return await self._watched("create", schema, creating)
        except (Invalid, Conflict) as error:
            self.make_public(error, schema, data)
            raise

    async def update(
        self, address: Address, change: Change, *, exact: bool = False, loaded: Stored | None = None
    ) -> Stored:
        """Call ``Provider.update`` within ``writing``."""
        updating = self.provider.update(address, change, exact=exact, loaded=loaded, state=self.state)
        stored = await self._watched("update", address.schema, updating)
        self.measure(stored.values)
        return stored

    async def delete(
        self, address: Address, *, check: Callable[[Values], None] | None = None, loaded: Stored | None = None
    ) -> Stored:
        """Call ``Provider.delete`` within ``writing``."""
        deleting = self.provider.delete(address, check=check, loaded=loaded, state=self.state)
        return await self._watched("delete", address.schema, deleting)

    async def write_all(self, writes: Sequence[Write]) -> Sequence[Stored]:
        """Call ``Provider.write_all`` within ``writing``.

        Errors contain the public names of fields.
        """
        writing, first = self.provider.write_all(writes, state=self.state), writes[0]
        schema = first.schema if isinstance(first, Create) else first.address.schema
        try:
            return await self._watched("write_all", schema, writing)
        except (Invalid, Conflict) as error:
            self.make_public(error, schema, ())
            raise

    def make_public(self, error: BzzError, schema: Schema, given: Collection[str]) -> None:
        """Give the errors of a provider public names. A request sees those of readable fields and of ``given`` ones."""
        error.errors = public_errors(schema, error.errors, None if self.state.handler is None else given)

    async def dependents(self, address: Address, heard: Callable[[type], bool]) -> Sequence[Dependent]:
        """Call ``Provider.dependents``."""
        await self._begin(address.schema)
        finding = self.provider.dependents(address, heard=heard, state=self.state)
        return await self._watched("dependents", address.schema, finding)

    async def run(self, schema: Schema, instances: Sequence[Any], function: Callable[[], T]) -> T:
        """Call ``Provider.run``."""
        await self._begin(schema)
        running = self.provider.run(schema, instances, function, state=self.state)
        return await self._watched("run", schema, running)

    def writing(self, schema: Schema) -> Writing:
        """Return a context manager whose block is one write.

        If the block raises an exception, nothing is stored.

        Args:
            schema: the schema of the instance that the act writes.
        """
        return Writing(self, schema)

    async def end(self) -> None:
        """End the provider's unit as soon as no call uses it. The next call opens a new unit."""
        unit, self.state.unit = self.state.unit, None
        if unit is not None:
            running = set(calls.get() or ())  # a copy, as threads remove calls that end
            calls.set(self.outer.pop() if self.outer else None)
            if running:  # these calls still use the unit
                _late.add(task := asyncio.ensure_future(self._end_after(unit, running)))
                task.add_done_callback(_late.discard)
            elif (ending := self.provider.end(unit)) is not None:
                await uncancelled(ending)

    async def _end_after(self, unit: Any, running: set[Future[Any]]) -> None:
        await asyncio.wait([asyncio.wrap_future(future) for future in running])
        ending = self.provider.end(unit)
        if ending is not None:
            await ending

    async def _begin(self, schema: Schema) -> None:
        if self.state.unit is None and type(self.provider).begin is not Provider.begin:
            self.state.unit = await self._watched("begin", schema, self.provider.begin(self.state))
            if self.state.unit is not None:
                self.outer.append(calls.get())
                calls.set(set())

    def _watched(self, name: str, schema: Schema, operation: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
        return watched(self.provider, name, schema, operation)


@dataclass(frozen=True, slots=True)
class Writing:
    """The block of one write."""

    unit_of_work: UnitOfWork
    schema: Schema

    async def __aenter__(self) -> None:
        """Open the provider's unit and mark the act as writing."""
        await self.unit_of_work._begin(self.schema)
        self.unit_of_work.state.is_writing = True

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the unit if the block failed. This undoes the writes of the block."""
        try:
            if isinstance(error, (Exception, asyncio.CancelledError)):
                await self.unit_of_work.end()
        finally:
            self.unit_of_work.state.is_writing = False


def _text_length(items: Sequence[Stored]) -> int:
    """Return the number of characters and bytes in the values of instances, without those in lists and objects."""
    return sum(len(value) for item in items for value in item.values.values() if isinstance(value, (str, bytes)))
