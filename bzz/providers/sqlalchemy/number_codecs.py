"""The codecs of columns with numbers."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine

from bzz.providers.sqlalchemy.codec import MYSQL, POSTGRESQL, SQLITE, Codec, Convert, DialectTypes
from bzz.providers.sqlalchemy.comparisons import compare_column
from bzz.providers.sqlalchemy.sqlite_numbers import check_kept, decimal_comparison
from bzz.schema import scalars
from bzz.schema.scalars import Scalar, integer

MAX_DIGITS = 300  # of a decimal number, before or after the point; a float has 308
SHOWN_PLACES = 10  # of a decimal number that SQLAlchemy makes from a float, unless the column says otherwise
SINGLE_BITS = 24  # of the fraction of a float with 32 bits
SHORT_DIGITS, SINGLE_DIGITS = 6, 9  # decimal digits that such a float always keeps, and that always tell it
WITHOUT_PRECISION = {**dict.fromkeys(MYSQL, (10, 0)), "mssql": (18, 0)}  # what NUMERIC means in a database


def integer_codec(column_type: sa.Integer, dialect: DialectTypes) -> Codec:
    """Return the codec of a column with integers."""
    bits = 64 if dialect.name == SQLITE or isinstance(column_type, sa.BigInteger) else 32
    bits = 16 if isinstance(column_type, sa.SmallInteger) else bits
    bounded = replace(integer(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1), wider=scalars.INTEGER)
    return Codec(bounded, bind=sa.BigInteger() if bits < 64 else None)


def number_codec(column_type: Any, dialect: DialectTypes) -> Codec:
    """Return the codec of a column with decimal numbers or floats."""
    if column_type.python_type is Decimal:
        return _decimal_codec(column_type, dialect)
    if not isinstance(column_type, sa.Float):
        return _plain_codec(column_type, dialect)
    return _single_codec(dialect) if _is_single(column_type, dialect) else Codec(_float_type(dialect))


def _decimal_codec(column_type: Any, dialect: DialectTypes) -> Codec:
    wider, shown = _decimal_type(dialect), _shown_places(column_type) if dialect.name == SQLITE else None
    digits, places = _bounds(column_type, dialect)

    def parse_decimal(raw: Any) -> Decimal:
        fitting = _fitting(scalars.DECIMAL.parse(raw), digits, places)
        if shown is not None:
            check_kept(fitting, shown)
        return fitting

    bounded = replace(wider, parser=parse_decimal, wider=wider)
    bind = None if isinstance(column_type, sa.Float) else sa.Numeric()
    return Codec(bounded, bind=bind, compare=None if shown is None else decimal_comparison(shown))


def _plain_codec(column_type: Any, dialect: DialectTypes) -> Codec:
    """Return the codec of a column whose decimal numbers SQLAlchemy reads as floats."""
    digits, places = _bounds(column_type, dialect)

    def parse_float(raw: Any) -> float:
        value: float = scalars.FLOAT.parse(raw)
        _fitting(Decimal(repr(value)), digits, places)
        return value

    bounded = replace(_float_type(dialect), parser=parse_float)
    return Codec(bounded, compare=None if dialect.name == SQLITE else _compare_digits)


def _compare_digits(column: Any, operator: str, value: Any) -> Any:
    """Return the clause of a condition that compares a column of decimal numbers with the shown digits of floats."""
    given: Any = [*map(_digits, value)] if operator in ("in", "nin") else _digits(value)
    return compare_column(column, operator, given, sa.Numeric())


def _digits(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(repr(value))


def _bounds(column_type: Any, dialect: DialectTypes) -> tuple[int, int | None]:
    """Return how many digits a column can have before and after the point. None for any number."""
    precision, scale = column_type.precision, getattr(column_type, "scale", None)
    if isinstance(column_type, sa.Float):  # with asdecimal=True
        return MAX_DIGITS, _shown_places(column_type)
    if precision is None:
        precision, scale = WITHOUT_PRECISION.get(str(dialect.name), (None, scale))
    places = scale or (None if precision is None else 0)
    digits = MAX_DIGITS if precision is None else precision - (places or 0)
    if dialect.name == SQLITE and column_type.asdecimal:  # SQLAlchemy makes the decimal numbers from floats
        shown = _shown_places(column_type)
        places = shown if scale is None else min(scale, shown)
    return digits, places


def _shown_places(column_type: Any) -> int:
    """Return how many decimal places SQLAlchemy gives to a decimal number that it makes from a float."""
    scales = (column_type.decimal_return_scale, getattr(column_type, "scale", None), SHOWN_PLACES)
    return next(scale for scale in scales if scale is not None)


def _fitting(value: Decimal, digits: int, places: int | None) -> Decimal:
    """Return ``value`` without zeros that a column does not have.

    Raises:
        ValueError: the column cannot hold the value.
    """
    if value and not -MAX_DIGITS <= value.adjusted() < digits:
        raise ValueError(f"expected at most {digits} digits before the point")
    sign, figures, exponent = value.as_tuple()
    surplus = -int(exponent) - (MAX_DIGITS if places is None else places)
    if surplus <= 0:
        return value
    if any(figures[-surplus:]):
        raise ValueError(f"has at most {places} decimal places")
    return Decimal((sign, figures[:-surplus] or (0,), int(exponent) + surplus))


def _decimal_type(dialect: DialectTypes) -> Scalar:
    parse_wide = _with_infinity(dialect, scalars.DECIMAL)

    def parse_decimal(raw: Any) -> Decimal:
        value: Decimal = parse_wide(raw)
        if value and value.is_finite() and not -MAX_DIGITS <= value.adjusted() < MAX_DIGITS:
            raise ValueError(f"expected at most {MAX_DIGITS} digits before and after the point")
        return value

    return replace(scalars.DECIMAL, parser=parse_decimal, wider=None)


def _float_type(dialect: DialectTypes) -> Scalar:
    wider = replace(scalars.FLOAT, parser=_with_infinity(dialect, scalars.FLOAT), wider=None)
    return replace(scalars.FLOAT, wider=wider)


def _with_infinity(dialect: DialectTypes, finite: Scalar) -> Callable[[Any], Any]:
    """Return a parser that takes the numbers that are not finite, too, if the database can hold them."""
    if dialect.name == POSTGRESQL:
        return finite.unbounded.parse
    return _parse_infinity(finite) if dialect.name == SQLITE else finite.parse


def _parse_infinity(finite: Scalar) -> Callable[[Any], Any]:
    def parse(raw: Any) -> Any:
        value = finite.unbounded.parse(raw)
        if math.isnan(value):
            raise ValueError("expected a number")
        return value

    return parse


def _is_single(column_type: sa.Float[Any], dialect: DialectTypes) -> bool:
    """Return whether a column holds floats with 32 bits."""
    if dialect.name == SQLITE or isinstance(column_type, sa.Double):
        return False
    name, precision, is_mysql = column_type.__visit_name__, column_type.precision, dialect.name in MYSQL
    if name == "REAL":
        return not is_mysql
    return precision <= SINGLE_BITS if precision else is_mysql and name in ("float", "FLOAT")


def _single_codec(dialect: DialectTypes) -> Codec:
    """Return the codec of a column that holds floats with 32 bits.

    A value is the shortest decimal number that means the stored float, as a Python float. MySQL shows 6 digits of it.
    """
    digits = SHORT_DIGITS if dialect.name in MYSQL else SINGLE_DIGITS
    wider = _float_type(dialect).unbounded

    def parse_single(raw: Any) -> float:
        value = scalars.FLOAT.parse(raw)
        if math.isinf(_stored(value)):
            raise ValueError("expected a number that a float with 32 bits can hold")
        return shortest(value, digits)

    datatype, decode = replace(scalars.FLOAT, parser=parse_single, wider=wider), partial(shortest, digits=digits)
    return Codec(datatype, decode, compare=partial(_compare_single, shown=decode))


def shortest(value: float, digits: int = SINGLE_DIGITS) -> float:
    """Return the shortest decimal number that means the float with 32 bits nearest to ``value``.

    It has ``digits`` digits at most.
    """
    single = _stored(value)
    if not math.isfinite(single):
        return single
    texts = (f"{single:.{some}g}" for some in range(SHORT_DIGITS, digits))
    return next((found for text in texts if _stored(found := float(text)) == single), float(f"{single:.{digits}g}"))


def _stored(value: float) -> float:
    """Return the float with 32 bits that is nearest to ``value``."""
    try:
        single: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return math.copysign(math.inf, value)
    return single


def _compare_single(column: Any, operator: str, value: Any, shown: Convert) -> Any:
    """Return the clause of a condition that compares the shown floats, not the stored ones, with ``value``."""
    if operator in ("in", "nin"):
        found = [one for one in value if one is None or _is_shown(one, shown)]
        return compare_column(column, operator, [one if one is None else _stored(one) for one in found], _SINGLE)
    if value is None or _is_shown(value, shown):
        return compare_column(column, operator, value if value is None else _stored(value), _SINGLE)
    if operator in ("eq", "ne"):
        return sa.false() if operator == "eq" else sa.true()
    single = _stored(value)
    nearest = _BEFORE if value < shown(single) else _AFTER  # the shown floats have the order of the stored ones
    return compare_column(column, nearest[operator], single, _SINGLE)


def _is_shown(value: float, shown: Convert) -> bool:
    return math.isnan(value) or bool(shown(value) == value)


_SINGLE: TypeEngine[Any] = sa.Double()
_BEFORE = {"gt": "gte", "gte": "gte", "lt": "lt", "lte": "lt"}  # for a value before the shown float that is nearest
_AFTER = {"gt": "gt", "gte": "gt", "lt": "lte", "lte": "lte"}
