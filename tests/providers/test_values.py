from __future__ import annotations

import pytest

from bzz.exceptions import NotFound
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Address, AsStored, Cursor, Query
from tests.support.models import User

SCHEMA = MemoryProvider().describe(User)


def test_an_address_holds_the_identifier_as_text_and_as_a_typed_key() -> None:
    address = Address.parse(SCHEMA, "a b")
    assert (address.id, address.field, address.key) == ("a b", "id", "a b")


def test_the_key_of_an_identifier_that_no_instance_can_have_is_not_found() -> None:
    address = Address.parse(SCHEMA, "")
    with pytest.raises(NotFound, match="There is no such instance"):
        _ = address.key


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ([], [("id", False)]),
        ([("age", True)], [("age", True), ("id", False)]),
        ([("id", True)], [("id", True)]),
        ([("age", False), ("id", True), ("name", False)], [("age", False), ("id", True)]),
    ],
)
def test_the_order_of_a_query_ends_with_the_primary_key(
    sort: list[tuple[str, bool]], order: list[tuple[str, bool]]
) -> None:
    assert Query(sort=sort).order(SCHEMA) == order


def test_a_page_skips_the_pages_before_it_unless_it_begins_at_a_cursor() -> None:
    assert Query(page=3, per_page=10).skip == 20
    assert Query(page=3, per_page=10).alternatives == []
    behind = Query(page=3, per_page=10, after=Cursor((("age", False), ("id", False)), (20, "a")))
    assert behind.skip == 0
    [later, tied] = behind.alternatives
    assert [(c.field, c.operator, c.value) for c in later] == [("age", "gt", 20)]
    assert [(c.field, c.operator, c.value) for c in tied] == [("age", "eq", 20), ("id", "gt", "a")]


def test_a_cursor_precedes_what_comes_after_it() -> None:
    cursor = Cursor((("age", True), ("id", False)), (AsStored("old"), "b"))
    assert [cursor.precedes({"age": age, "id": key}) for age, key in (("old", "c"), (30, "a"), (None, "a"))] == [
        True
    ] * 3
    assert [cursor.precedes({"age": age, "id": key}) for age, key in (("old", "b"), ("old", "a"), ("older", "c"))] == [
        False,
        False,
        False,
    ]
