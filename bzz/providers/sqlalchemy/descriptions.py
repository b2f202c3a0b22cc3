"""What a mapped class says of its fields: null, defaults, unique values, and texts for people."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from bzz.schema.fields import Field


def described(mapper: Mapper[Any], known: Field) -> Field:
    """Return a field with its title, description and default, and whether it is unique or may be null.

    The title is ``Column.info["title"]``. The description is the column's comment, or else its ``doc``. A field of
    SQLModel has its own title and description.
    """
    found = [mapper.column_attrs[name].columns[0] for name in known.stored_in if name in mapper.column_attrs]
    columns: list[Any] = [column for column in found if isinstance(column, sa.Column)]
    nullable = all(column.nullable for column in columns)
    if len(columns) != 1 or known.deferred:
        return replace(known, nullable=nullable)
    [column] = columns
    own = getattr(mapper.class_, "model_fields", {}).get(known.name)  # of SQLModel
    return replace(
        known,
        nullable=nullable,
        default=_default(mapper, known, column),
        unique=_is_unique(column),
        title=getattr(own, "title", None) or column.info.get("title", ""),
        description=getattr(own, "description", None) or column.comment or column.doc or "",
    )


def _default(mapper: Mapper[Any], known: Field, column: sa.Column[Any]) -> Any:
    """Return the default of a field as a typed value, or None."""
    default: Any = column.default
    given = default.arg if default is not None and default.is_scalar else None
    if given is None and dataclasses.is_dataclass(mapper.class_):
        given = {field.name: field.default for field in dataclasses.fields(mapper.class_)}.get(known.name)
    with suppress(ValueError):  # not a value of the type: it marks the lack of a default, for instance
        return None if given is None else known.type.parse(given)
    return None


def _is_unique(column: sa.Column[Any]) -> bool:
    """Return whether a key or an index of the database allows each value of a column only once."""
    table, unique = column.table, (sa.UniqueConstraint, sa.PrimaryKeyConstraint)
    if not isinstance(table, sa.Table):
        return False
    keys = [key for key in table.constraints if isinstance(key, unique)]
    indexes = [index for index in table.indexes if index.unique and not index.dialect_kwargs]
    return any([*key.columns] == [column] for key in (*keys, *indexes))
