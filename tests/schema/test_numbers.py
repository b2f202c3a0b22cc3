"""Numbers that are integers or fractions."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bzz.http.bodies import decode
from bzz.providers.conditions import all_hold
from bzz.query.filters import parse_filter
from bzz.schema.encoding import encode
from bzz.schema.fields import Field
from bzz.schema.numbers import JsonNumber
from bzz.schema.scalars import NUMBER, addressable
from bzz.schema.schema import Schema
from tests.support.schemas import Model, fields

SCHEMA = Schema(Model, fields(Field("n", NUMBER)))


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (3, 3),
        (-(2**70), -(2**70)),
        (3.0, 3),
        (-0.0, 0),
        (2.5, 2.5),
        ("3", 3),
        ("3.0", 3),
        (" 2.50 ", 2.5),
        ("1e3", 1000),
        (1e23, 10**23),
        ("1e23", 10**23),
        ("9" * 40, 10**40 - 1),
        ("1e-320", 1e-320),
        (Decimal("0.10"), 0.1),
        (Decimal("5E+2"), 500),
        (JsonNumber("9007199254740993.0"), 2**53 + 1),
    ],
)
def test_a_number_is_an_integer_if_it_has_no_fraction(raw: Any, value: float) -> None:
    parsed = NUMBER.parse(raw)
    assert (type(parsed), parsed) == (type(value), value)


@pytest.mark.parametrize(
    "raw",
    [True, False, None, "x", "", "1_0", [1], b"1", "nan", math.nan, math.inf, "-Infinity", "1e999", 10**400],
)
def test_other_input_is_refused(raw: Any) -> None:
    with pytest.raises(ValueError, match=r"expected a (finite )?number"):
        NUMBER.parse(raw)


@pytest.mark.parametrize("raw", ["0.12345678901234567890", JsonNumber("1.00000000000000000001"), "1e-400"])
def test_digits_are_not_lost_silently(raw: Any) -> None:
    for kind in (NUMBER, NUMBER.unbounded):
        with pytest.raises(ValueError, match="round it to 15 digits"):
            kind.parse(raw)


def test_a_condition_may_have_a_number_that_is_not_finite() -> None:
    assert NUMBER.unbounded.parse("inf") == math.inf
    assert NUMBER.unbounded.parse(-(10**400)) == -math.inf
    assert math.isnan(NUMBER.unbounded.parse("NaN"))
    with pytest.raises(ValueError, match="expected a number"):
        NUMBER.unbounded.parse(True)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, b"3"),
        (3.0, b"3"),
        (2.5, b"2.5"),
        (2**70, str(2**70).encode()),
        (Decimal("0.1"), b"0.1"),
        (Decimal("0.12345678901234567890"), b'"0.12345678901234567890"'),
        (math.inf, b'"Infinity"'),
        (math.nan, b'"NaN"'),
        ("much", b'"much"'),
    ],
)
def test_a_value_is_shown_as_a_json_number_where_it_keeps_its_digits(value: Any, shown: bytes) -> None:
    assert encode(NUMBER.dump(value)) == shown


def test_its_json_schema_is_that_of_numbers() -> None:
    assert NUMBER.json_schema() == {"type": "number"}


def test_an_identifier_has_one_spelling() -> None:
    key = addressable(NUMBER, as_text=True)
    assert [key.dump(key.parse(raw)) for raw in ("5", "5.0", 5.0, "0.50")] == ["5", "5", "5", "0.5"]


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("n", "9007199254740993", [2**53 + 1]),
        ("n", "2.50", [2.5]),
        ("n__gt", str(2**53), [2**53 + 1]),
        ("n__lt", "3", [-1, 2.5]),
        ("n__in", "2.5,-1.0", [-1, 2.5]),
        ("n__lt", "inf", [-1, 2.5, 2**53, 2**53 + 1]),
        ("n", "nan", []),
        ("n__gte", "1e999", []),
    ],
)
def test_conditions_compare_exactly(key: str, value: str, found: list[float]) -> None:
    meets = all_hold([parse_filter(SCHEMA, key, value, ())[0]])
    assert [n for n in (-1, 2.5, 2**53, 2**53 + 1) if meets({"n": n})] == found


@given(st.integers(-(10**308), 10**308) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_from_json_forms_and_queries(raw: float) -> None:
    value = NUMBER.parse(raw)
    shown = encode(NUMBER.dump(value))
    assert float(orjson.loads(shown)) == float(raw)
    assert NUMBER.parse(decode("application/json", b'{"n": %s}' % shown, {})["n"]) == value
    assert NUMBER.parse(shown.decode()) == value
    assert NUMBER.parse(json.loads(shown)) == value
