"""The fields of a model, and the values of an instance."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bzz.schema.types import DataType

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Holder:
    """The rows that store a relation, if the parent's own row does not store it.

    Args:
        model: the class of these rows: the class of the members, or the class of an association table.
        field: the name of the field of ``model`` that refers to the parent by its primary key. None if ``model`` has no
            such field. Requests then cannot write the relation.
        member_field: the name of the field of ``model`` that refers to the member. None if the members' own rows store
            the relation.
        is_owner: whether the store deletes a member that leaves the relation.
        columns: the names of the fields of ``model`` that show a part of the relation's keys for which there is no
            ``field`` or ``member_field``.
    """

    model: type
    field: str | None
    member_field: str | None = None
    is_owner: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a model.

    Args:
        name: the model's own name for the field.
        type: the type of the values that the field can hold.
        readable: whether replies show the field.
        insertable: whether a request may set the field when it creates an instance.
        updatable: whether a request may change the field.
        deferred: whether the store keeps the field elsewhere than in the instance's row. Values and replies contain a
            deferred field only if a request or a write names it. Entity tags do not include deferred fields.
        holder: the rows that store the relation of a deferred field. None for an association table that no class maps.
        mirror: the name of the field of the related class that shows the same relation from the other side. None if the
            related class has no such field.
        referred: the model whose primary key the field contains, if the field's type is not a reference to it. So a
            foreign key that the model shows as a plain column still takes part in a relation.
        parts: the names of the fields whose values together are the value of this field. A composite primary key has
            such parts, and so has a reference of a relational model: its foreign keys, in the order of the primary key
            that they refer to. The parts of a reference need not be fields.
        sort: the default order of the members of a deferred relation: pairs of a field's name and whether the order
            descends. Empty for the default order of the members' own schema. None for an order that no fields express.
            A page of such a list has no cursor.
        filterable: whether lists may be filtered and sorted by the field, if it is readable.
        is_fixed: whether an option of the hive lets requests read the field, but not change it.
        cleared: those of the ``parts`` that become null if the field does. Other fields do not contain them.
        closed: the verbs, ``create`` and ``update``, for which an option of the hive closes the field. A write of
            another field then must not change the parts that both have.
        is_internal: whether only receivers, plain code and relations use the field. Requests can then neither read nor
            set it by its own name, but its access decides about the relation that it stores.
        required: whether a new instance needs a value of this field. False if the model or the store gives one.
        nullable: whether the field of a stored instance may be null.
        default: the value of the field in a new instance that has no other, typed. None if there is no such value, or
            if a function or the store makes it.
        unique: whether no two instances have the same value of the field, apart from null.
        title: the name of the field for people. Empty if the model gives none.
        description: a text about the field for people. Empty if the model gives none.
        is_computed: whether the model computes the value when it is read. Such a field is deferred.
        has_setter: whether the model takes a value of a computed field, and then sets other values itself.
        is_shown: whether a reply shows a computed field although no request names it.
    """

    name: str
    type: DataType
    readable: bool = True
    insertable: bool = True
    updatable: bool = True
    deferred: bool = False
    holder: Holder | None = None
    mirror: str | None = None
    referred: builtins.type | None = None
    parts: tuple[str, ...] = ()
    sort: tuple[tuple[str, bool], ...] | None = ()
    filterable: bool = True
    is_fixed: bool = False
    cleared: tuple[str, ...] = ()
    closed: frozenset[str] = frozenset()
    is_internal: bool = False
    required: bool = False
    nullable: bool = False
    default: Any = None
    unique: bool = False
    title: str = ""
    description: str = ""
    is_computed: bool = False
    has_setter: bool = False
    is_shown: bool = False

    @property
    def bounds(self) -> Mapping[str, Any]:
        """The keywords of JSON Schema that narrow the values of the field, such as ``maxLength``."""
        return self.type.bounds

    @property
    def members(self) -> Mapping[str, Any]:
        """A dict from name to JSON value, if only these values are allowed. Otherwise it is empty."""
        return self.type.members

    @property
    def is_hidden(self) -> bool:
        """Whether requests can neither read nor set the field by its name."""
        return self.is_internal or not (self.readable or self.insertable or self.updatable)

    @property
    def is_bare_key(self) -> bool:
        """Whether the field contains a foreign key that no relation shows."""
        return (self.referred is not None or self.is_internal) and self.mirror is None

    @property
    def stored_in(self) -> tuple[str, ...]:
        """The names of the parts in which the field is stored: its ``parts``, or the field itself."""
        return self.parts or (self.name,)
