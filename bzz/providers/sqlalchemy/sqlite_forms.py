"""Conditions on what SQLite's columns show, where other programs can store the same value in several forms.

The clauses call no function of the column, so that SQLite can use an index.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from bzz.providers.sqlalchemy.codec import Compare
from bzz.providers.sqlalchemy.stored_values import RAW

Equal = Callable[[Any, Sequence[Any]], Any]
Below = Callable[[Any, Any, bool], tuple[Any, Any]]
MANY = 16  # values of one condition that may have ranges; SQLite limits the depth of expressions


def comparison(equal: Equal, below: Below | None = None) -> Compare:
    """Return a function from a column, an operator and SQLAlchemy's value to the clause of a condition.

    Args:
        equal: a function from the column and values without None. It returns the clause that tests whether the column
            shows one of the values.
        below: a function from the column, a value and a bool. It returns the clause that tests whether the column shows
            less than the value, or the value itself if the bool is true, and the clause of the opposite. None if the
            values have no order.
    """

    def compare(column: Any, operator: str, value: Any) -> Any:
        raw = sa.type_coerce(column, RAW)
        if below and operator in _ORDER:
            or_equal, index = _ORDER[operator]
            return below(raw, value, or_equal)[index]
        values = value if operator in ("in", "nin") else [value]
        others = [one for one in values if one is not None]
        found, is_null = equal(raw, others), raw.is_(None)
        if operator in ("eq", "in"):
            return sa.or_(found, is_null) if len(others) < len(values) else found
        return sa.not_(sa.or_(found, is_null)) if len(others) < len(values) else sa.or_(sa.not_(found), is_null)

    return compare


_ORDER = {"lt": (False, 0), "gte": (False, 1), "lte": (True, 0), "gt": (True, 1)}


def one_of(raw: Any, texts: Iterable[str]) -> Any:
    """Return the clause that tests whether a column stores one of ``texts``.

    All texts are one parameter, as SQLite limits the number of parameters.
    """
    items = sa.func.json_each(sa.literal(orjson.dumps([*texts]).decode(), sa.Text())).table_valued("value")
    return raw.in_(sa.select(items.c.value))


def within(raw: Any, ranges: Iterable[tuple[Any, Any]]) -> Iterable[Any]:
    """Yield a clause for each range, which tests whether a column stores something in it, without the range's end."""
    return (sa.and_(raw >= start, raw < end) for start, end in ranges)


def _equal_uuids(raw: Any, values: Sequence[Any]) -> Any:
    known = [UUID(str(value)) for value in values]
    return one_of(raw, [text for one in known for text in (one.hex, str(one), one.hex.upper(), str(one).upper())])


compare_uuids = comparison(_equal_uuids)
