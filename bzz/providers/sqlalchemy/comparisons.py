"""The SQL clauses that compare a column with a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeEngine


def compare_column(column: Any, operator: str, value: Any, bind: TypeEngine[Any] | None = None) -> Any:
    """Return the clause of a condition on a column.

    Args:
        column: the column, or a comparator of the application, which makes a parameter itself.
        operator: ``eq``, ``ne``, ``gt``, ``gte``, ``lt``, ``lte``, ``in`` or ``nin``.
        value: SQLAlchemy's value, or a list of such values. It may be or contain None. It may also be a parameter.
        bind: the type of the parameter. None for the column's own type.
    """
    kind = bind or getattr(column, "type", None)
    if operator in ("in", "nin"):
        return _one_of(column, value, kind, negated=operator == "nin")
    is_made = value is None or kind is None or isinstance(value, sa.BindParameter)
    return _COMPARISONS[operator](column, value if is_made else sa.literal(value, kind))


_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": lambda column, value: column == value,
    "ne": lambda column, value: column.is_not(None) if value is None else sa.or_(column != value, column.is_(None)),
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
}


def _one_of(column: Any, values: Any, kind: TypeEngine[Any] | None, *, negated: bool) -> Any:
    is_null, found = False, values
    if not isinstance(values, sa.BindParameter):
        others = [value for value in values if value is not None]
        is_null = len(others) < len(values)
        found = sa.bindparam(None, others, type_=kind, expanding=True, unique=True)
    if negated:
        return (
            sa.and_(column.not_in(found), column.is_not(None))
            if is_null
            else (sa.or_(column.not_in(found), column.is_(None)))
        )
    return sa.or_(column.in_(found), column.is_(None)) if is_null else column.in_(found)
