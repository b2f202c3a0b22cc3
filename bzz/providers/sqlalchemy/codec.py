"""The codec of one column: the type of its values, and how the provider stores, shows and compares them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeEngine

from bzz.schema.custom_types import Types
from bzz.schema.free_form import Json
from bzz.schema.shown import Shown, json_of
from bzz.schema.types import DataType

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
MYSQL = ("mysql", "mariadb")
Convert = Callable[[Any], Any]
Compare = Callable[[Any, str, Any], Any]


@dataclass(frozen=True, slots=True)
class Codec:
    """The type of one column, with conversion in both directions.

    Args:
        type: the type of the field.
        decode: a function from SQLAlchemy's value to the typed value. It is never called with None.
            ``decode`` is None if both values are always the same.
        encode: a function from the typed value to SQLAlchemy's value. The rules for ``decode`` also apply here.
        is_settable: whether a request may set the field.
        bind: the type of the parameters that conditions compare with the column. It has no bounds, so that no driver
            rounds or cuts a value. None for the column's own type. For an array, it is the type of an item.
        compare: a function from the column, an operator and SQLAlchemy's value to the clause of a condition. None to
            compare with a parameter of the type ``bind``. For an array, it compares an item.
    """

    type: DataType
    decode: Convert | None = None
    encode: Convert | None = None
    is_settable: bool = True
    bind: TypeEngine[Any] | None = None
    compare: Compare | None = None


@dataclass(frozen=True)
class DialectTypes:
    """What decides about the codecs of all columns in one database.

    Args:
        dialect: the database's dialect. None if it is unknown.
        types: the types that hives give to column types, by the class of the column type.
    """

    dialect: Dialect | None = None
    types: Types = field(default_factory=dict)

    @cached_property
    def name(self) -> str | None:
        """The name of the dialect, or None."""
        return self.dialect.name if self.dialect else None

    @cached_property
    def known(self) -> Dialect:
        """The dialect, or SQLAlchemy's default dialect."""
        return self.dialect or DefaultDialect()

    def variant(self, column_type: TypeEngine[Any]) -> TypeEngine[Any]:
        """Return the type that ``with_variant()`` gave to the database, or ``column_type`` itself."""
        variants: Mapping[str, TypeEngine[Any]] = column_type._variant_mapping
        return variants.get(str(self.name), column_type)


SHOWN = Json(plain=json_of)  # shows values of classes that bzz does not know
JSON_VALUES = Json(plain=json_of, integers=None)
ONLY_SHOWN = Codec(Shown(plain=json_of), is_settable=False)
