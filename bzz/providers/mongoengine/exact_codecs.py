"""The codecs of decimals and of date-times, whose values may be finer than what MongoDB stores.

A value is brought to what is stored when it is typed. The value of a condition keeps all its digits. So a filter
compares as Python does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from bson.decimal128 import Decimal128, create_decimal128_context

from bzz.providers.mongoengine.codec import Codec
from bzz.schema import scalars
from bzz.schema.types import EQUALITY


def _naive(value: Any) -> Any:
    """Return a date and time as MongoEngine has it: in UTC, without a zone."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day) if isinstance(value, date) else value
    return value if value.tzinfo is None else scalars.utc(value).replace(tzinfo=None)


def _cut(value: Any) -> Any:
    """Return a date and time without what is smaller than a millisecond, as BSON dates do not have it."""
    value = _naive(value)
    finer = value.microsecond % 1000 if isinstance(value, datetime) else 0
    return value.replace(microsecond=value.microsecond - finer) if finer else value


def _nearest_millisecond(value: datetime) -> tuple[datetime, bool]:
    return _cut(value), _cut(value) == value


EXACT_DATETIME = replace(scalars.DATETIME, parser=lambda raw: _naive(scalars.DATETIME.parse(raw)))
DATETIME = replace(scalars.DATETIME, parser=lambda raw: _cut(scalars.DATETIME.parse(raw)), wider=EXACT_DATETIME)
MILLISECONDS = Codec(DATETIME, _cut, nearest=_nearest_millisecond)


def complex_datetime_codec(field: Any) -> Codec:
    """Return the codec of a ComplexDateTimeField, which stores microseconds."""
    return Codec(EXACT_DATETIME, lambda value: _naive(field.to_python(value)))


def decimal128_codec(field: Any) -> Codec:
    """Return the codec of a Decimal128Field, which stores 34 digits."""
    datatype = replace(scalars.DECIMAL, parser=_decimal_parser(field.to_python), wider=scalars.DECIMAL.unbounded)
    return Codec(datatype, field.to_python, nearest=_nearest_decimal128)


def _nearest_decimal128(value: Decimal) -> tuple[Decimal128, bool]:
    context = create_decimal128_context()
    context.clear_traps()
    context.rounding = ROUND_FLOOR
    found = context.create_decimal(value)
    return Decimal128(found), value.is_nan() or found == value


def decimal_codec(field: Any) -> Codec:
    """Return the codec of a DecimalField.

    The field stores a float, or text if it has ``force_string``. Text sorts in another way than numbers.
    """

    def stored(value: Any) -> Any:
        return field.to_python(field.to_mongo(value))

    def nearest(value: Decimal) -> tuple[Any, bool]:
        is_exact = value.is_nan() or _is_kept(stored, value)
        if field.force_string:
            return str(field.to_python(value) if is_exact else value), is_exact
        number = float(value)
        return number if is_exact or not number > value else math.nextafter(number, -math.inf), is_exact

    parser = _decimal_parser(stored, field.precision)
    datatype = replace(scalars.DECIMAL, parser=parser, wider=scalars.DECIMAL.unbounded)
    if field.force_string:
        datatype = replace(datatype, operators=EQUALITY, sortable=False)
    return Codec(datatype, stored, nearest=nearest)


def _decimal_parser(stored: Callable[[Decimal], Decimal], places: int | None = None) -> Callable[[Any], Decimal]:
    """Return the parser of a field.

    Args:
        stored: a function that returns what is left of a value when it is stored.
        places: how many decimal places the field keeps. None for any number.
    """

    def parse(raw: Any) -> Decimal:
        value = scalars.DECIMAL.parse(raw)
        if places is not None and _places(value) > places:
            raise ValueError(f"has at most {places} decimal places")
        if not _is_kept(stored, value):
            raise ValueError("has more digits than the field keeps")
        return stored(value)

    return parse


def _places(value: Decimal) -> int:
    """Return how many decimal places a number has, without zeros at its end."""
    _, digits, exponent = value.as_tuple()
    text = "".join(map(str, digits))
    return -int(exponent) - (len(text) - len(text.rstrip("0"))) if value else 0


def _is_kept(stored: Callable[[Decimal], Decimal], value: Decimal) -> bool:
    """Tell whether a field stores a number with all its digits."""
    try:
        return bool(stored(value) == value)
    except (ArithmeticError, ValueError):
        return False
