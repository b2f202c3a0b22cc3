"""What a MongoEngine field says of itself: null, default, unique values, bounds, choices, and texts for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from mongoengine.base import BaseField

from bzz.schema.fields import Field
from bzz.schema.scalars import Scalar
from bzz.schema.types import DataType

BOUNDS = {"min_length": "minLength", "max_length": "maxLength"}
LIMITS = {"min_value": "minimum", "max_value": "maximum"}  # of JSON numbers


def described(field: BaseField, known: Field) -> Field:
    """Return ``known`` with what a MongoEngine field says of itself."""
    return replace(
        known,
        type=_described_type(field, known.type),
        nullable=not field.required and (field.null or field.default is None),
        default=_default(field, known.type),
        unique=bool(field.unique and not field.unique_with),
        title=getattr(field, "verbose_name", None) or "",
        description=getattr(field, "help_text", None) or "",
    )


def _default(field: BaseField, datatype: DataType) -> Any:
    """Return the default of a field as a typed value, or None."""
    with suppress(ValueError):  # not a value of the type
        return None if field.default is None or callable(field.default) else datatype.parse(field.default)
    return None


def _described_type(field: BaseField, datatype: DataType) -> DataType:
    if not isinstance(datatype, Scalar):
        return datatype
    members = datatype.members or dict(_choices(field, datatype))
    return replace(datatype, bounds={**datatype.bounds, **dict(_bounds(field, datatype))}, members=members)


def _bounds(field: BaseField, datatype: Scalar) -> Iterator[tuple[str, Any]]:
    """Yield the keywords of JSON Schema for what MongoEngine checks."""
    known: Mapping[str, str] = LIMITS if datatype.shape.get("type") in ("integer", "number") else BOUNDS
    for attribute, keyword in known.items():
        limit = getattr(field, attribute, None)
        if isinstance(limit, (int, float)):
            yield keyword, limit
    regex = getattr(field, "regex", None)
    if regex is not None and known is BOUNDS:
        yield "pattern", regex.pattern


def _choices(field: BaseField, datatype: Scalar) -> Iterator[tuple[str, Any]]:
    """Yield pairs of a name for people and a JSON value."""
    choices = () if callable(field.choices) else field.choices or ()
    for choice in choices:
        value, name = choice if isinstance(choice, (list, tuple)) else (choice, choice)
        yield str(name), datatype.dump(value)
