"""The codecs of columns, by their SQLAlchemy types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine

from bzz.providers.sqlalchemy.codec import JSON_VALUES, ONLY_SHOWN, SQLITE, Codec, Convert, DialectTypes
from bzz.providers.sqlalchemy.converted_types import (
    FindHint,
    converted_codec,
    converts,
    no_hint,
    python_codec,
    python_type_of,
)
from bzz.providers.sqlalchemy.number_codecs import integer_codec, number_codec
from bzz.providers.sqlalchemy.sqlite_forms import compare_uuids
from bzz.providers.sqlalchemy.text_codecs import enum_codec, string_codec
from bzz.providers.sqlalchemy.time_codecs import datetime_codec, time_codec
from bzz.schema import scalars
from bzz.schema.composite_keys import CompositeKey
from bzz.schema.containers import List
from bzz.schema.custom_types import type_for


def codec_of(column_type: TypeEngine[Any], dialect: DialectTypes, find_hint: FindHint = no_hint) -> Codec:
    """Return the codec of a column type.

    Values of a type that bzz does not know can only be shown to requests.

    Args:
        column_type: a column type of SQLAlchemy.
        dialect: the database's dialect, which has limits of its own, and the types that hives give to column types.
        find_hint: a function that returns the annotated Python type of the column's attribute, or None.
    """
    given = type_for(dialect.types, type(column_type))
    if given is not None:
        return Codec(given, scalars.utc if given is scalars.DATETIME else None)
    column_type = dialect.variant(column_type)
    if isinstance(column_type, (sa.PickleType, sa.Interval)):
        return ONLY_SHOWN
    inner = column_type.load_dialect_impl(dialect.known) if isinstance(column_type, TypeDecorator) else None
    if not converts(column_type):
        return _plain_codec(column_type, dialect, find_hint) if inner is None else codec_of(inner, dialect, find_hint)
    stored = _plain_codec(column_type, dialect, no_hint) if inner is None else codec_of(inner, dialect)
    return converted_codec(column_type, inner or column_type, stored, find_hint)


def _plain_codec(column_type: TypeEngine[Any], dialect: DialectTypes, find_hint: FindHint) -> Codec:
    for kind, make in _CODECS.items():
        if isinstance(column_type, kind):
            return make(column_type, dialect)
    return python_codec(python_type_of(column_type)) or python_codec(find_hint()) or ONLY_SHOWN


def composite_codec(codecs: Mapping[str, Codec]) -> Codec:
    """Return the codec of a key of several columns.

    SQLAlchemy's value is a tuple of the values of the columns.

    Args:
        codecs: a dict from the name of a part to its codec.
    """
    datatype = CompositeKey(tuple((name, codec.type) for name, codec in codecs.items()))
    decode, encode = _all([codec.decode for codec in codecs.values()]), _all([c.encode for c in codecs.values()])
    return Codec(datatype, decode, encode)


def _all(converts: Sequence[Convert | None]) -> Convert | None:
    if not any(converts):
        return None
    return lambda key: tuple(convert(part) if convert else part for convert, part in zip(converts, key, strict=True))


def _uuid(column_type: sa.Uuid[Any], dialect: DialectTypes) -> Codec:
    compare = compare_uuids if dialect.name == SQLITE else None
    decode, encode = (None, None) if column_type.as_uuid else (UUID, str)
    return Codec(scalars.UUID_, decode, encode, compare=compare)


def _json(_: TypeEngine[Any], __: DialectTypes) -> Codec:
    return Codec(JSON_VALUES)


def _array(column_type: sa.ARRAY[Any], dialect: DialectTypes) -> Codec:
    item = codec_of(column_type.item_type, dialect)
    if column_type.dimensions not in (None, 1) or not item.is_settable:
        return ONLY_SHOWN
    decode, encode, bind = _each(item.decode), _each(item.encode), item.bind or column_type.item_type
    return Codec(List(item.type), decode, encode, bind=bind, compare=item.compare)


def _each(convert: Convert | None) -> Convert | None:
    return (lambda items: [None if item is None else convert(item) for item in items]) if convert else None


_CODECS: Mapping[type, Callable[[Any, DialectTypes], Codec]] = {  # a subclass comes before its base class
    sa.Enum: enum_codec,
    sa.String: string_codec,
    sa.Integer: integer_codec,
    sa.Numeric: number_codec,
    sa.Float: number_codec,
    sa.DateTime: datetime_codec,
    sa.Time: time_codec,
    sa.Uuid: _uuid,
    sa.JSON: _json,
    sa.ARRAY: _array,
}
