"""The provider interface, and the values that cross it.

A provider is a plain adapter to one ORM. It describes a model as a ``Resource`` and reads and writes its instances. It
sends no signals and knows no Tornado; errors of its driver become those of ``bzz.exceptions`` before they leave it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bzz.datatypes import Diff
from bzz.pool import THREADS, Pool
from bzz.resources import Patch, Resource, Values


@dataclass(frozen=True, slots=True)
class Path:
    """What a request points at: a whole resource or one instance of it.

    Args:
        resource: the model.
        name: the resource's name in URLs.
        id: the instance's identifier as the URL has it, percent-decoded; None for the whole resource.
    """

    resource: Resource
    name: str
    id: str | None = None

    @property
    def arguments(self) -> list[str]:
        """The path as the signals give it: ``['user']`` or ``['user/ID']``."""
        return [self.name if self.id is None else f"{self.name}/{self.id}"]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition a list's instances meet.

    Args:
        field: the field's name, as the model has it.
        operator: ``eq``.
        value: of the field's type; None for no value.

    Raises:
        ValueError: there is no such operator.
    """

    field: str
    operator: str
    value: Any

    def __post_init__(self) -> None:  # noqa: D105  # what it checks is said above
        if self.operator != "eq":
            raise ValueError(f"{self.operator!r} is no operator; there is eq")


@dataclass(slots=True)
class Query:
    """Which instances a list holds. Receivers of ``pre_get_list`` may change it.

    Args:
        where: conditions, all of which hold.
        sort: pairs of field name and whether it descends; the primary key breaks ties.
        page: from 1.
        per_page: how many instances a page holds.
    """

    where: list[Condition] = field(default_factory=list)
    sort: list[tuple[str, bool]] = field(default_factory=list)
    page: int = 1
    per_page: int = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an operation on one instance leaves.

    Args:
        instance: of the model's class.
        id: its identifier in URLs, not encoded; None where the identifying field has no value.
        body: its representation, plain JSON values; None where none was asked for.
        updated_fields: what an update stored.
    """

    instance: Any
    id: str | None
    body: Any = None
    updated_fields: Diff = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list.

    Args:
        items: the instances.
        bodies: their representations, plain JSON values; None where none were asked for.
        more: whether another page follows.
    """

    items: list[Any]
    bodies: Sequence[Any] | None
    more: bool


BeforeCreate = Callable[[], Awaitable[None]]
BeforeUpdate = Callable[[Any, Values], Awaitable[None]]
BeforeDelete = Callable[[Any], Awaitable[None]]


class Provider(ABC):
    """An adapter to one ORM. Every method but ``describe`` runs on the event loop and must not block it.

    The ``before`` of a write is awaited on the event loop once the instance is loaded and before anything is written;
    what it raises ends the write. With None the provider may load and write in one go. ``handler`` is the request's,
    for the model's own hooks; a provider does not read it.

    Args:
        timeout: seconds an operation may take, waiting for a thread included, before it fails with ``Unavailable``.
        threads: how many operations of a synchronous ORM run at once, as far as its connections allow.

    Raises:
        ValueError: an option makes no sense.
    """

    def __init__(self, *, timeout: float = 5.0, threads: int = THREADS) -> None:
        if timeout <= 0 or threads < 1:
            raise ValueError(f"timeout is more than 0 seconds and threads at least 1, not {timeout} and {threads}")
        self.timeout = timeout
        self.threads = threads

    @cached_property
    def pool(self) -> Pool:
        """The threads of this provider, started when they are first needed."""
        return Pool(self.threads)

    @abstractmethod
    def describe(self, model: type) -> Resource:
        """Return what ``model`` looks like. Called once when routes are made.

        Raises:
            TypeError: ``model`` is not one of this ORM's, or it cannot be served; the message says why.
        """

    @abstractmethod
    async def get(self, path: Path, *, handler: object, represent: bool) -> Outcome:
        """Return the instance at ``path``, with its representation if ``represent``.

        Raises:
            NotFound: there is none, or the model's ``get_instance_queryset`` hides it.
            Unavailable: the store cannot be reached in time.
        """

    @abstractmethod
    async def list(self, path: Path, query: Query, *, handler: object, represent: bool) -> Listing:
        """Return the page that ``query`` asks for, with representations if ``represent``.

        Raises:
            Unavailable: the store cannot be reached in time.
        """

    @abstractmethod
    async def create(self, path: Path, data: Values, *, before: BeforeCreate | None, handler: object) -> Outcome:
        """Insert a new instance with the values ``data`` holds after ``before``; never replace one that exists.

        Raises:
            Invalid: the model's own validation, or a required field is missing.
            Conflict: a uniqueness constraint, the primary key's included.
            Unavailable: the store cannot be reached in time; the write may have happened.
        """

    @abstractmethod
    async def update(self, path: Path, patch: Patch, *, before: BeforeUpdate | None, handler: object) -> Outcome:
        """Store, of the values ``patch`` has after ``before``, those that differ from the stored ones.

        ``before`` gets the instance and its stored values; the instance is still as it was loaded.

        Raises:
            NotFound: there is no such instance, or no longer when it is written.
            Invalid, Conflict, Unavailable: as ``create``.
        """

    @abstractmethod
    async def delete(self, path: Path, *, before: BeforeDelete | None, handler: object) -> Any:
        """Delete the instance at ``path`` and return it as it was loaded.

        Raises:
            NotFound, Conflict, Unavailable: as ``update``.
        """

    @abstractmethod
    async def represent(self, resource: Resource, instances: Sequence[Any]) -> Sequence[Any]:
        """Return the representation of each instance, plain JSON values: ``to_dict()`` where the model has it."""
