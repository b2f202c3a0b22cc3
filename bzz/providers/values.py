"""The values that cross the provider interface: addresses, queries, stored instances, the state of an act."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from bzz.providers.conditions import Condition, Order, following
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

Undefer = Mapping[str, Collection[Any] | None]  # by deferred field, the keys to look for in it; None for all


@dataclass(frozen=True, slots=True)
class Address:
    """The stored instance that a call to a provider is about.

    Args:
        schema: of the model.
        id: the instance's identifier, percent-decoded from the URL; hooks get it.
        field: the name of the identifier's field: the schema's ``id_field``, or its primary key.
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
        """Return the address that ``identifier`` from a URL names.

        Args:
            schema: of the model.
            identifier: percent-decoded.

        Raises:
            NotFound: no instance can have this identifier.
        """
        return cls(schema, identifier, str(schema.id_field), schema.key_of(identifier))


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a sorted list, right after one instance. The instance need not exist any more.

    Args:
        order: pairs of field name and whether it descends; the last field breaks ties.
        values: of the instance, one for each field of ``order``.
    """

    order: tuple[tuple[str, bool], ...]
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Membership:
    """The members of one parent in one deferred relation.

    Args:
        schema: of the parent's model.
        key: the parent's primary key.
        field: the name of the relation, a deferred field.
    """

    schema: Schema
    key: Any
    field: str


@dataclass(slots=True)
class Query:
    """The query of a list. Receivers of ``pre_get_list`` may change it.

    Args:
        where: conditions; an instance must meet all of them.
        sort: pairs of field name and whether it descends; null comes first ascending and last descending. The primary
            key breaks ties.
        page: from 1. ``after`` overrules it.
        per_page: how many instances a page holds at most.
        after: the cursor at which the page begins, of a list in the same order.
        count: whether to count the instances of all pages.
        fields: public names of the fields that a reply shows; None for all.
        expand: dotted public names of the references to expand.
        within: the relation that all instances must be members in; None for no such restriction.
        undefer: the deferred fields to load with the instances.
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
        """Return ``sort`` with the primary key last, which breaks ties; fields after the key are left out."""
        names = [name for name, _ in self.sort]
        if schema.pk in names:
            return self.sort[: names.index(schema.pk) + 1]
        return [*self.sort, (str(schema.pk), False)]

    @property
    def alternatives(self) -> list[list[Condition]]:
        """Lists of conditions; behind the cursor, an instance meets all of one list. Empty without a cursor."""
        return [] if self.after is None else following(self.after.order, self.after.values)

    @property
    def skip(self) -> int:
        """How many instances come before the page; 0 behind a cursor."""
        return 0 if self.after else (self.page - 1) * self.per_page


@dataclass(frozen=True, slots=True)
class Stored:
    """An instance with its typed values.

    Args:
        instance: of the model's class.
        values: its typed values by field name, deferred fields only if the call undefers them.
        body: its representation, as JSON values; None if the call asked for none, as after a write.
        previous: the values that an update found; None for any other call.
        origin: data of the provider's own, which it gets back in ``loaded`` of a write.
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
        total: how many instances all pages hold; None if the query does not count.
    """

    items: Sequence[Stored]
    more: bool
    total: int | None = None


@dataclass(slots=True)
class ActState:
    """The state that all provider calls of one act share.

    Args:
        handler: of the request, for the model's hooks; None in process.
        unit: the unit of work that ``Provider.begin`` opened, a session for instance; None if there is none.
        is_writing: whether a write has begun. A read must then neither commit nor roll back the changes of receivers in
            the unit; the write commits them.
    """

    handler: Any = None
    unit: Any = None
    is_writing: bool = False
