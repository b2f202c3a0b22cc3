"""What SQLAlchemy's own session says of the instances, in the words of bzz's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import RelationshipDirection, Session

MANY_TO_ONE = RelationshipDirection.MANYTOONE


@dataclass(frozen=True)
class Shape:
    """The fields of a class.

    Args:
        model: the class.
        key: the attributes of its primary key.
        columns: the attributes that are fields.
        references: a dict from a many-to-one relationship to the attributes of its foreign key.
        members: the other relationships, by name.
    """

    model: Any
    key: tuple[str, ...]
    columns: tuple[str, ...]
    references: dict[str, tuple[str, ...]]
    members: dict[str, Any]

    def target(self, name: str) -> Any:
        return getattr(self.model, name).property.mapper.class_

    def public(self, column: str) -> str:
        return "id" if self.key == (column,) else column


@dataclass(frozen=True)
class Row:
    """One instance, as an instance of one class.

    Args:
        id: its identifier.
        shown: its representation without deferred fields.
        related: a dict from a relationship's name to the identifiers of the members; to one identifier or None for a
            relationship to one.
    """

    id: str
    shown: dict[str, Any]
    related: dict[str, Any]


World = dict[Any, dict[str, Row]]


@cache
def shape_of(model: Any) -> Shape:
    mapper = sa.inspect(model)
    key = tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key)
    references: dict[str, tuple[str, ...]] = {}
    covered: set[str] = set()
    for prop in mapper.relationships:
        if prop.direction is MANY_TO_ONE:
            own = {remote: mapper.get_property_by_column(local).key for local, remote in prop.local_remote_pairs}
            theirs = [prop.mapper.get_property_by_column(column).key for column in prop.mapper.primary_key]
            by_name = {prop.mapper.get_property_by_column(remote).key: name for remote, name in own.items()}
            references[prop.key] = tuple(by_name[name] for name in theirs)
            covered |= {*by_name.values()}
    columns = tuple(name for name in [prop.key for prop in mapper.column_attrs] if name not in covered or name in key)
    members = {prop.key: prop for prop in mapper.relationships if prop.direction is not MANY_TO_ONE}
    return Shape(model, key, columns, references, members)


def json_of(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, Decimal) else value


def identifier(model: Any, instance: Any) -> str | None:
    return None if instance is None else "~".join(str(getattr(instance, name)) for name in shape_of(model).key)


def key_of(text: str) -> Any:
    """Return the primary key, as ``Session.get`` takes it. All keys of these schemas are numbers."""
    return tuple(int(part) for part in text.split("~"))


def shown(model: Any, instance: Any) -> dict[str, Any]:
    shape = shape_of(model)
    found = {shape.public(name): json_of(getattr(instance, name)) for name in shape.columns}
    found |= {name: identifier(shape.target(name), getattr(instance, name)) for name in shape.references}
    return found | {"id": identifier(model, instance)}


def related(model: Any, instance: Any) -> dict[str, Any]:
    shape = shape_of(model)
    found: dict[str, Any] = {}
    for name, prop in shape.members.items():
        target, value = shape.target(name), getattr(instance, name)
        if not prop.uselist:
            found[name] = identifier(target, value)
            continue
        order = (lambda one: 0) if prop.order_by else (lambda one: sa.inspect(one).identity)
        found[name] = [identifier(target, one) for one in sorted(value, key=order)]
    return found


def world_of(session: Session, models: list[Any]) -> World:
    """Return all instances of each class, in the order of their keys."""
    return {
        model: {
            str(identifier(model, one)): Row(str(identifier(model, one)), shown(model, one), related(model, one))
            for one in session.scalars(sa.select(model).order_by(*keys(model))).unique()
        }
        for model in models
    }


def keys(model: Any) -> list[Any]:
    return [getattr(model, name) for name in shape_of(model).key]


def names(model: Any) -> list[str]:
    """Return the names of the relations of a class."""
    return [*shape_of(model).references, *shape_of(model).members]
