"""The provider interface; the values that cross it are in ``bzz.providers.values``.

A provider adapts one ORM to bzz. It describes a model as a ``Schema`` and reads and writes its instances. It sends no
signals and imports no Tornado. It translates the errors of its driver into those of ``bzz.exceptions``.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from bzz.exceptions import Unavailable
from bzz.providers.changes import Change, Trail
from bzz.providers.values import ActState, Address, Listing, Query, Stored, Undefer
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store can do. bzz refuses requests for anything else before they reach the provider.

    The ``DataType`` of a field says what a list can be filtered and sorted by.

    Args:
        count: count the instances on all pages of a list; without it ``count=true`` is a 400.
        page: begin a page after a number of instances; without it ``page=2`` is a 400.
        after: begin a page at a cursor; without it ``after`` is a 400, and lists link to pages by number.
        if_match: compare a whole instance and write it in one step; without it ``If-Match`` and ``If-None-Match`` on a
            write are a 501.
    """

    count: bool = True
    page: bool = True
    after: bool = True
    if_match: bool = True


class Provider(ABC):
    """The adapter to one ORM. Its coroutines run on the event loop and must not block it.

    A write returns after its commit. It raises only if nothing was committed, or if nobody can know. bzz never cancels
    a write that has begun.

    Attributes:
        capabilities: what the store can do.

    Args:
        timeout: seconds after which a call fails with ``Unavailable``.

    Raises:
        ValueError: ``timeout`` is not positive.
    """

    capabilities = Capabilities()

    def __init__(self, *, timeout: float = 5.0) -> None:
        if timeout <= 0:
            raise ValueError(f"timeout must be more than 0 seconds, not {timeout}")
        self.timeout = timeout

    @cached_property
    def name(self) -> str:
        """The provider's registered name, else its class name in lower case without ``Provider``."""
        return type(self).__name__.removesuffix("Provider").lower()

    async def in_time(self, operation: Awaitable[T], *, is_write: bool = False) -> T:
        """Await ``operation`` for at most ``timeout`` seconds and return its result.

        Raises:
            Unavailable: the time is over; ``operation`` was cancelled.
        """
        deadline = asyncio.timeout(self.timeout)
        try:
            async with deadline:
                return await operation
        except TimeoutError as error:
            if not deadline.expired():
                raise
            raise too_late(is_write=is_write) from error

    async def close(self) -> None:  # noqa: B027  # most have nothing to release
        """Release the provider's resources. The next call acquires them again."""

    async def begin(self, state: ActState) -> Any:  # noqa: ARG002  # most have none
        """Open a unit of work and return it; None if the store has none.

        The calls of the act find it in ``state.unit``.

        Raises:
            Unavailable: no unit of work could be opened in time.
        """
        return None

    def end(self, unit: Any) -> Awaitable[None] | None:  # noqa: ARG002  # most have nothing to close
        """Close a unit of work and roll back anything not committed; may be a coroutine.

        bzz calls it once for each unit. It must not raise.
        """
        return None

    @abstractmethod
    def describe(self, model: type) -> Schema:
        """Return the schema of ``model``. It must not query, and may be called again.

        Raises:
            TypeError: ``model`` is no class of this ORM, or cannot be served; the message says why.
            LookupError: ``model`` refers to a class that is not defined yet; bzz asks again at first use.
        """

    @abstractmethod
    def values(self, schema: Schema, instance: Any) -> Values:
        """Return an instance's typed values without its deferred fields. It must not query."""

    def stored(self, schema: Schema, instance: Any, *, represent: bool = False) -> Stored:
        """Return ``Stored`` of an instance, with its representation if ``represent``."""
        values = self.values(schema, instance)
        return Stored(instance, values, schema.represent(values, instance) if represent else None)

    @abstractmethod
    async def get(self, address: Address, *, state: ActState, represent: bool) -> Stored:
        """Return the instance at ``address``.

        Args:
            address: which instance.
            state: of the act that calls.
            represent: whether to build the representation, too.

        Raises:
            NotFound: no such instance exists, or the model's ``get_instance_queryset`` hides it.
            Unavailable: the store did not answer in time.
        """

    @abstractmethod
    async def list(self, schema: Schema, query: Query, *, state: ActState, represent: bool) -> Listing:
        """Return the page that ``query`` asks for.

        The page holds the instances that the model's ``get_list_queryset`` shows, that are ``within`` if that is set,
        that meet all conditions of ``where`` and, unless ``alternatives`` is empty, all conditions of one of its
        lists. It is in the query's ``order`` and begins after ``skip`` instances.

        Raises:
            Unavailable: the store did not answer in time.
        """

    @abstractmethod
    async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:
        """Insert a new instance with the values of ``data``. It must never replace an existing one.

        Raises:
            Invalid: the model's own validation failed, or a required field is missing.
            Conflict: a unique value or the primary key is taken.
            Unavailable: the store did not answer in time; the write may have happened.
        """

    @abstractmethod
    async def update(
        self, address: Address, change: Change, *, exact: bool, loaded: Stored | None, state: ActState
    ) -> Stored:
        """Apply ``change`` to the instance at ``address`` and store the fields that differ, and those alone.

        The stored values must still be those that ``change`` was applied to. If another request wrote in between,
        apply ``change`` again to the new values; it has no side effects.

        Args:
            address: which instance. ``change`` sees and may change the deferred fields that ``undefer`` names.
            change: a function from all stored values to all new ones.
            exact: whether all fields must be as ``change`` found them, rather than the written ones alone.
            loaded: the result of ``get`` earlier in this act, which may save a second look; None if there is none.
            state: of the act that calls.

        Returns:
            The instance with its new values, and as ``previous`` the values that ``change`` was last applied to.

        Raises:
            NotFound: no such instance exists, or it was deleted before the write.
            Invalid, Conflict, Unavailable: as ``create``.
            BzzError: raised by ``change``.
        """

    @abstractmethod
    async def delete(
        self, address: Address, *, check: Callable[[Values], None] | None, loaded: Stored | None, state: ActState
    ) -> Stored:
        """Delete the instance at ``address`` and return it as it was last.

        Args:
            address: which instance.
            check: raises if the stored values forbid the delete; the instance must not change between the check and
                the delete. None deletes without a check.
            loaded: as in ``update``.
            state: of the act that calls.

        Raises:
            NotFound, Conflict, Unavailable: as ``update``.
            BzzError: raised by ``check``.
        """

    @abstractmethod
    async def represent(
        self, schema: Schema, instances: Sequence[Any], *, undefer: Undefer, state: ActState
    ) -> Sequence[Stored]:
        """Return ``Stored`` of instances, stored or embedded ones, with their representations.

        A model's ``to_dict()`` may query and so must not run on the event loop.

        Args:
            schema: of the instances.
            instances: as receivers left them.
            undefer: the deferred fields to load with them.
            state: of the act that calls.

        Raises:
            Unavailable: the store did not answer in time.
        """

    def part(self, instance: Any, trail: Trail) -> Any:
        """Return the embedded document inside ``instance`` at ``trail``. It must not query.

        Args:
            instance: as a method of this provider returned it, its lists in the order of its values.
            trail: pairs of a field's name and the index in its list, None for a single document.
        """
        for name, index in trail:
            instance = getattr(instance, name)
            instance = instance if index is None else instance[index]
        return instance


def too_late(*, is_write: bool) -> Unavailable:
    """Return the error of a call that took too long; after a write it says that the write may have happened."""
    after = " The write may have happened." if is_write else ""
    return Unavailable(f"The store does not answer in time.{after}")
