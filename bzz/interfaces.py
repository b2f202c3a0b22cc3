"""The provider interface, and the values that cross it.

A provider is a plain adapter to one ORM. It describes a model as a ``Resource`` and reads and writes its instances. It
sends no signals and knows no Tornado; errors of its driver become those of ``bzz.exceptions`` before they leave it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ParamSpec, TypeVar

from bzz.changes import Change, Trail
from bzz.conditions import Condition, Order, following
from bzz.pool import THREADS, Pool
from bzz.resources import Resource, Values
from bzz.stopwatch import measured

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Address:
    """Which instance of a model is meant.

    Args:
        resource: the model.
        id: what identifies the instance, as a URL has it, percent-decoded.
        field: name of the field whose value that is: the resource's ``id_field``, or its primary key.
    """

    resource: Resource
    id: str
    field: str

    @property
    def key(self) -> Any:
        """The field's typed value; raises NotFound if ``id`` cannot be one."""
        return self.resource.key_of(self.id, self.field)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where in a sorted list a page begins: right after one instance, be it still there or not.

    Args:
        order: what the list is sorted by, ties broken, as pairs of field name and whether it descends.
        values: of the instance, for each field of ``order``.
    """

    order: tuple[tuple[str, bool], ...]
    values: tuple[Any, ...]


@dataclass(slots=True)
class Query:
    """Which instances a list holds. Receivers of ``pre_get_list`` may change it.

    Args:
        where: conditions, all of which hold.
        sort: pairs of field name and whether it descends; null comes first ascending and last descending. The primary
            key breaks ties.
        page: from 1.
        per_page: how many instances a page holds.
        after: where the page begins instead, in a list of the same order.
        count: whether the instances of all pages are counted.
        fields: names, as requests have them, of what a reply shows; None for everything.
        expand: dotted names of the references in whose place it shows the instance.
    """

    where: list[Condition] = field(default_factory=list)
    sort: list[tuple[str, bool]] = field(default_factory=list)
    page: int = 1
    per_page: int = 20
    after: Cursor | None = None
    count: bool = False
    fields: list[str] | None = None
    expand: list[str] = field(default_factory=list)

    def order(self, resource: Resource) -> Order:
        """Return ``sort`` with the primary key to break ties; nothing after the key, which leaves none."""
        names = [name for name, _ in self.sort]
        if resource.pk in names:
            return self.sort[: names.index(resource.pk) + 1]
        return [*self.sort, (str(resource.pk), False)]

    @property
    def alternatives(self) -> list[list[Condition]]:
        """Lists of conditions of which an instance meets one, if the page begins at a cursor; else none."""
        return [] if self.after is None else following(self.after.order, self.after.values)

    @property
    def skip(self) -> int:
        """How many instances come before the page."""
        return 0 if self.after else (self.page - 1) * self.per_page


@dataclass(frozen=True, slots=True)
class Stored:
    """An instance, and what it holds.

    Args:
        instance: of the model's class.
        values: its typed values, of all fields that the resource has; none of what a receiver has put into a list.
        body: its representation, plain JSON values; None where none was asked for, as after a write.
        previous: of an update, the values that it found.
    """

    instance: Any
    values: Values
    body: Any = None
    previous: Values | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list.

    Args:
        items: the instances.
        more: whether another page follows.
        total: how many instances all pages have; None where that was not asked for.
    """

    items: Sequence[Stored]
    more: bool
    total: int | None = None


BeforeCreate = Callable[[], Awaitable[None]]
Before = Callable[[Stored], Awaitable[None]]


@dataclass(slots=True)
class Scope:
    """What all operations of one request, or of one act outside of any, have in common.

    Args:
        handler: the request's, for the model's own hooks; a provider does not read it. None outside of a request.
        unit: what a write has opened, a session for instance. Receivers get it, and an operation that finds it is a
            part of it. None where nothing is open.
    """

    handler: object = None
    unit: Any = None

    @contextmanager
    def opened(self, unit: Any) -> Iterator[None]:
        """Have a unit of work, from before ``before`` is awaited until it is committed or rolled back."""
        self.unit = unit
        try:
            yield
        finally:
            self.unit = None


