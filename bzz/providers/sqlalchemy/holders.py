"""The rows that store a relation, and the field that shows the relation from its other side.

Both are found by the columns of the relationships. ``back_populates`` only decides between several candidates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty

from bzz.providers.sqlalchemy.associations import association_of
from bzz.providers.sqlalchemy.relationships import covered_attributes, relationships, shows_all
from bzz.providers.sqlalchemy.stored_keys import key_attributes_of
from bzz.schema.composite_keys import join
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
        columns = () if field else fields_of(prop.mapper, prop.synchronize_pairs)
        return Holder(prop.mapper.class_, field, is_owner=prop.cascade.delete_orphan, columns=columns)
    association = association_of(prop)
    if association is None:
        return None
    theirs = prop.secondary_synchronize_pairs or ()
    own_field = _reference_field(mapper, prop, association, prop.synchronize_pairs)
    member_field = _reference_field(prop.mapper, prop, association, theirs)
    unnamed = [*(() if own_field else prop.synchronize_pairs), *(() if member_field else theirs)]
    return Holder(association.class_, own_field, member_field, columns=fields_of(association, unnamed))


def fields_of(holder: Mapper[Any], pairs: Pairs) -> tuple[str, ...]:
    """Return the names of the public fields of the ``holder`` class that contain a column of a foreign key."""
    columns = {column for _, key in pairs for column in key.base_columns}
    keys = {prop.key for prop in holder.column_attrs if not columns.isdisjoint(prop.columns)}
    public = [key for key in keys - covered_attributes(holder) if not key.startswith("_")]
    return tuple(sorted({*public, *(one.name for one in relationships(holder) if not keys.isdisjoint(one.keys))}))


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


def _reference_field(mapper: Mapper[Any], prop: Prop, holder: Mapper[Any], pairs: Pairs) -> str | None:
    """Return the name of the field of the ``holder`` class that contains the primary key of ``mapper``'s class.

    Return None if the foreign key contains other columns.

    Args:
        mapper: the mapper of the class to which the field refers.
        prop: the relationship that the field stores.
        holder: the mapper of the class that has the field.
        pairs: the foreign keys of the ``holder`` class, with the columns of ``mapper``'s class.
    """
    keys = key_attributes_of(holder, mapper, pairs)
    if not keys:
        return None
    references = [one.prop for one in relationships(holder) if one.keys == keys and not one.prop.viewonly]
    return _nearest(references, mapper, prop) or join(keys)


def _served(mapper: Mapper[Any]) -> Iterator[Prop]:
    return (relation.prop for relation in relationships(mapper))


def leaves_orphans(prop: Prop) -> bool:
    """Return whether SQLAlchemy would delete an instance when a member leaves the relationship.

    In a many-to-many relation, the other side may have the cascade.
    """
    others = [] if prop.secondary is None else [one for one in _served(prop.mapper) if _is_opposite(one, prop)]
    return any(one.cascade.delete_orphan for one in (prop, *others))


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
