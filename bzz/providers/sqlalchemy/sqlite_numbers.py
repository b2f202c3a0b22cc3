"""Conditions on SQLite's columns of decimal numbers.

SQLite stores floats, and SQLAlchemy rounds them to the scale of the column. A condition compares the rounded number.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

import sqlalchemy as sa

from bzz.providers.sqlalchemy.codec import Compare
from bzz.providers.sqlalchemy.sqlite_forms import MANY, comparison, within

EXACT = Context(prec=1000)
LARGEST = Decimal(sys.float_info.max)


def decimal_comparison(places: int) -> Compare:
    """Return the comparison of a column with decimal numbers, which are shown with ``places`` decimal places."""

    def equal(raw: Any, values: Sequence[Decimal]) -> Any:
        if len(values) > MANY:
            return raw.in_([float(value) for value in values])
        finite = [value for value in values if value.is_finite()]
        ranges = ((least(value, places), least(value, places, above=True)) for value in finite)
        infinite = [raw == float(value) for value in values if value.is_infinite()]
        return sa.or_(sa.false(), *infinite, *within(raw, [(start, end) for start, end in ranges if start < end]))

    def below(raw: Any, value: Decimal, or_equal: bool) -> tuple[Any, Any]:
        if value.is_infinite():
            bound = float(value)
            return (raw <= bound, raw > bound) if or_equal else (raw < bound, raw >= bound)
        bound = least(value, places, above=or_equal)
        return raw < bound, raw >= bound

    return comparison(equal, below)


def least(value: Decimal, places: int, *, above: bool = False) -> float:
    """Return the least float that is shown as ``value`` or more; with ``above``, as more than ``value``."""
    if abs(value) > LARGEST:
        return math.inf if value > 0 else -sys.float_info.max
    unit = Decimal(1).scaleb(-places)
    shown = value.quantize(unit, ROUND_FLOOR if above else ROUND_CEILING, EXACT)
    target = EXACT.add(shown, unit) if above else shown
    bound = float(EXACT.subtract(target, unit / 2))  # the nearest float; each float before it is shown as less
    while Decimal(f"{bound:.{places}f}") < target:
        bound = math.nextafter(bound, math.inf)
    return bound


def check_kept(value: Decimal, places: int) -> None:
    """Check that the float that SQLite stores for ``value`` is shown as ``value``.

    Raises:
        ValueError: it is shown as another number.
    """
    if Decimal(f"{float(value):.{places}f}") != value:
        raise ValueError("has more digits than SQLite keeps in a number; send at most 15 digits")
