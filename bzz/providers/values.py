"""What is asked of a provider and what it returns: the values that cross the provider interface."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from bzz.providers.conditions import Condition, Order, following
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

Undefer = Mapping[str, Collection[Any] | None]  # deferred fields; the keys to look for in each, None for all it has


@dataclass(frozen=True, slots=True)
class Address:
    """Which instance of a model is meant.

    Args:
        schema: of the model.
        id: the instance's identifier as a URL has it, percent-decoded; hooks get it.
        field: name of the field that holds the identifier: the schema's ``id_field``, or its primary key.
        key: the identifier as a typed value of that field.
        undefer: the deferred fields that the act reads or changes.
    """

    schema: Schema
    id: str
    field: str
    key: Any
    undefer: Undefer = dataclass_field(default_factory=dict)

    @classmethod
    def parse(cls, schema: Schema, identifier: str) -> Address:
        """Return the address of an identifier from a URL, percent-decoded; raise NotFound if no instance can have it."""
        return cls(schema, identifier, str(schema.id_field), schema.key_of(identifier))


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where in a sorted list a page begins: right after one instance, be it still there or not.

    Args:
        order: what the list is sorted by, ties broken, as pairs of field name and whether it descends.
        values: of the instance, for each field of ``order``.
    """

    order: tuple[tuple[str, bool], ...]
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """Being in a relation of one instance that is kept elsewhere than in that instance.

    Args:
        schema: the model that has the relation.
        key: the instance's primary key.
        field: name of the relation's field, a deferred one.
    """

    schema: Schema
    key: Any
    field: str


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
        within: what all instances of the list are members of; None for no such thing.
        undefer: the deferred fields that their values shall have, too.
    """

    where: list[Condition] = dataclass_field(default_factory=list)
    sort: list[tuple[str, bool]] = dataclass_field(default_factory=list)
    page: int = 1
    per_page: int = 20
    after: Cursor | None = None
    count: bool = False
    fields: list[str] | None = None
    expand: list[str] = dataclass_field(default_factory=list)
    within: Membership | None = None
    undefer: Undefer = dataclass_field(default_factory=dict)

    def order(self, schema: Schema) -> Order:
        """Return ``sort`` with the primary key to break ties; nothing after the key, which leaves none."""
        names = [name for name, _ in self.sort]
        if schema.pk in names:
            return self.sort[: names.index(schema.pk) + 1]
        return [*self.sort, (str(schema.pk), False)]

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
        values: its typed values, of all fields that the resource has but the deferred ones that nobody asked for; none
            of what a receiver has put into a list.
        body: its representation, plain JSON values; None where none was asked for, as after a write.
        previous: of an update, the values that it found.
        origin: whatever the provider wants to find again when it is asked to write what it has loaded.
    """

    instance: Any
    values: Values
    body: Any = None
    previous: Values | None = None
    origin: Any = None


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


@dataclass(slots=True)
class ActState:
    """What all operations of one request, or of one act outside of any, have in common.

    Args:
        handler: the request's, for the model's own hooks; None outside of a request.
        unit: the unit of work that ``Provider.begin`` has opened, a session for instance; None where there is none.
        is_writing: whether a write is under way, which began with the look at what is to be written. What is read
            meanwhile has to leave open what receivers have put into the unit; the write commits it.
    """

    handler: Any = None
    unit: Any = None
    is_writing: bool = False