class Provider(ABC):
    """An adapter to one ORM. Every method but ``describe`` runs on the event loop and must not block it.

    The ``before`` of a write is awaited on the event loop once the instance is loaded and before anything is written;
    what it raises ends the write. With None the provider may load and write in one go. A write returns once it is
    committed, and raises only if it is not, or nobody can know; it is not cut off if the task it was called in is
    cancelled. ``read`` and ``write`` see to that, and to measuring, for an ORM that blocks. A provider that awaits its
    ORM does so within ``bzz.stopwatch.measuring()``, and a commit in ``bzz.cancellation.uncancelled()``.

    Args:
        timeout: seconds an operation may take, waiting for a thread included, before it fails with ``Unavailable``.
        threads: how many operations of a synchronous ORM run at once, as far as its connections allow.

    Raises:
        ValueError: an option makes no sense.
    """

    def __init__(self, *, timeout: float = 5.0, threads: int = THREADS) -> None:
        if timeout <= 0 or threads < 1:
            raise ValueError(f"timeout is more than 0 seconds and threads at least 1, not {timeout} and {threads}")
        self.timeout, self.threads = timeout, threads

    @cached_property
    def name(self) -> str:
        """What it is called in signals: the name it was asked for by, else its class's without ``Provider``."""
        return type(self).__name__.removesuffix("Provider").lower()

    @cached_property
    def pool(self) -> Pool:
        """The threads of this provider, started when they are first needed."""
        return Pool(self.threads)

    async def read(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``function`` returns, which reads from the store and blocks; it runs in the pool."""
        return await self.pool.run(measured, function, *args, **kwargs)

    async def write(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Do as ``read`` with a function that writes: once it has begun, its outcome is waited for in any case."""
        return await self.pool.complete(measured, function, *args, **kwargs)

    async def close(self) -> None:
        """Let go of what this provider holds: its threads. It can be used again."""
        self.pool.close()

    @abstractmethod
    def describe(self, model: type) -> Resource:
        """Return what ``model`` looks like, without a query; it may be called again.

        Raises:
            TypeError: ``model`` is not one of this ORM's, or it cannot be served; the message says why.
        """

    @abstractmethod
    async def get(self, address: Address, *, scope: Scope, represent: bool) -> Stored:
        """Return the instance at ``address``, with its representation if ``represent``.

        Raises:
            NotFound: there is none, or the model's ``get_instance_queryset`` hides it.
            Unavailable: the store cannot be reached in time.
        """

    @abstractmethod
    async def list(self, resource: Resource, query: Query, *, scope: Scope, represent: bool) -> Listing:
        """Return the page that ``query`` asks for, with representations if ``represent``.

        It holds what ``get_list_queryset`` of the model shows, meets all conditions of ``where`` and, if there are
        ``alternatives``, those of one of them, is in the ``order``, and begins after ``skip`` instances.

        Raises:
            Unavailable: the store cannot be reached in time.
        """

    @abstractmethod
    async def create(self, resource: Resource, data: Values, *, before: BeforeCreate | None, scope: Scope) -> Stored:
        """Insert a new instance with the values ``data`` holds after ``before``; never replace one that exists.

        Raises:
            Invalid: the model's own validation, or a required field is missing.
            Conflict: a uniqueness constraint, the primary key's included.
            Unavailable: the store cannot be reached in time; the write may have happened.
        """

    @abstractmethod
    async def update(
        self, address: Address, change: Change, *, exact: bool, before: Before | None, scope: Scope
    ) -> Stored:
        """Store what ``change`` makes of the instance at ``address``: the fields that differ, and those alone.

        What is overwritten has to be what ``change`` was applied to. Where somebody else has written in between,
        ``change`` is applied once more, to what is there now; it has no effects but what it returns or raises.

        Args:
            address: the instance.
            change: from the stored values to those that shall be; all or only some may be new.
            exact: whether all fields have to be as ``change`` found them, and not only those that are written.
            before: gets the instance as it was loaded, once, and before ``change`` is applied.
            scope: what it is a part of.

        Returns:
            The instance with the values it has now, and as ``previous`` those that ``change`` was applied to last.

        Raises:
            NotFound: there is no such instance, or no longer when it is written.
            Invalid, Conflict, Unavailable: as ``create``.
            BzzError: what ``change`` raised.
        """

    @abstractmethod
    async def delete(
        self, address: Address, *, check: Callable[[Values], None] | None, before: Before | None, scope: Scope
    ) -> Stored:
        """Delete the instance at ``address`` and return it as it was loaded.

        Args:
            address: the instance.
            check: raises if the stored values are not such that the instance may be deleted; it is deleted only as
                they were. None if it may be in any case.
            before: gets the instance as it was loaded.
            scope: what it is a part of.

        Raises:
            NotFound, Conflict, Unavailable: as ``update``.
            BzzError: what ``check`` raised.
        """

    @abstractmethod
    async def represent(self, resource: Resource, instances: Sequence[Any], *, scope: Scope) -> Sequence[Stored]:
        """Return what instances, stored or embedded ones, hold, with their representations."""

    @abstractmethod
    def part(self, instance: Any, trail: Trail) -> Any:
        """Return the embedded document inside ``instance`` that ``trail`` leads to; runs no query.

        Args:
            instance: as a provider's method returned it, its lists in the order in which its values have them.
            trail: pairs of a field's name and the index in its list, None for a single one.
        """
