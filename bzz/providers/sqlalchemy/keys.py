"""Keys of one or several columns, and the SQL clauses that compare them.

The key of one column is a value. The key of several columns is a tuple of values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from bzz.providers.sqlalchemy.codec import SQLITE, Compare
from bzz.providers.sqlalchemy.comparisons import compare_column

COMPARING_ROWS = {SQLITE, "postgresql"}  # these use an index to find the rows after a row
_COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


def key_attributes(mapper: Mapper[Any]) -> tuple[str, ...]:
    """Return the names of the attributes that contain a class's primary key."""
    return tuple(attribute_of(mapper, column) for column in mapper.primary_key)


def has_default(column: Any) -> bool:
    """Return whether the ORM or the database gives a column a value that an INSERT lacks."""
    return column.default is not None or column.server_default is not None


def attribute_of(mapper: Mapper[Any], column: Any) -> str:
    """Return the name of the attribute that contains ``column``."""
    return mapper.get_property_by_column(column).key


def key_from(values: Sequence[Any]) -> Any:
    """Return the key that consists of ``values``."""
    return values[0] if len(values) == 1 else tuple(values)


def values_of(key: Any, size: int) -> Sequence[Any]:
    """Return the values of the ``size`` columns of a key. If the key is None, all values are None."""
    return [key] if size == 1 else [None] * size if key is None else key


def parameters(key: Any, size: int) -> dict[str, Any]:
    """Return the parameters of a statement: ``key``, ``key1``, ``key2``, for the ``size`` columns of a key."""
    return {f"key{index or ''}": value for index, value in enumerate(values_of(key, size))}


def one_of(columns: Sequence[Any], keys: Any) -> Any:
    """Return the clause that tests whether columns contain a key.

    Args:
        columns: the columns of the key.
        keys: keys without None, a statement that selects keys, or a parameter that contains keys.
    """
    if len(columns) == 1:
        return columns[0].in_(keys)
    if isinstance(keys, sa.ClauseElement) or len(keys) != 1:
        return sa.tuple_(*columns).in_(keys)
    return equal(columns, *keys)


def equal(columns: Sequence[Any], key: Any) -> Any:
    """Return the clause that tests whether columns contain ``key``."""
    return sa.and_(*(column == value for column, value in zip(columns, values_of(key, len(columns)), strict=True)))


def compare(
    columns: Sequence[Any], operator: str, value: Any, dialect: str, compares: Sequence[Compare | None] = ()
) -> Any:
    """Return the clause of a condition on a key of several columns.

    Args:
        columns: the columns of the key. The key is null if one of them is null. ``gt``, ``gte``, ``lt`` and ``lte``
            are for columns that are never null.
        operator: an operator of ``Condition``, but none for text.
        value: a key, or a list of keys. It may contain None. For ``exists``, it is a boolean.
        dialect: the name of the database's dialect.
        compares: the ``Codec.compare`` of each column, for keys that other programs store in other forms.
    """
    if operator in _COMPARISONS:
        return _beyond(columns, operator, value, dialect)
    is_null = sa.or_(*(column.is_(None) for column in columns))
    if operator == "exists":
        return sa.not_(is_null) if value else is_null
    keys = value if operator in ("in", "nin") else [value]
    others = [key for key in keys if key is not None]
    found = _one_of_forms(columns, others, compares) if any(compares) else one_of(columns, others)
    if operator in ("eq", "in"):
        return sa.or_(found, is_null) if None in keys else found
    return sa.not_(sa.or_(is_null, found)) if None in keys else sa.or_(is_null, sa.not_(found))


def _one_of_forms(columns: Sequence[Any], keys: Sequence[Any], compares: Sequence[Compare | None]) -> Any:
    """Return the clause that tests whether columns show one of ``keys``, by the comparison of each column."""
    finds = [find or compare_column for find in compares]

    def is_key(key: Any) -> Any:
        return sa.and_(*(find(one, "eq", part) for find, one, part in zip(finds, columns, key, strict=True)))

    return sa.or_(sa.false(), *map(is_key, keys))


def as_literal(column: Any, value: Any) -> Any:
    """Return a value as a parameter. SQLAlchemy refuses to compare plain True and False with ``<``."""
    return value if isinstance(value, sa.ClauseElement) else sa.literal(value, column.type)


def _beyond(columns: Sequence[Any], operator: str, key: Any, dialect: str) -> Any:
    """Return the clause that tests whether columns contain a key before or after ``key``."""
    literals = [as_literal(column, value) for column, value in zip(columns, key, strict=True)]
    if dialect in COMPARING_ROWS:
        return _COMPARISONS[operator](sa.tuple_(*columns), sa.tuple_(*literals))
    clause: Any = _COMPARISONS[operator](columns[-1], literals[-1])
    beyond = _COMPARISONS[operator.removesuffix("e")]
    for column, literal in reversed([*zip(columns[:-1], literals[:-1], strict=True)]):
        clause = sa.or_(beyond(column, literal), sa.and_(column == literal, clause))
    return clause
