"""Conditions on the rows of one column, compared with plain Python."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from bzz.providers.sqlalchemy.stored_values import RAW

COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


def differences(
    engine: sa.Engine, kind: Any, compare: Any, stored: Sequence[Any], values: Sequence[Any], *, ordered: bool = True
) -> list[Any]:
    """Return the conditions that find other rows than plain Python does among what the column shows.

    Args:
        engine: of SQLite, in memory.
        kind: the type of the column.
        compare: makes the clause of a condition.
        stored: what the rows store; one more stores null.
        values: what the conditions compare with.
        ordered: whether the values have an order.
    """
    table = sa.Table("row", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", kind))
    found = []
    with engine.begin() as connection:
        table.create(connection)
        raw = sa.table("row", sa.column("x", RAW))
        connection.execute(sa.insert(raw), [{"x": one} for one in (*stored, None)])
        rows = connection.execute(sa.select(table)).all()

        def ids(clause: Any) -> list[int]:
            return [*connection.scalars(sa.select(table.c.id).where(clause).order_by(table.c.id))]

        for value in values:
            for name, holds in COMPARED.items() if ordered else [*COMPARED.items()][:2]:
                wanted = [one for one, x in rows if (name == "ne" if x is None else holds(x, value))]
                if ids(compare(table.c.x, name, value)) != wanted:
                    found.append((name, value))
        for some in (values, [*values, None], []):
            for name in ("in", "nin"):
                wanted = [one for one, x in rows if (x in some) == (name == "in")]
                if ids(compare(table.c.x, name, some)) != wanted:
                    found.append((name, some))
        for name in ("eq", "ne"):
            wanted = [one for one, x in rows if (x is None) == (name == "eq")]
            if ids(compare(table.c.x, name, None)) != wanted:
                found.append((name, None))
        table.drop(connection)
    return found
