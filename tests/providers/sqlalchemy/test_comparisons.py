"""Clauses that compare a column with a value."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from bzz.providers.sqlalchemy.comparisons import compare_column
from tests.providers.sqlalchemy.kinds import TABLE, sql_of

EXACT = TABLE.c.exact


@pytest.mark.parametrize(
    ("operator", "value", "sql"),
    [
        ("eq", Decimal(1), "t.exact = $1::NUMERIC"),
        ("eq", None, "t.exact IS NULL"),
        ("ne", Decimal(1), "t.exact != $1::NUMERIC OR t.exact IS NULL"),
        ("ne", None, "t.exact IS NOT NULL"),
        ("gt", Decimal(1), "t.exact > $1::NUMERIC"),
        ("gte", Decimal(1), "t.exact >= $1::NUMERIC"),
        ("lt", Decimal(1), "t.exact < $1::NUMERIC"),
        ("lte", Decimal(1), "t.exact <= $1::NUMERIC"),
        ("in", [Decimal(1)], "t.exact IN (__[POSTCOMPILE_param_1])"),
        ("in", [None], "t.exact IN (__[POSTCOMPILE_param_1]) OR t.exact IS NULL"),
        ("nin", [Decimal(1)], "(t.exact NOT IN (__[POSTCOMPILE_param_1])) OR t.exact IS NULL"),
        ("nin", [None], "(t.exact NOT IN (__[POSTCOMPILE_param_1])) AND t.exact IS NOT NULL"),
    ],
)
def test_a_column_is_compared_by_each_operator(operator: str, value: Any, sql: str) -> None:
    assert sql_of(compare_column(EXACT, operator, value, sa.Numeric())) == sql


def test_a_column_is_compared_by_its_own_type_if_there_is_no_other() -> None:
    clause = compare_column(EXACT, "in", [Decimal(1)])
    assert clause.right.type is EXACT.type
    assert compare_column(EXACT, "eq", Decimal(1)).right.type is EXACT.type
