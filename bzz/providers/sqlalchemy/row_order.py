"""What makes the order of writes matter to the database: unique values, and rows that refer to each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from bzz.providers.sqlalchemy.mapped_class import MappedClass


def unique_fields(mapped_class: MappedClass) -> frozenset[str]:
    """Return the names of the fields that a unique key or index contains."""
    return mapped_class.once("unique fields", lambda: frozenset(_unique_fields(mapped_class)))


def refers_to_itself(mapped_class: MappedClass) -> bool:
    """Return whether rows of the class may refer to other rows of the class."""
    return mapped_class.once("refers to itself", lambda: _refers_to_itself(mapped_class.mapper))


def _unique_fields(mapped_class: MappedClass) -> Iterator[str]:
    unique = {column for table in mapped_class.mapper.tables for column in _unique_columns(table)}
    for name in mapped_class.schema.fields:
        props = map(mapped_class.mapper.column_attrs.get, mapped_class.attributes(name))
        if any(prop is not None and not unique.isdisjoint(prop.columns) for prop in props):
            yield name


def _unique_columns(table: Any) -> Iterator[Any]:
    """Yield the columns of a table's unique indexes, and of constraints that compare rows with each other."""
    for key in (*getattr(table, "constraints", ()), *getattr(table, "indexes", ())):
        if not isinstance(key, (sa.CheckConstraint, sa.ForeignKeyConstraint)) and getattr(key, "unique", True):
            yield from key.columns


def _refers_to_itself(mapper: Mapper[Any]) -> bool:
    """Return whether a foreign key leads from a table of the class to a table of the class.

    The foreign key that joins the tables of an inherited class does not count.
    """
    names = {str(table) for table in mapper.tables}
    keys = [key for table in mapper.tables for key in table.foreign_keys if not key.parent.primary_key]
    return any(key.target_fullname.rpartition(".")[0] in names for key in keys)
