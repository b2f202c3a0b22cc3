"""Conditions on floats that are shown as decimal numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from bzz.providers.sqlalchemy.sqlite_forms import MANY
from bzz.providers.sqlalchemy.sqlite_numbers import check_kept, decimal_comparison, least
from tests.providers.sqlalchemy.compared_rows import differences

STORED = st.one_of(
    st.sampled_from(
        [3, 3.0, 3.004, 3.005, 3.015, 2.995, -0.001, 0.005, 1e22, 123456789012.345, 1e308, math.inf, -math.inf]
    ),
    st.floats(-4, 4),
    st.integers(-400, 400).map(lambda number: number / 100),
    st.integers(-800, 800).map(lambda number: number / 200),
    st.floats(allow_nan=False),
)
VALUES = st.one_of(
    st.sampled_from(
        [Decimal("3.00"), Decimal("3.005"), Decimal("2.999"), Decimal(0), Decimal("1e400"), Decimal("-1e400")]
    ),
    st.decimals(-4, 4, places=2),
    st.decimals(-4, 4, places=3),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
)


@pytest.fixture(scope="module")
def memory() -> Iterator[sa.Engine]:
    engine = sa.create_engine("sqlite://")
    yield engine
    engine.dispose()


@pytest.mark.parametrize("places", [0, 2, 10])
def test_conditions_agree_with_plain_python_on_the_shown_numbers(memory: sa.Engine, places: int) -> None:
    @given(stored=st.lists(STORED, max_size=30), values=st.lists(VALUES, max_size=8))
    def agree(stored: Any, values: Any) -> None:
        shown = [Decimal(f"{float(one):.{places}f}") for one in stored if math.isfinite(one)]
        kind = sa.Numeric(300, places)
        assert differences(memory, kind, decimal_comparison(places), stored, [*values, *shown[:4]]) == []

    agree()


def test_many_numbers_are_compared_with_the_floats_that_sqlalchemy_stores(memory: sa.Engine) -> None:
    values = [Decimal(number) / 4 for number in range(MANY + 4)]
    assert differences(memory, sa.Numeric(10, 2), decimal_comparison(2), [0.25, 3, 3.5, 9.75], values) == []


@given(value=st.decimals(-(10**15), 10**15, places=2))
def test_the_least_float_of_a_number_is_the_least_one(value: Decimal) -> None:
    bound = least(value, 2)
    assert Decimal(f"{bound:.2f}") >= value > Decimal(f"{math.nextafter(bound, -math.inf):.2f}")


@pytest.mark.parametrize("value", ["0", "58385399215749.39", "1e17", "-1e20", "2.675", "9007199254740993"])
def test_the_least_float_of_a_number_is_found_between_neighbours(value: str) -> None:
    for places in (0, 2, 10):
        for above in (False, True):
            bound = least(Decimal(value), places, above=above)
            shown = [Decimal(f"{one:.{places}f}") for one in (bound, math.nextafter(bound, -math.inf))]
            assert [one > Decimal(value) if above else one >= Decimal(value) for one in shown] == [True, False]


def test_a_number_with_too_many_digits_is_refused() -> None:
    check_kept(Decimal("1234567890123.45"), 2)
    with pytest.raises(ValueError, match="send at most 15 digits"):
        check_kept(Decimal("1234567890123456.78"), 2)


def test_numbers_beyond_all_floats_are_compared(memory: sa.Engine) -> None:
    values = [*map(Decimal, ("Infinity", "-Infinity", "1e400", "-1e400", "3"))]
    stored = [math.inf, -math.inf, 3, 1e308, -1e308]
    assert differences(memory, sa.Numeric(400, 2), decimal_comparison(2), stored, values) == []
