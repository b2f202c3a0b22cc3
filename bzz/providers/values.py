"""The values that the provider interface takes and returns.

They are addresses, queries, stored instances and the state of an act.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any

from bzz.exceptions import NotFound
from bzz.providers.conditions import Condition, Order, comes_after, following
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

NO_KEY: Any = object()  # stands for an identifier that no instance can have
Undefer = Mapping[str, Collection[Any] | None]  # for a deferred field: the keys to find, None for all
NOTHING: Undefer = {}


@dataclass(frozen=True, slots=True)
class Address:
    """The stored instance that a call to a provider is about.

    Args:
        schema: the schema of the model.
        id: the instance's identifier, percent-decoded from the URL. Hooks get this text.
        field: the name of the identifier's field. It is the schema's ``id_field`` or its primary key.
        parsed: the identifier as a typed value of that field, or ``NO_KEY``. See ``parse_identifier``.
        undefer: the deferred fields that the act reads or changes.
    """

    schema: Schema
    id: str
    field: str
    parsed: Any
    undefer: Undefer = dataclass_field(default_factory=dict)

    @property
    def key(self) -> Any:
        """The identifier as a typed value of its field.

        Raises NotFound if no instance can have it.
        """
        if self.parsed is NO_KEY:
            raise NotFound(NO_INSTANCE)
        return self.parsed

    @classmethod
    def parse(cls, schema: Schema, identifier: str, field: str | None = None) -> Address:
        """Return the address that ``identifier`` names.

        Args:
            schema: the schema of the model.
            identifier: a text, percent-decoded from a URL.
            field: the name of the identifier's field. None means the schema's ``id_field``.
        """
        name = field or str(schema.id_field)
        return cls(schema, identifier, name, parse_identifier(schema, identifier, name))


def parse_identifier(schema: Schema, identifier: str, field: str | None = None) -> Any:
    """Return an identifier as a typed value of its field.

    Return ``NO_KEY`` if no instance can have the identifier.
    """
    try:
        return schema.key_of(identifier, field)
    except NotFound:
        return NO_KEY


@dataclass(frozen=True, slots=True)
class AsStored:
    """A value in a cursor as the store keeps it, in place of the typed value.

    Only the provider reads it, in the conditions of ``Query.alternatives``.

    Args:
        value: the result of ``Provider.stored_value``.
    """

    value: Any


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in a sorted list, directly after one instance.

    The instance may be deleted in the meantime.

    Args:
        order: pairs of a field's name and whether its order is descending. The last field is unique, unless the cursor
            has a token.
        values: values of the instance, one for each field of ``order``: typed values, or ``AsStored``. Empty if the
            cursor has a token.
        token: the token of the page. See ``Listing.token``. None if ``values`` tell the position.
    """

    order: tuple[tuple[str, bool], ...]
    values: tuple[Any, ...]
    token: str | None = None

    def precedes(self, held: Values) -> bool:
        """Tell whether the instance with the values ``held`` comes after this position.

        This is for lists that ``sort_key`` sorts. It compares values of all types, as ``sort_key`` does.
        """
        values = [one.value if isinstance(one, AsStored) else one for one in self.values]
        return comes_after(self.order, values, held)


@dataclass(frozen=True, slots=True)
class Membership:
    """The members of one parent in one deferred relation.

    Args:
        schema: the schema of the parent's model.
        key: the parent's primary key.
        field: the name of the relation, which is a deferred field.
    """

    schema: Schema
    key: Any
    field: str


