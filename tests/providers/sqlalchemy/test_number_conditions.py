"""The SQL clauses that compare floats with columns of another precision."""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from tests.providers.sqlalchemy.kinds import TABLE, codec, sql_of


def test_a_float_with_32_bits_is_compared_by_the_shown_numbers() -> None:
    found = codec(sa.REAL(), "postgresql")
    compare, column = found.compare, TABLE.c.real
    assert compare is not None
    stored = struct.unpack("<f", struct.pack("<f", 0.1))[0]
    for operator, value, sql in (
        ("eq", 0.1, "= $1"),
        ("eq", None, "IS NULL"),
        ("gt", 0.1, "> $1"),
        ("gt", 0.10000000001, "> $1"),
        ("lt", 0.10000000001, "<= $1"),
        ("gte", 0.09999999999, ">= $1"),
        ("lte", 0.09999999999, "< $1"),
    ):
        clause = compare(column, operator, value)
        assert sql in sql_of(clause), (operator, value)
        assert [*clause.compile().params.values()] == ([] if value is None else [stored])
    assert [str(compare(column, operator, 0.10000000001)) for operator in ("eq", "ne")] == ["false", "true"]
    assert [*compare(column, "in", [0.1, None, 0.10000000001]).compile().params.values()] == [[stored]]
    for raw in (1e39, -1e39):
        with pytest.raises(ValueError, match="32 bits"):
            found.type.parse(raw)


def test_a_float_is_compared_with_a_decimal_number_by_its_digits() -> None:
    compare = codec(sa.Numeric(10, 2, asdecimal=False), "postgresql").compare
    column: Any = sa.column("x", sa.Numeric(10, 2, asdecimal=False))
    assert compare is not None
    for operator, value, bound in (
        ("gt", 0.1, [Decimal("0.1")]),
        ("in", [0.1, None], [[Decimal("0.1")]]),
        ("eq", None, []),
    ):
        assert [*compare(column, operator, value).compile().params.values()] == bound
