from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import pytest

from bzz.schema.custom_types import Type, joined, type_for
from bzz.schema.scalars import INTEGER, STRING


class Money:
    """An amount of euros."""

    def __init__(self, text: Any) -> None:
        self.amount = Decimal(text)


class Cents(Money):
    """A small amount."""


MONEY = Type("money", Money, lambda money: str(money.amount), python_type=Money)


def test_an_own_type_reads_json_and_takes_its_own_values_as_they_are() -> None:
    made = MONEY.parse("1.50")
    assert MONEY.dump(made) == "1.50"
    assert MONEY.parse(made) is made
    assert (MONEY.sortable, "eq" in MONEY.operators) == (False, True)


@pytest.mark.parametrize("raw", ["much", None, {}])
def test_a_value_that_an_own_type_cannot_read_is_named_in_the_error(raw: Any) -> None:
    with pytest.raises(ValueError, match="expected a value of the type money"):
        MONEY.parse(raw)
    with pytest.raises(InvalidOperation):
        Money("much")


def test_a_type_is_found_by_the_nearest_class() -> None:
    assert type_for({Money: MONEY}, Cents) is MONEY
    assert type_for({Money: MONEY, Cents: STRING}, Cents) is STRING
    assert type_for({Cents: MONEY}, Money) is None


def test_types_are_joined_unless_they_contradict() -> None:
    assert joined({Money: MONEY}, {Money: MONEY, Cents: STRING}) == {Money: MONEY, Cents: STRING}
    with pytest.raises(ValueError, match="already has another type for Money"):
        joined({Money: MONEY}, {Money: INTEGER})


@pytest.mark.parametrize(
    ("types", "message"),
    [([Money], "types must be a dict"), ({Money: str}, r"Money needs a bzz\.providers\.Type")],
)
def test_other_values_are_no_types(types: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        joined({}, types)
