"""The codecs of columns with dates and times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa

from bzz.providers.sqlalchemy.codec import MYSQL, SQLITE, Codec, Compare, DialectTypes
from bzz.providers.sqlalchemy.sqlite_times import time_comparison
from bzz.schema import scalars
from bzz.schema.scalars import Scalar

DIGITS = 6  # of the fraction of a second in Python


def datetime_codec(column_type: sa.DateTime, dialect: DialectTypes) -> Codec:
    """Return the codec of a date and time.

    The value is in UTC, even if the column or the database has no time zones.
    """
    encode = None if column_type.timezone else _without_zone
    datatype, is_cut = _cut_type(scalars.DATETIME, column_type, dialect)
    bind = sa.DateTime(timezone=column_type.timezone) if is_cut else None
    return Codec(datatype, scalars.utc, encode, bind=bind, compare=_comparison(column_type, dialect))


def _comparison(column_type: sa.DateTime | sa.Time, dialect: DialectTypes) -> Compare | None:
    return time_comparison(column_type) if dialect.name == SQLITE else None


def _without_zone(value: datetime) -> datetime:
    return value.replace(tzinfo=None)


def time_codec(column_type: sa.Time, dialect: DialectTypes) -> Codec:
    """Return the codec of a time of day, in UTC."""

    def decode(value: time) -> time:
        return value if value.tzinfo is None else scalars.utc(datetime.combine(date(2000, 1, 1), value)).time()

    encode = (lambda value: value.replace(tzinfo=UTC)) if column_type.timezone else None
    datatype, is_cut = _cut_type(scalars.TIME, column_type, dialect)
    bind = sa.Time(timezone=column_type.timezone) if is_cut else None
    return Codec(datatype, decode, encode, bind=bind, compare=_comparison(column_type, dialect))


def _cut_type(datatype: Scalar, column_type: Any, dialect: DialectTypes) -> tuple[Scalar, bool]:
    """Return the type of a column's values, and whether the column cuts the fraction of a second.

    A value is cut when it is parsed, so that the database has nothing to round.
    """
    digits = getattr(column_type, "precision", getattr(column_type, "fsp", None))
    if digits is None:
        digits = 0 if dialect.name in MYSQL else DIGITS
    if digits >= DIGITS:
        return datatype, False
    return replace(datatype, parser=_cutting(datatype.parse, 10 ** (DIGITS - digits)), wider=datatype), True


def _cutting(parse: Callable[[Any], Any], unit: int) -> Callable[[Any], Any]:
    def parse_cut(raw: Any) -> Any:
        value = parse(raw)
        return value.replace(microsecond=value.microsecond - value.microsecond % unit)

    return parse_cut
