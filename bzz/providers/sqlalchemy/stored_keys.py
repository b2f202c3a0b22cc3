"""The foreign keys of a class that no relationship of the class itself shows.

The field of a public column stands for a key of one column. Any other key has an internal field of its own: ``shop~no``
for the columns ``shop`` and ``no``, or ``_shop`` for a private column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import NoReferenceError
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty
from sqlalchemy.orm.exc import UnmappedColumnError

from bzz.providers.sqlalchemy.associations import association_of
from bzz.providers.sqlalchemy.keys import attribute_of, key_attributes
from bzz.providers.sqlalchemy.registries import mappers_of
from bzz.providers.sqlalchemy.relationships import Relationship, relationships, shows_all
from bzz.schema.composite_keys import join

Prop = RelationshipProperty[Any]
Pairs = Iterable[tuple[Any, Any]]  # pairs of a column and the foreign key that refers to it


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A foreign key of a class.

    Args:
        attributes: the attributes of the foreign key, in the order of the primary key that they refer to.
        model: the class that it refers to.
        mirror: the name of a relation of ``model`` that shows all instances with the key. None if it has no such
            relation.
    """

    attributes: tuple[str, ...]
    model: type
    mirror: str | None

    @property
    def name(self) -> str:
        """The name of the field of the key."""
        return join(self.attributes)


def stored_keys(mapper: Mapper[Any], own: Iterable[Relationship]) -> dict[str, StoredKey]:
    """Return a dict from name to those foreign keys of a class that its own references do not store.

    Args:
        mapper: the mapper of the class.
        own: the relations of the class.
    """
    shown = {frozenset(relation.keys) for relation in own}
    stored = {frozenset(relation.keys) for relation in own if relation.is_insertable}
    found: dict[str, StoredKey] = {}
    for key in sorted(_candidates(mapper), key=lambda key: (key.mirror is None, str(key.model), str(key.mirror))):
        if frozenset(key.attributes) not in stored:
            found.setdefault(key.name, key)
    for key in _constraints(mapper):
        if frozenset(key.attributes) not in shown:
            found.setdefault(key.name, key)
    return found


def key_attributes_of(holder: Mapper[Any], parent: Mapper[Any], pairs: Pairs) -> tuple[str, ...]:
    """Return the attributes of the ``holder`` class that refer to the primary key of ``parent``'s class, in its order.

    The result is empty if the foreign key contains other columns, or columns without an attribute.

    Args:
        holder: the mapper of the class that has the foreign key.
        parent: the mapper of the class that it refers to.
        pairs: the columns of the foreign key, with the columns that they refer to.
    """
    try:
        found = {attribute_of(parent, local): _attribute(holder, column) for local, column in pairs}
    except UnmappedColumnError:
        return ()
    key = key_attributes(parent)
    return tuple(found[name] for name in key) if found.keys() == {*key} else ()


def _attribute(mapper: Mapper[Any], column: Any) -> str:
    """Return the name of the attribute that contains a column, or the column of which ``column`` is an alias."""
    is_own = mapper.columns.contains_column(column)
    return attribute_of(mapper, column if is_own else next(iter(column.base_columns)))


def _candidates(mapper: Mapper[Any]) -> Iterator[StoredKey]:
    """Yield the foreign keys of a class that relations of other classes use."""
    for prop in (one.prop for other in mappers_of(mapper.registry) for one in relationships(other)):
        holder = prop.mapper if prop.secondary is None else association_of(prop)
        if prop.direction is RelationshipDirection.MANYTOONE or holder is None or not mapper.isa(holder):
            continue
        is_mirror = prop.secondary is None and not prop.viewonly and shows_all(prop)
        sides = [(prop.parent, prop.synchronize_pairs), (prop.mapper, prop.secondary_synchronize_pairs or ())]
        for parent, pairs in sides:
            if attributes := key_attributes_of(mapper, parent, pairs):
                yield StoredKey(attributes, parent.class_, prop.key if is_mirror else None)


def _constraints(mapper: Mapper[Any]) -> Iterator[StoredKey]:
    """Yield the foreign keys of a class's tables to the tables of classes.

    A key that joins the tables of an inherited class does not count.
    """
    mappers = {other.local_table: other for other in mappers_of(mapper.registry) if not other.single}
    for constraint in (one for table in mapper.tables for one in getattr(table, "foreign_key_constraints", ())):
        with suppress(NoReferenceError):
            parent = mappers.get(constraint.referred_table)
            pairs = [(element.column, element.parent) for element in constraint.elements]
            is_joining = {*constraint.columns} <= {*constraint.table.primary_key}
            if parent is None or (is_joining and mapper.isa(parent)):
                continue
            if attributes := key_attributes_of(mapper, parent, pairs):
                yield StoredKey(attributes, parent.class_, None)
