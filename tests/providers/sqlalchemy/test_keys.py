from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from bzz.providers.sqlalchemy.keys import compare, equal, key_from, one_of, parameters, values_of
from bzz.schema.types import EQUALITY

TABLE = sa.table("t", sa.column("a", sa.Integer), sa.column("b", sa.Integer))
COLUMNS = [TABLE.c.a, TABLE.c.b]
ROWS = [(1, 1), (1, 2), (2, 1), (2, 2), (None, 1), (1, None)]


def test_the_key_of_one_column_is_a_value_and_that_of_several_is_a_tuple() -> None:
    assert (key_from([7]), key_from([1, 2])) == (7, (1, 2))
    assert (values_of(7, 1), values_of((1, 2), 2), values_of(None, 2)) == ([7], (1, 2), [None, None])
    assert parameters((1, 2), 2) == {"key": 1, "key1": 2}
    assert str(equal(COLUMNS[:1], 7)) == "t.a = :a_1"
    assert str(one_of(COLUMNS[:1], [7])) == "t.a IN (__[POSTCOMPILE_a_1])"


@pytest.mark.parametrize("dialect", ["sqlite", "mssql"])
@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [
        ("eq", (1, 2), [(1, 2)]),
        ("eq", None, [(None, 1), (1, None)]),
        ("ne", (1, 2), [(1, 1), (2, 1), (2, 2), (None, 1), (1, None)]),
        ("ne", None, [(1, 1), (1, 2), (2, 1), (2, 2)]),
        ("in", [(1, 2), (2, 1)], [(1, 2), (2, 1)]),
        ("in", [(1, 2), None], [(1, 2), (None, 1), (1, None)]),
        ("in", [], []),
        ("nin", [(1, 2), (2, 1)], [(1, 1), (2, 2), (None, 1), (1, None)]),
        ("nin", [(1, 2), None], [(1, 1), (2, 1), (2, 2)]),
        ("nin", [], ROWS),
        ("exists", True, [(1, 1), (1, 2), (2, 1), (2, 2)]),
        ("exists", False, [(None, 1), (1, None)]),
        ("gt", (1, 2), [(2, 1), (2, 2)]),
        ("gte", (1, 2), [(1, 2), (2, 1), (2, 2)]),
        ("lt", (2, 1), [(1, 1), (1, 2)]),
        ("lte", (2, 1), [(1, 1), (1, 2), (2, 1)]),
    ],
)
def test_keys_of_several_columns_are_compared(operator: str, value: Any, found: list[Any], dialect: str) -> None:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a INTEGER, b INTEGER)")
        held = ROWS if operator in EQUALITY else ROWS[:4]  # only primary keys are ordered, and they are never null
        connection.execute(sa.insert(TABLE), [{"a": a, "b": b} for a, b in held])
        rows = connection.execute(sa.select(*COLUMNS).where(compare(COLUMNS, operator, value, dialect))).all()
    engine.dispose()
    assert {*map(tuple, rows)} == {*found}


def test_keys_are_ordered_without_rows_where_a_database_cannot_compare_rows() -> None:
    assert "(t.a, t.b) > (" in str(compare(COLUMNS, "gt", (1, 2), "sqlite"))
    assert "(t.a, t.b)" not in str(compare(COLUMNS, "gt", (1, 2), "mssql"))