@dataclass(slots=True)
class Query:
    """The query of a list.

    Receivers of ``pre_get_list`` may change it.

    Args:
        where: the conditions. An instance must meet all of them.
        sort: pairs of a field's name and whether its order is descending. Null comes first in ascending order and last
            in descending order. If instances are equal in all these fields, the primary key decides their order.
        page: the number of the page. The first page is 1. If ``after`` is set, ``page`` is ignored.
        per_page: the largest number of instances on a page.
        after: the cursor at which the page begins. It must come from a list in the same order.
        count: whether to count the instances of all pages.
        fields: public names of the fields that a reply shows. None means all fields.
        expand: dotted public names of the references to expand.
        within: the relation of which all instances must be members. None means no such restriction.
        undefer: the deferred fields to load with the instances.
        hidden: whether to include instances that hooks, scopes or variants hide. bzz shows such instances to receivers
            only.
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
    hidden: bool = False

    def order(self, schema: Schema) -> Order:
        """Return ``sort`` with the primary key at its end.

        If ``sort`` already contains the primary key, the fields after it are omitted. A primary key whose type is not
        sortable is not added.
        """
        names, pk = [name for name, _ in self.sort], str(schema.pk)
        if pk in names:
            return self.sort[: names.index(pk) + 1]
        return [*self.sort, (pk, False)] if schema.fields[pk].type.sortable else self.sort

    @property
    def token(self) -> str | None:
        """The token of the page, as a ``Listing`` had it, unless somebody forged it.

        It is None for the first page, and if the cursor has values instead.
        """
        return self.after.token if self.after else None

    @property
    def alternatives(self) -> list[list[Condition]]:
        """The lists of conditions for the instances after the cursor.

        An instance comes after the cursor if it meets all conditions of one list. Without a cursor there are no lists.
        There are none for a token, either.
        """
        if self.after is None or self.after.token is not None:
            return []
        return following(self.after.order, self.after.values)

    @property
    def skip(self) -> int:
        """The number of instances before the page.

        It is 0 if the page begins at a cursor or token.
        """
        return 0 if self.after else (self.page - 1) * self.per_page


@dataclass(frozen=True, slots=True)
class Stored:
    """The typed values of an instance, and the instance itself where it is needed.

    Args:
        instance: an object of the model's class. It may be None if the call does not need instances.
        values: a dict from field name to typed value. It contains deferred fields only if the call asks for them. The
            store must not share its mutable values, so a change to a value here changes nothing there.
        previous: the values that an update found. It is None for any other call.
        origin: the provider's own data. A write gets this data back in ``loaded``.
        is_broken: whether the ORM cannot load the instance as it is stored. ``instance`` then has only what could be
            loaded, and the values of the other fields are None.
        model: the class of the instance: the model of the schema, or a class that inherits from it. None for the class
            of ``instance``.
    """

    instance: Any
    values: Values
    previous: Values | None = None
    origin: Any = None
    is_broken: bool = False
    model: type | None = None

    @property
    def own_class(self) -> type:
        """The class of the instance, with or without the instance itself."""
        return self.model or type(self.instance)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list.

    Args:
        items: the instances.
        more: whether another page follows.
        total: the number of instances on all pages. It is None if the query does not ask for it.
        position: what the cursor after the last item must have in place of typed values: a dict from field name to a
            JSON value, or to None for null. It has those fields of the order whose typed value does not tell where the
            item stands, because the store keeps another value. None if no cursor can tell it; the next page then has a
            number only.
        token: where the next page begins, in a text of the store, if ``Capabilities.token`` is true. Clients can read
            it. None if there is no next page, or if the next page has a number only.
    """

    items: Sequence[Stored]
    more: bool
    total: int | None = None
    position: Values | None = dataclass_field(default_factory=dict)
    token: str | None = None


@dataclass(slots=True)
class ActState:
    """The state that all provider calls of one act share.

    Args:
        handler: the handler of the request, for the model's hooks. It is None in process.
        unit: the unit of work that ``Provider.begin`` opened, for example a session. It may be None.
        is_writing: whether a write has begun. A read must then neither commit nor roll back the changes that receivers
            made in the unit of work. The write commits these changes.
        hive: the hive that serves the request or runs the act. It is None if there is none. Receivers get it.
    """

    handler: Any = None
    unit: Any = None
    is_writing: bool = False
    hive: Any = None
