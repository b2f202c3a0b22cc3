"""The provider interface; the values that cross it are those of ``bzz.operations``.

A provider is a plain adapter to one ORM. It describes a model as a ``Schema`` and reads and writes its instances. It
sends no signals and knows no Tornado; errors of its driver become those of ``bzz.exceptions`` before they leave it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ParamSpec, TypeVar

from bzz.concurrency.threads import THREADS, ThreadPool
from bzz.exceptions import Unavailable
from bzz.providers.changes import Change, Trail
from bzz.providers.values import ActState, Address, Listing, Query, Stored, Undefer
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store can do. Requests for what it cannot are refused before they reach it.

    What a single field cannot be filtered or sorted by is for its ``DataType`` to say.

    Args:
        count: tell how many instances all pages of a list have; else ``count=true`` is a 400.
        page: begin a page after a number of instances; else ``page=2`` is a 400.
        after: begin a page at a cursor; else ``after`` is a 400, and lists link to pages by their numbers.
        if_match: compare all of an instance and write it in one step; else ``If-Match`` or ``If-None-Match`` on a write
            is a 501.
    """

    count: bool = True
    page: bool = True
    after: bool = True
    if_match: bool = True


class Provider(ABC):
    """An adapter to one ORM. Its coroutines run on the event loop and must not block it.

    A write returns once it is committed, and raises only if it is not, or nobody can know. Whoever calls it is kept
    from being cancelled meanwhile.

    Attributes:
        capabilities: what the store can do.

    Args:
        timeout: seconds an operation may take, waiting for a thread included, before it fails with ``Unavailable``.
        threads: how many operations of a synchronous ORM run at once, as far as its connections allow.

    Raises:
        ValueError: an option makes no sense.
    """

    capabilities = Capabilities()

    def __init__(self, *, timeout: float = 5.0, threads: int = THREADS) -> None:
        if timeout <= 0 or threads < 1:
            raise ValueError(f"timeout is more than 0 seconds and threads at least 1, not {timeout} and {threads}")
        self.timeout, self.threads = timeout, threads

    @cached_property
    def name(self) -> str:
        """What it is called in signals: the name it was asked for by, else its class's without ``Provider``."""
        return type(self).__name__.removesuffix("Provider").lower()

    @cached_property
    def pool(self) -> ThreadPool:
        """The threads of this provider, started when they are first needed."""
        return ThreadPool(self.threads)

    async def read(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``function`` returns, which reads from the store and blocks; it runs in the pool.

        Raises:
            Unavailable: it took longer than ``timeout``; its thread is left to end by itself.
        """
        return await self.in_time(self.pool.run(function, *args, **kwargs))

    async def write(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Do as ``read`` with a function that writes."""
        return await self.in_time(self.pool.run(function, *args, **kwargs), is_write=True)

    async def in_time(self, operation: Awaitable[T], *, is_write: bool = False) -> T:
        """Return what ``operation`` comes to, as a provider that awaits its ORM wants it.

        Raises:
            Unavailable: it took longer than ``timeout``, and was cancelled.
        """
        deadline = asyncio.timeout(self.timeout)
        try:
            async with deadline:
                return await operation
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise too_late(is_write=is_write) from error

    async def close(self) -> None:
        """Let go of what this provider holds: its threads. It can be used again."""
        self.pool.close()

    async def begin(self, state: ActState) -> Any:  # noqa: ARG002  # most have none
        """Return a new unit of work, which the operations of ``state`` find there; None if there is no such thing.

        Raises:
            Unavailable: there is none to be had in time.
        """
        return None

    def end(self, unit: Any) -> Awaitable[None] | None:  # noqa: ARG002  # most have nothing to close
        """Close a unit of work, once for each, and undo what is not committed; may be a coroutine; raises nothing."""
        return None

    @abstractmethod
    def describe(self, model: type) -> Schema:
        """Return what ``model`` looks like, without a query; it may be called again.

        Raises:
            TypeError: ``model`` is not one of this ORM's, or it cannot be served; the message says why.
            LookupError: it refers to what is not defined yet; it is asked again when it is first needed.
        """

    @abstractmethod
    def values(self, schema: Schema, instance: Any) -> Values:
        """Return an instance's values, typed, all but the deferred ones; without a query."""

    def stored(self, schema: Schema, instance: Any, *, represent: bool = False) -> Stored:
        """Return what an instance holds, with its representation if ``represent``."""
        values = self.values(schema, instance)
        return Stored(instance, values, schema.represent(values, instance) if represent else None)

    @abstractmethod
    async def get(self, address: Address, *, state: ActState, represent: bool) -> Stored:
        """Return the instance at ``address``.

        Args:
            address: the instance.
            state: what it is a part of.
            represent: whether it comes with its representation.

        Raises:
            NotFound: there is none, or the model's ``get_instance_queryset`` hides it.
            Unavailable: the store cannot be reached in time.
        """

    @abstractmethod
    async def list(self, schema: Schema, query: Query, *, state: ActState, represent: bool) -> Listing:
        """Return the page that ``query`` asks for, its instances as ``get`` returns them.

        It holds what ``get_list_queryset`` of the model shows, is ``within`` if there is such a thing, meets all
        conditions of ``where`` and, if there are ``alternatives``, those of one of them, is in the ``order``, and
        begins after ``skip`` instances.

        Raises:
            Unavailable: the store cannot be reached in time.
        """

    @abstractmethod
    async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:
        """Insert a new instance with the values of ``data``; never replace one that exists.

        Raises:
            Invalid: the model's own validation, or a required field is missing.
            Conflict: a uniqueness constraint, the primary key's included.
            Unavailable: the store cannot be reached in time; the write may have happened.
        """

    @abstractmethod
    async def update(
        self, address: Address, change: Change, *, exact: bool, loaded: Stored | None, state: ActState
    ) -> Stored:
        """Store what ``change`` makes of the instance at ``address``: the fields that differ, and those alone.

        What is overwritten has to be what ``change`` was applied to. Where somebody else has written in between,
        ``change`` is applied once more, to what is there now; it has no effects but what it returns or raises.

        Args:
            address: the instance. What ``undefer`` says of its deferred fields is what ``change`` gets to see and may
                change of them.
            change: from the stored values to those that shall be; all or only some may be new.
            exact: whether all fields have to be as ``change`` found them, and not only those that are written.
            loaded: what ``get`` has returned in this scope, if it was asked, which may save another look.
            state: what it is a part of.

        Returns:
            The instance with the values it has now, and as ``previous`` those that ``change`` was applied to last.

        Raises:
            NotFound: there is no such instance, or no longer when it is written.
            Invalid, Conflict, Unavailable: as ``create``.
            BzzError: what ``change`` raised.
        """

    @abstractmethod
    async def delete(
        self, address: Address, *, check: Callable[[Values], None] | None, loaded: Stored | None, state: ActState
    ) -> Stored:
        """Delete the instance at ``address`` and return it as it was in the end.

        Args:
            address: the instance.
            check: raises if the stored values are not such that the instance may be deleted; it is deleted only as
                they were. None if it may be in any case.
            loaded: as in ``update``.
            state: what it is a part of.

        Raises:
            NotFound, Conflict, Unavailable: as ``update``.
            BzzError: what ``check`` raised.
        """

    async def represent(
        self,
        schema: Schema,
        instances: Sequence[Any],
        *,
        undefer: Undefer,
        state: ActState,  # noqa: ARG002  # most providers have nothing open
    ) -> Sequence[Stored]:
        """Return what instances, stored or embedded ones, hold, with their representations.

        Raises:
            NotImplementedError: they have deferred fields, which a provider that describes such has to load.
        """
        if undefer:
            raise NotImplementedError(f"{type(self).__name__}.represent() has to load {', '.join(undefer)}")
        return await self.read(lambda: [self.stored(schema, instance, represent=True) for instance in instances])

    def part(self, instance: Any, trail: Trail) -> Any:
        """Return the embedded document inside ``instance`` that ``trail`` leads to; runs no query.

        Args:
            instance: as a provider's method returned it, its lists in the order in which its values have them.
            trail: pairs of a field's name and the index in its list, None for a single one.
        """
        for name, index in trail:
            instance = getattr(instance, name)
            instance = instance if index is None else instance[index]
        return instance


def too_late(*, is_write: bool) -> Unavailable:
    """Return the error for what the store has not done in time, which for a write may mean nothing."""
    after = " The write may have happened." if is_write else ""
    return Unavailable(f"The store does not answer in time.{after}")
