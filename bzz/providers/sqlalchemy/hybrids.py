"""Hybrids, and synonyms with a property of their own: values that a class computes.

SQLAlchemy evaluates a hybrid only where a statement or an instance uses it. So nothing here evaluates one: its Python
type is known only from its annotations.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import HybridExtensionType
from sqlalchemy.orm import InstanceState, Mapper

from bzz.providers.sqlalchemy.codec import Convert, DialectTypes
from bzz.providers.sqlalchemy.column_codecs import codec_of
from bzz.providers.sqlalchemy.converted_types import python_codec
from bzz.schema.composite_keys import join
from bzz.schema.computed import SHOWN
from bzz.schema.fields import Field
from bzz.schema.free_form import Json
from bzz.schema.scalars import Scalar
from bzz.schema.shown import json_of
from bzz.schema.types import DataType

HYBRID = HybridExtensionType.HYBRID_PROPERTY
SQLALCHEMYS_OWN = "sqlalchemy.orm.descriptor_props"


@dataclass(frozen=True, slots=True)
class Hybrid:
    """A hybrid, or a synonym with a property of its own.

    Args:
        name: the name of the attribute.
        getter: the function that computes the value for an instance.
        setter: the function that takes a value for an instance; None if there is none.
        expression: the class's own function that makes the SQL expression; None if there is none.
    """

    name: str
    getter: Callable[..., Any]
    setter: Callable[..., Any] | None
    expression: Callable[..., Any] | None = None

    @property
    def field(self) -> Field:
        """The field of the hybrid.

        Requests can read it by its name, unless it has a setter. Such a hybrid often hides what it stores: a password.
        Lists can be filtered by a hybrid with an SQL expression of its own, if an annotation says its type.
        """
        kind = self.kind
        is_compared = isinstance(kind, Scalar) and self.expression is not None
        return Field(
            self.name,
            kind if is_compared or self.setter else SHOWN,
            readable=self.setter is None,
            insertable=self.setter is not None,
            updatable=self.setter is not None,
            deferred=True,
            filterable=is_compared,
            is_computed=True,
            has_setter=self.setter is not None,
        )

    @property
    def kind(self) -> DataType:
        """The type that the annotation of the setter's value says, else that of the getter's result."""
        given = [hint for name, hint in _hints(self.setter).items() if name != "return"]
        hint = _without_none(given[0] if len(given) == 1 else _hints(self.getter).get("return"))
        known = python_codec(hint)
        return replace(known.type, sortable=False) if known and isinstance(known.type, Scalar) else FREE


def hybrids(mapper: Mapper[Any]) -> Iterator[Hybrid]:
    """Yield the hybrids of a class, and its synonyms with a property of their own.

    Private ones are left out, and one with the public name of the primary key, ``id``.
    """
    taken = {"id"} if "id" not in mapper.column_attrs else set()
    for name, descriptor in mapper.all_orm_descriptors.items():
        if name.startswith("_") or name in taken:
            continue
        hybrid: Any = descriptor
        if descriptor.extension_type is HYBRID:
            yield Hybrid(name, hybrid.fget, hybrid.fset, hybrid.expr or hybrid.custom_comparator)
        elif name in mapper.synonyms and has_own_property(mapper, name):
            own: Any = mapper.synonyms[name].descriptor
            yield Hybrid(name, own.fget, own.fset)


def has_own_property(mapper: Mapper[Any], name: str) -> bool:
    """Return whether a synonym has a property that the class itself defines."""
    own: Any = mapper.synonyms[name].descriptor
    return getattr(own.fget, "__module__", None) != SQLALCHEMYS_OWN


def encoder_of(mapper: Mapper[Any], hybrid: Hybrid, dialect: DialectTypes) -> Convert | None:
    """Return the function that converts a typed value for the setter of a hybrid.

    A time gets the zone that the column of the same name has, with an underscore before it.
    """
    column = mapper.columns.get(f"_{hybrid.name}")
    is_time = column is not None and isinstance(column.type, (sa.DateTime, sa.Time))
    return codec_of(column.type, dialect).encode if column is not None and is_time else None


def _hints(function: Callable[..., Any] | None) -> dict[str, Any]:
    with suppress(Exception):  # an annotation may name what only type checkers know
        return typing.get_type_hints(function)
    return {}


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        others = [part for part in typing.get_args(hint) if part is not types.NoneType]
        return others[0] if len(others) == 1 else None
    return hint


def _plain(value: Any) -> Any:
    """Return a value that a class computes as JSON. An instance of a mapped class becomes its primary key."""
    state = sa.inspect(value, raiseerr=False)
    if isinstance(state, InstanceState):
        parts = [str(part) for part in state.identity or ()]
        return None if not parts else parts[0] if len(parts) == 1 else join(parts)
    if isinstance(value, (Sequence, Set)):
        return [FREE.dump(item) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: FREE.dump(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return json_of(value)


FREE = Json(plain=_plain)
