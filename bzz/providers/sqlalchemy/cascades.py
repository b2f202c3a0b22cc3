"""The ways in which the deletion of an instance reaches other instances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty, aliased, undefer, with_polymorphic

from bzz.providers.sqlalchemy.associations import association_of
from bzz.providers.sqlalchemy.holders import fields_of, holder_of
from bzz.providers.sqlalchemy.keys import key_attributes, one_of
from bzz.schema.fields import Values

EAGER = {"joined", "selectin", "subquery", "immediate", False}  # values of ``lazy`` that load members with the parent


@dataclass(frozen=True, slots=True)
class Cascade:
    """One way by which SQLAlchemy changes or deletes other instances together with a parent.

    Args:
        mapper: the mapper of the other instances.
        statement: the statement that finds the other instances. Its parameter ``keys`` contains the primary keys of the
            parents.
        change: the new values of the other instances. None if they are deleted.
        is_recursive: whether the other instances have cascades of their own.
    """

    mapper: Mapper[Any]
    statement: sa.Select[Any]
    change: Values | None
    is_recursive: bool = False


def cascades_of(prop: RelationshipProperty[Any], limit: int) -> tuple[Cascade, ...]:
    """Return the cascades of a relationship when a parent is deleted.

    The statements find at most ``limit`` instances.
    """
    return tuple(_cascades(prop, limit))


def _cascades(prop: RelationshipProperty[Any], limit: int) -> Iterator[Cascade]:
    if prop.viewonly or _is_left_to_database(prop):
        return
    association = None if prop.secondary is None else association_of(prop)
    if association is not None:  # SQLAlchemy deletes these rows without loading them
        yield Cascade(association, _select_associations(prop, association).limit(limit), None)
    if prop.cascade.delete:
        yield Cascade(prop.mapper, _select_members(prop).limit(limit), None, is_recursive=True)
    elif prop.direction is RelationshipDirection.ONETOMANY and not _identifies_members(prop):
        holder = holder_of(prop.parent, prop)
        own = (holder.field,) if holder is not None and holder.field is not None else ()
        change = dict.fromkeys((*own, *fields_of(prop.mapper, prop.synchronize_pairs)))
        yield Cascade(prop.mapper, _select_members(prop).limit(limit), change)


def _is_left_to_database(prop: RelationshipProperty[Any]) -> bool:
    """Return whether SQLAlchemy does nothing to members when their parent is deleted.

    With ``passive_deletes=True``, it still changes members that are loaded with the parent.
    """
    return prop.passive_deletes == "all" or (bool(prop.passive_deletes) and prop.lazy not in EAGER)


def _identifies_members(prop: RelationshipProperty[Any]) -> bool:
    """Return whether the foreign key is part of the members' primary key.

    SQLAlchemy then refuses to delete the parent.
    """
    return any(key in prop.mapper.primary_key for _, key in prop.synchronize_pairs)


def _select_members(prop: RelationshipProperty[Any]) -> sa.Select[Any]:
    parent, member = aliased(prop.parent.class_, flat=True), _with_subclasses(prop.mapper)
    statement = sa.select(member).select_from(parent).join(getattr(parent, prop.key).of_type(member))
    return _narrow(statement.order_by(*_keys(prop.mapper, member)), _keys(prop.parent, parent))


def _select_associations(prop: RelationshipProperty[Any], association: Mapper[Any]) -> sa.Select[Any]:
    parent, entity = prop.parent.class_, _with_subclasses(association)
    is_same = (own == next(iter(reference.base_columns)) for own, reference in prop.synchronize_pairs)
    statement = sa.select(entity).join(parent, sa.and_(*is_same)).order_by(*_keys(association, entity))
    return _narrow(statement, _keys(prop.parent, parent))


def _narrow(statement: sa.Select[Any], columns: Sequence[Any]) -> sa.Select[Any]:
    """Return ``statement`` narrowed to the keys in the parameter ``keys``. It loads all columns."""
    return statement.where(one_of(columns, sa.bindparam("keys", expanding=True))).options(undefer("*"))


def _keys(mapper: Mapper[Any], entity: Any) -> Sequence[Any]:
    """Return the columns of the primary key of a class or its alias."""
    return [getattr(entity, name) for name in key_attributes(mapper)]


def _with_subclasses(mapper: Mapper[Any]) -> Any:
    """Return the class for a statement that also loads the columns of its subclasses."""
    has_subclasses = mapper.polymorphic_on is not None and len([*mapper.self_and_descendants]) > 1
    return with_polymorphic(mapper.class_, "*") if has_subclasses else mapper.class_
