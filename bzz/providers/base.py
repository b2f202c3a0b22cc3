"""The provider interface.

A provider adapts one ORM to bzz. It describes a model as a ``Schema``, and it reads and writes the model's instances.
It sends no signals and does not import Tornado. It translates the errors of its driver into those of
``bzz.exceptions``. The values that a provider takes and returns are in ``bzz.providers.values``.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar

from bzz.concurrency.offload import in_pool
from bzz.exceptions import Unavailable
from bzz.providers.capabilities import Capabilities
from bzz.providers.changes import Change, Trail
from bzz.providers.values import ActState, Address, Listing, Query, Stored
from bzz.providers.writes import Dependent, Write
from bzz.schema.computed import computed_values
from bzz.schema.custom_types import Types, joined
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

T = TypeVar("T")


class Provider(ABC):
    """The adapter to one ORM.

    Its coroutines run on the event loop and must not block it. A write returns after its commit. It raises only if
    nothing was committed, or if it is unknown whether anything was committed. bzz never cancels a write that has begun.

    Attributes:
        capabilities: what the store can do.
        types: the types that hives give to classes of the ORM's types, by these classes. See ``add_types``.

    Args:
        timeout: seconds after which a call fails with ``Unavailable``.

    Raises:
        ValueError: ``timeout`` is not positive.
    """

    capabilities = Capabilities()
    types: Types = MappingProxyType({})

    def __init__(self, *, timeout: float = 5.0) -> None:
        if timeout <= 0:
            raise ValueError(f"timeout must be more than 0 seconds, not {timeout}")
        self.timeout = timeout

    @cached_property
    def name(self) -> str:
        """The registered name of the provider.

        Without one, it is the class name in lower case without ``Provider``.
        """
        return type(self).__name__.removesuffix("Provider").lower()

    def add_types(self, types: Types) -> None:
        """Add types for classes of the ORM's types that bzz does not know.

        ``describe`` must use them, for all models.

        Raises:
            TypeError: a value of ``types`` is no ``DataType``.
            ValueError: the provider already has another type for a class.
        """
        self.types = joined(self.types, types)

    async def in_time(self, operation: Awaitable[T], *, is_write: bool = False) -> T:
        """Await ``operation`` for at most ``timeout`` seconds and return its result.

        Raises:
            Unavailable: ``operation`` took longer. It was cancelled.
        """
        deadline = asyncio.timeout(self.timeout)
        try:
            async with deadline:
                return await operation
        except TimeoutError as error:
            if not deadline.expired():
                raise
            after = " The write may have happened." if is_write else ""
            raise Unavailable(f"The store does not answer in time.{after}") from error

    async def close(self) -> None:  # noqa: B027  # most providers have nothing to release
        """Release the provider's resources. The next call acquires them again."""

    async def begin(self, state: ActState) -> Any:  # noqa: ARG002  # most stores have none
        """Open a unit of work and return it.

        Return None if the store has no units of work. The other calls of the act find the unit of work in
        ``state.unit``.

        Raises:
            Unavailable: the provider could not open a unit of work in time.
        """
        return None

    def end(self, unit: Any) -> Awaitable[None] | None:  # noqa: ARG002  # most providers have nothing to close
        """Close a unit of work and roll back all uncommitted changes. The method may be a coroutine.

        It must not raise. bzz calls it once for each unit of work.
        """
        return None

    @abstractmethod
    def describe(self, model: type) -> Schema:
        """Return the schema of ``model``.

        It must not query the store. bzz may call it again.

        Raises:
            TypeError: ``model`` is no class of this ORM, or cannot be served. The message says why.
            LookupError: ``model`` refers to a class that is not defined yet. bzz calls again when it needs the schema.
        """

    @abstractmethod
    def values(self, schema: Schema, instance: Any) -> Values:
        """Return the typed values of an instance, without its deferred fields. It must not query the store."""

    def stored(self, schema: Schema, instance: Any, undefer: Iterable[str] = ()) -> Stored:
        """Return an instance as ``Stored``, with those computed fields that ``undefer`` names."""
        return Stored(instance, {**self.values(schema, instance), **computed_values(schema, instance, undefer)})

    @abstractmethod
    async def get(self, address: Address, *, state: ActState, needs_instances: bool) -> Stored:
        """Return the instance at ``address``.

        Args:
            address: the address of the instance.
            state: the state of the act that calls.
            needs_instances: whether the result must contain the instance. If not, the provider may return its values
                alone. It must then give the ``model``.

        Raises:
            NotFound: no such instance exists, or the request may not see it. The model's ``get_instance_queryset``, the
                ``scopes`` of the schema, and its ``variants`` decide what a request may see.
            BadRequest, Unavailable: see ``list``.
        """

    @abstractmethod
    async def list(self, schema: Schema, query: Query, *, state: ActState, needs_instances: bool) -> Listing:
        """Return the page that ``query`` asks for.

        ``needs_instances`` is the same as in ``get``.

        The page contains instances that the model's ``get_list_queryset`` and the ``scopes`` of the schema show. It
        contains no instance that the schema's ``variants`` hide. The instances meet all conditions of ``where``. If
        ``within`` is set, they are members of that relation. If ``alternatives`` is not empty, they also meet all
        conditions in at least one of its lists. The page is in the query's ``order`` and begins after ``skip``
        instances, or at ``token``. If another page follows, the listing's ``position`` or ``token`` says where.

        Raises:
            BadRequest: the store cannot answer this query: the deferred fields contain more members than one read may
                load, or no listing of this list had the query's ``token``, which clients can forge. A query with one
                condition, ``in`` on the primary key, must not be refused.
            Unavailable: the store did not answer in time.
        """

    def stored_value(self, schema: Schema, name: str, raw: Any) -> Any:  # noqa: ARG002  # most providers set no position
        """Return the value of ``AsStored`` for ``raw``, which a cursor has in place of the field's typed value.

        ``raw`` is what ``Listing.position`` had, unless somebody forged the cursor. It must not query the store.

        Args:
            schema: the schema of the instances in the list.
            name: the name of the field in the model. A list may be sorted by it.
            raw: a JSON value.

        Raises:
            ValueError: the provider writes no such value into a cursor.
        """
        raise ValueError("is no cursor of this list")

    @abstractmethod
    async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:
        """Insert a new instance with the values of ``data``.

        It must never replace an existing instance.

        Raises:
            Invalid: the model's own validation failed, or a required field is missing.
            Conflict: another instance has the same unique value or primary key.
            Unavailable: the store did not answer in time. The write may have happened.
        """

    @abstractmethod
    async def update(
        self, address: Address, change: Change, *, exact: bool, loaded: Stored | None, state: ActState
    ) -> Stored:
        """Apply ``change`` to the instance at ``address`` and store it.

        Store only the fields whose values change. The stored values must still be those to which ``change`` was
        applied. If another request wrote in between, apply ``change`` again to the new values. This is safe, as
        ``change`` has no side effects.

        Args:
            address: the address of the instance. ``change`` sees and may change the deferred fields that ``undefer``
                names.
            change: a function from all stored values to all new ones.
            exact: whether all fields must still be as ``change`` found them. If not, this applies only to the
                written fields.
            loaded: the result of an earlier ``get`` in this act, or None. With this result, the provider may need one
                query less.
            state: the state of the act that calls.

        Returns:
            The instance with its new values. ``previous`` contains the values to which ``change`` was last applied.

        Raises:
            NotFound: no such instance exists, or it was deleted before the write.
            Invalid, Conflict, Unavailable: see ``create``.
            BzzError: raised by ``change``.
        """

    @abstractmethod
    async def delete(
        self, address: Address, *, check: Callable[[Values], None] | None, loaded: Stored | None, state: ActState
    ) -> Stored:
        """Delete the instance at ``address`` and return its last state.

        Args:
            address: the address of the instance.
            check: a function that takes the stored values, and raises if the instance must not be deleted. It sees the
                deferred fields that the ``undefer`` of ``address`` names. Between the check and the deletion the
                instance must not change. If ``check`` is None, delete without a check.
            loaded: the same as in ``update``.
            state: the state of the act that calls.

        Raises:
            NotFound, Conflict, Unavailable: see ``update``.
            BzzError: raised by ``check``.
        """

    async def write_all(self, writes: Sequence[Write], *, state: ActState) -> Sequence[Stored]:
        """Perform several writes in one transaction and return their results in order.

        Either all of them are stored, or none is. A provider must implement this method if a field of its schemas has a
        ``holder``.

        Raises:
            BzzError: raised by ``create``, ``update`` or ``delete``.
        """
        raise NotImplementedError(f"{type(self).__name__}.write_all() must perform {len(writes)} writes")

    async def dependents(
        self,
        address: Address,  # noqa: ARG002  # this method finds none
        *,
        heard: Callable[[type], bool],  # noqa: ARG002
        state: ActState,  # noqa: ARG002
    ) -> Sequence[Dependent]:
        """Return the instances that the ORM changes or deletes when the instance at ``address`` is deleted.

        Instances that only the database changes are left out. Instances of a class to which no receiver listens may be
        left out, too: ``heard(model)`` is false for their class.

        Raises:
            NotFound, Unavailable: see ``get``.
        """
        return ()

    async def run(self, schema: Schema, instances: Sequence[Any], function: Callable[[], T], *, state: ActState) -> T:  # noqa: ARG002
        """Return ``function()``, which runs code of the model. By default, it runs in a thread.

        The code may query the store and may block, so it must not run on the event loop. It needs the caller's context.

        Args:
            schema: the schema of the instances.
            instances: the instances, which may be embedded documents. Their changes must not be stored.
            function: a function that makes representations or computes values of the instances.
            state: the state of the act that calls.

        Raises:
            Unavailable: the function took too long.
            Exception: raised by ``function``.
        """
        return await self.in_time(in_pool(function))

    def part(self, instance: Any, trail: Trail) -> Any:
        """Return the embedded document inside ``instance`` at ``trail``.

        It must not query the store.

        Args:
            instance: an instance that a method of this provider returned. Its lists have the same order as
                the lists in its values.
            trail: pairs of a field's name and the index in its list. The index is None for a single document.
        """
        for name, index in trail:
            instance = getattr(instance, name)
            instance = instance if index is None else instance[index]
        return instance
