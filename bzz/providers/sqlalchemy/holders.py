"""The rows that store a relation, and the field that shows the relation from its other side.

Both are found by the columns of the relationships. ``back_populates`` only decides between several candidates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty

from bzz.providers.sqlalchemy.relationships import relationships
from bzz.schema.fields import Holder

Pairs = Collection[tuple[Any, Any]]  # pairs of a column and the foreign key that refers to it
Prop = RelationshipProperty[Any]
MANY_TO_ONE = RelationshipDirection.MANYTOONE


def holder_of(mapper: Mapper[Any], prop: Prop) -> Holder | None:
    """Return the rows that store a relation of ``mapper``'s class.

    Return None if the class's own rows store it, or rows of a table that no class maps.
    """
    if prop.direction is MANY_TO_ONE:
        return None
    if prop.secondary is None:
        field = _reference_field(mapper, prop, prop.mapper, prop.synchronize_pairs)
        return Holder(prop.mapper.class_, field, is_owner=prop.cascade.delete_orphan)
    association = association_of(prop)
    if association is None:
        return None
    return Holder(
        association.class_,
        _reference_field(mapper, prop, association, prop.synchronize_pairs),
        _reference_field(prop.mapper, prop, association, prop.secondary_synchronize_pairs or ()),
    )


def association_of(prop: Prop) -> Mapper[Any] | None:
    """Return the mapper of a many-to-many relationship's table.

    Return None if no class maps the table.
    """
    mappers = [
        mapper
        for registry in {prop.parent.registry, prop.mapper.registry}
        for mapper in registry.mappers
        if mapper.local_table is prop.secondary and not mapper.single
    ]
    return min(mappers, key=lambda mapper: (mapper.class_.__module__, mapper.class_.__qualname__), default=None)


def mirror_of(mapper: Mapper[Any], prop: Prop) -> str | None:
    """Return the name of the field that shows a relation of ``mapper``'s class from the other side.

    Return None if the related class has no such field. A field that shows only some of the members does not count.
    """
    mirrors = [
        other
        for other in _served(prop.mapper)
        if mapper.isa(other.mapper) and _is_opposite(other, prop) and shows_all(other)
    ]
    return _nearest(mirrors, mapper, prop)


def relation_of_column(mapper: Mapper[Any], column: Any) -> Prop | None:
    """Return the relationship of another class that ``column`` of ``mapper``'s class stores.

    Return None if no class has such a relationship. View-only relationships do not count.
    """
    relations = [
        relation.prop
        for other in mapper.registry.mappers
        for relation in relationships(other)
        if relation.prop.parent is other and _is_stored_in(relation.prop, mapper, column) and shows_all(relation.prop)
    ]
    return min(relations, key=str, default=None)


def _is_stored_in(prop: Prop, mapper: Mapper[Any], column: Any) -> bool:
    """Return whether ``column`` of ``mapper``'s class alone stores a relation by its parent's primary key."""
    if prop.direction is MANY_TO_ONE or prop.secondary is not None or prop.viewonly:
        return False
    return mapper.isa(prop.mapper) and [*prop.synchronize_pairs] == [(key, column) for key in prop.parent.primary_key]


def _reference_field(mapper: Mapper[Any], prop: Prop, holder: Mapper[Any], pairs: Pairs) -> str | None:
    """Return the name of the field of the ``holder`` class that refers to ``mapper``'s class.

    Args:
        mapper: the mapper of the class to which the field refers.
        prop: the relationship that the field stores.
        holder: the mapper of the class that has the field.
        pairs: the foreign keys of the ``holder`` class, with the columns of ``mapper``'s class.
    """
    keys = _foreign_keys(pairs)
    references = [
        other
        for other in _served(holder)
        if other.direction is MANY_TO_ONE and not other.viewonly and _foreign_keys(other.synchronize_pairs) == keys
    ]
    return _nearest(references, mapper, prop) or _column_field(holder, keys)


def _column_field(mapper: Mapper[Any], columns: Collection[Any]) -> str | None:
    """Return the name of the field that shows a column.

    Return None for several columns, and for a column without a field.
    """
    names = {prop.key for prop in mapper.column_attrs for column in prop.columns if column in columns}
    shown = [name for name in names if not name.startswith("_")]
    return shown[0] if len(columns) == len(shown) == 1 else None


def _served(mapper: Mapper[Any]) -> Iterator[Prop]:
    return (relation.prop for relation in relationships(mapper))


def _is_opposite(other: Prop, prop: Prop) -> bool:
    """Return whether two relationships show the same rows from opposite sides.

    View-only relationships do not count as the other side.
    """
    if other.viewonly or other.secondary is not prop.secondary:
        return False
    own, theirs = {*prop.synchronize_pairs}, {*(prop.secondary_synchronize_pairs or ())}
    if prop.secondary is not None:
        return {*other.synchronize_pairs} == theirs and {*(other.secondary_synchronize_pairs or ())} == own
    is_reverse = (other.direction is MANY_TO_ONE) is not (prop.direction is MANY_TO_ONE)
    return is_reverse and bool(own) and _foreign_keys(other.synchronize_pairs) == _foreign_keys(own)


def shows_all(prop: Prop) -> bool:
    """Return whether a relationship's join conditions compare only its keys."""
    pairs = [*prop.synchronize_pairs, *(prop.secondary_synchronize_pairs or ())]
    conditions = [prop.primaryjoin, *([] if prop.secondaryjoin is None else [prop.secondaryjoin])]
    compared = {part for one in conditions for part in sa.sql.visitors.iterate(one) if isinstance(part, sa.Column)}
    return compared <= {column for pair in pairs for column in pair}


def _foreign_keys(pairs: Iterable[tuple[Any, Any]]) -> set[Any]:
    return {key for _, key in pairs}


def _nearest(candidates: Iterable[Prop], mapper: Mapper[Any], prop: Prop) -> str | None:
    """Return the name of the relationship that comes nearest to the other side of ``prop``.

    It is the one that belongs to ``prop`` by ``back_populates``, else one to ``mapper``'s own class, else one to a base
    class.
    """
    found = min(
        candidates,
        key=lambda other: (
            prop.key != other.back_populates and other.key != prop.back_populates,
            other.mapper is not mapper,
            not mapper.isa(other.mapper),
        ),
        default=None,
    )
    return None if found is None else found.key
