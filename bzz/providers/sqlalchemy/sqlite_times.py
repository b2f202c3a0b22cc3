"""Conditions on SQLite's columns of times.

SQLAlchemy writes ``2024-01-02 03:04:05.600000`` and reads all of ISO 8601. Other programs write no fraction, or other
numbers of digits, ``T`` between date and time, ``Z`` or ``+00:00`` at the end, or the date alone.

Texts with the same separator and without ``Z`` are in the order of their times. But ``Z`` comes after every character
that continues a time. So ``10:20Z`` comes after ``10:20:30``, and the conditions name such texts one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

from bzz.providers.sqlalchemy.codec import Compare
from bzz.providers.sqlalchemy.sqlite_forms import MANY, comparison, one_of, within

DIALECT = sqlite.dialect()
SUFFIXES = ("", "Z", "+00:00")
CUTS = (2, 5, 8, 10, 11, 12, 13, 14, 15)  # lengths of 10, 10:20, 10:20:30, 10:20:30.4, ...
MICROSECOND = timedelta(microseconds=1)
SAMPLE = "2024-01-02T03:04:05.6"


def time_comparison(column_type: TypeEngine[Any]) -> Compare | None:
    """Return the comparison of a column with times.

    Return None if the column does not contain texts in ISO 8601, because its type has a form of its own.
    """
    read = column_type.dialect_impl(DIALECT).result_processor(DIALECT, None)
    sample, wanted = SAMPLE, datetime.fromisoformat(SAMPLE)
    if isinstance(column_type, sa.Time):
        sample, wanted = SAMPLE[11:], wanted.time()  # type: ignore[assignment]
    try:
        is_iso = read is not None and read(sample) == wanted
    except ValueError:
        is_iso = False
    return compare_times if is_iso else None


def _equal(raw: Any, values: Sequence[Any]) -> Any:
    few = values if len(values) <= MANY else ()
    spelled = one_of(raw, [text for value in values for text in spellings(value)])
    return sa.or_(spelled, *(clause for value in few for clause in within(raw, longer_ranges(value))))


def spellings(value: datetime | time) -> list[str]:
    """Return the texts of a time with at most 6 digits after the point."""
    day, clock = _parts(value)
    shortest = len(_shortest(clock))
    clocks = [clock[:cut] for cut in CUTS if cut >= shortest and (day or cut > 2)]  # SQLite would make 10 a number
    texts = [f"{start}{text}{suffix}" for start in _starts(day) for text in clocks for suffix in SUFFIXES]
    return [day, *texts] if day and not shortest else texts


def longer_ranges(value: datetime | time) -> list[tuple[str, str]]:
    """Return the ranges of the texts of a time with more digits. A reader cuts these digits off."""
    day, clock = _parts(value)
    return [(f"{start}{clock}0", f"{start}{clock}:") for start in _starts(day)]


def _below(raw: Any, value: Any, or_equal: bool) -> tuple[Any, Any]:
    day, clock = _parts(value)
    if or_equal:
        following = _following(value.replace(tzinfo=None))
        if following is None:
            end = f"{day}U" if day else "24:"
            return raw < end, raw >= end
        day, clock = _parts(following)
    shortest = _shortest(clock)
    ended = [f"{start}{clock[:cut]}Z" for start in _starts(day) for cut in CUTS if cut < len(shortest)]
    if not day:
        first = max(shortest, clock[:3], key=len)
        return sa.or_(raw < first, one_of(raw, ended)), sa.and_(raw >= first, sa.not_(one_of(raw, ended)))
    if not shortest:
        return raw < day, raw >= day
    spaced, separated = (f"{start}{shortest}" for start in _starts(day))
    earlier = sa.or_(raw < spaced, *within(raw, [(f"{day}T", separated)]), one_of(raw, ended))
    return sa.and_(raw < f"{day}U", earlier), sa.and_(raw >= day, sa.not_(earlier))


compare_times = comparison(_equal, _below)


def _parts(value: datetime | time) -> tuple[str, str]:
    """Return the texts of the day and of the time of day. The first is empty for a time of day."""
    text = value.replace(tzinfo=None).isoformat(timespec="microseconds")
    day, _, clock = text.rpartition("T")
    return day, clock


def _starts(day: str) -> tuple[str, ...]:
    return (f"{day} ", f"{day}T") if day else ("",)


def _shortest(clock: str) -> str:
    """Return a time of day without the zeros at its end. It is empty for midnight."""
    fraction = clock[9:].rstrip("0")
    if fraction:
        return clock[:9] + fraction
    return next((clock[:end] for end in (8, 5, 2) if clock[end - 2 : end] != "00"), "")


def _following(value: datetime | time) -> datetime | time | None:
    """Return the next time, one microsecond later. None if there is none."""
    if isinstance(value, datetime):
        return None if value == datetime.max else value + MICROSECOND
    return None if value == time.max else (datetime.combine(datetime.min, value) + MICROSECOND).time()
