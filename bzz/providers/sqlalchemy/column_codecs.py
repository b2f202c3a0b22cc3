"""The codecs of columns.

A codec contains the type of a column. It decodes and encodes the column's values. The column's SQLAlchemy type
determines the codec.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine

from bzz.schema import scalars
from bzz.schema.composite_keys import CompositeKey
from bzz.schema.containers import List
from bzz.schema.enumerations import enumeration
from bzz.schema.free_form import Json
from bzz.schema.scalars import Scalar, integer
from bzz.schema.types import DataType, parse_text

SQLITE = "sqlite"
MAX_DIGITS = 300  # of a decimal number, before or after the point; a float has 308
SHOWN = Json(plain=str)  # shows values of the database's own types as text
Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Codec:
    """The type of one column, with conversion in both directions.

    Args:
        type: the type of the field.
        decode: a function from SQLAlchemy's value to the typed value. It is never called with None.
            ``decode`` is None if both values are always the same.
        encode: a function from the typed value to SQLAlchemy's value. The rules for ``decode`` also apply here.
        is_settable: whether a request may set the field.
    """

    type: DataType
    decode: Convert | None = None
    encode: Convert | None = None
    is_settable: bool = True


class Shown(Json):
    """The type of values that can only be shown.

    No filter can compare them.
    """

    operators = ()


ONLY_SHOWN = Codec(Shown(plain=str), SHOWN.dump, is_settable=False)


def codec_of(column_type: TypeEngine[Any], dialect: str | None) -> Codec:
    """Return the codec of a column type.

    A type that bzz does not know can only be shown.

    Args:
        column_type: a column type of SQLAlchemy.
        dialect: the name of the database's dialect, which has limits of its own. None if the dialect is unknown.
    """
    if isinstance(column_type, (sa.PickleType, sa.Interval)):
        return ONLY_SHOWN
    if isinstance(column_type, TypeDecorator):
        inner = codec_of(column_type.impl_instance, dialect)
        encodes_itself = type(column_type).process_bind_param is not TypeDecorator.process_bind_param
        return replace(inner, encode=None) if encodes_itself else inner
    for kind, make in _CODECS.items():
        if isinstance(column_type, kind):
            return make(column_type, dialect)
    try:
        datatype = _TYPES.get(column_type.python_type)
    except NotImplementedError:
        datatype = None
    return Codec(datatype) if datatype else ONLY_SHOWN


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


def _enum(column_type: sa.Enum, _: str | None) -> Codec:
    if column_type.enum_class is not None and hasattr(column_type.enum_class, "__members__"):
        return Codec(enumeration(column_type.enum_class))
    allowed = [str(name) for name in column_type.enums]

    def parse_choice(raw: Any) -> str:
        if raw not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}")
        return str(raw)

    return Codec(Scalar("enumeration", parse_choice))


def _string(column_type: sa.String, _: str | None) -> Codec:
    longest = column_type.length

    def parse_string(raw: Any) -> str:
        value = parse_text(raw)
        if "\0" in value:
            raise ValueError("must not contain NUL")
        if longest is not None and len(value) > longest:
            raise ValueError(f"expected at most {longest} characters")
        return value

    return Codec(replace(scalars.STRING, parser=parse_string))


def _integer(column_type: sa.Integer, dialect: str | None) -> Codec:
    bits = 64 if dialect == SQLITE or isinstance(column_type, sa.BigInteger) else 32
    bits = 16 if isinstance(column_type, sa.SmallInteger) else bits
    return Codec(integer(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))


def _number(column_type: sa.Numeric[Any], _: str | None) -> Codec:
    if column_type.python_type is not Decimal:
        return Codec(scalars.FLOAT)
    precision, scale = column_type.precision, column_type.scale or 0
    digits = MAX_DIGITS if precision is None else precision - scale

    def parse_decimal(raw: Any) -> Decimal:
        value: Decimal = scalars.DECIMAL.parse(raw)
        if value and not -MAX_DIGITS <= value.adjusted() < digits:
            raise ValueError(f"expected at most {digits} digits before the point")
        return value

    return Codec(replace(scalars.DECIMAL, parser=parse_decimal))


def _datetime(column_type: sa.DateTime, _: str | None) -> Codec:
    """Return the codec of a date and time.

    The value is in UTC, even if the column or the database has no time zones.
    """
    encode = None if column_type.timezone else (lambda value: value.replace(tzinfo=None))
    return Codec(scalars.DATETIME, scalars.utc, encode)


def _time(column_type: sa.Time, _: str | None) -> Codec:
    def decode(value: time) -> time:
        return value if value.tzinfo is None else scalars.utc(datetime.combine(date(2000, 1, 1), value)).time()

    encode = (lambda value: value.replace(tzinfo=UTC)) if column_type.timezone else None
    return Codec(scalars.TIME, decode, encode)


def _uuid(column_type: sa.Uuid[Any], _: str | None) -> Codec:
    return Codec(scalars.UUID_) if column_type.as_uuid else Codec(scalars.UUID_, UUID, str)


def _json(_: TypeEngine[Any], __: str | None) -> Codec:
    return Codec(Json(plain=str, integers=None))


def _array(column_type: sa.ARRAY[Any], dialect: str | None) -> Codec:
    item = codec_of(column_type.item_type, dialect)
    if column_type.dimensions not in (None, 1):
        return ONLY_SHOWN
    decode, encode = _each(item.decode), _each(item.encode)
    return Codec(List(item.type), decode, encode, is_settable=item.is_settable)


def _each(convert: Convert | None) -> Convert | None:
    return (lambda items: [None if item is None else convert(item) for item in items]) if convert else None


_CODECS: Mapping[type, Callable[[Any, str | None], Codec]] = {  # a subclass comes before its base class
    sa.Enum: _enum,
    sa.String: _string,
    sa.Integer: _integer,
    sa.Numeric: _number,
    sa.Float: _number,
    sa.DateTime: _datetime,
    sa.Time: _time,
    sa.Uuid: _uuid,
    sa.JSON: _json,
    sa.ARRAY: _array,
}
_TYPES: Mapping[type, DataType] = {
    bool: scalars.BOOLEAN,
    date: scalars.DATE,
    bytes: scalars.BYTES,
    str: scalars.STRING,
    int: scalars.INTEGER,
    float: scalars.FLOAT,
}
