"""``sort``: the order of a list."""

from __future__ import annotations

import pytest

from bzz.query.sorting import parse_sort
from tests.support.schemas import ROWS, SCHEMA


def test_a_minus_sorts_in_descending_order() -> None:
    assert parse_sort(ROWS, "-age,name") == [("age", True), ("name", False)]


def test_a_list_is_sorted_by_its_key_under_the_public_name() -> None:
    assert parse_sort(ROWS, "-id") == [("pk", True)]


def test_a_list_is_sorted_by_a_field_of_an_embedded_document() -> None:
    assert parse_sort(SCHEMA, "address.city") == [("address.city", False)]


@pytest.mark.parametrize("text", ["nope", "tags", "secret", "", "--age", "age,", "address.nope"])
def test_the_error_of_an_impossible_order_lists_the_possible_fields(text: str) -> None:
    with pytest.raises(ValueError, match=r"a list is sorted by id, name, age$"):
        parse_sort(ROWS, text)


def test_a_list_is_not_sorted_by_one_field_twice() -> None:
    with pytest.raises(ValueError, match="cannot sort by age twice"):
        parse_sort(ROWS, "age,-age")
