from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bzz.providers.conditions import all_hold, sort_key
from bzz.query.filters import parse_filter
from bzz.schema.containers import List, Map
from bzz.schema.enumerations import enumeration
from bzz.schema.fields import Field
from bzz.schema.free_form import JSON
from bzz.schema.relations import Embedded, Reference
from bzz.schema.scalars import BYTES, DATE, DECIMAL, INTEGER, NUMBER, STRING
from bzz.schema.schema import Schema
from bzz.schema.sets import Set
from bzz.schema.types import DataType, FormValue, dump_value, parse_value
from tests.support.schemas import Model, errors_in_field, fields


class Color(Enum):
    RED = "red"
    BLUE = "blue"


TAGS, SIZES, COLORS = Set(STRING), Set(INTEGER), Set(enumeration(Color))
SCHEMA = Schema(Model, fields(Field("tags", TAGS), Field("sizes", SIZES), Field("colors", COLORS)))


@pytest.mark.parametrize(
    "raw",
    [["b", "a", "b"], ("a", "b"), {"a", "b"}, frozenset("ab"), FormValue(("b", "b", "a")), {"a": 1, "b": 2}.keys()],
)
def test_lists_sets_and_repeated_keys_become_a_frozenset(raw: Any) -> None:
    parsed = parse_value(TAGS, raw)
    assert (type(parsed), parsed) == (frozenset, {"a", "b"})


def test_an_empty_form_value_of_texts_is_null_and_an_empty_list_is_the_empty_set() -> None:
    assert parse_value(SIZES, FormValue(("",))) is None
    assert parse_value(SIZES, []) == frozenset()


def test_an_error_is_named_by_the_index_of_its_item() -> None:
    assert errors_in_field(SIZES.parse, [1, "x", None]) == {
        "field.1": ["expected an integer"],
        "field.2": ["must not be null"],
    }
    for raw in ("abc", {"0": 1}, 5):
        assert errors_in_field(SIZES.parse, raw) == {"field": ["expected a list"]}


@pytest.mark.parametrize(
    "item",
    [
        Reference(lambda: Model, lambda: STRING),
        Embedded(lambda: SCHEMA),
        List(STRING),
        Map(STRING),
        JSON,
        TAGS,
    ],
)
def test_items_that_are_no_scalars_are_refused(item: DataType) -> None:
    with pytest.raises(TypeError, match="use List"):
        Set(item)


@pytest.mark.parametrize(
    ("datatype", "value", "shown"),
    [
        (TAGS, "zab", ["a", "b", "z"]),
        (SIZES, [10, 9, -1], [-1, 9, 10]),
        (Set(NUMBER), [2, 10, 2.5], [2, 2.5, 10]),
        (Set(DECIMAL), [Decimal("2.5"), Decimal("1.10")], ["1.10", "2.5"]),
        (Set(DATE), [date(2026, 2, 1), date(2026, 1, 2)], ["2026-01-02", "2026-02-01"]),
        (Set(BYTES), [b"\1", b"\0"], ["AA==", "AQ=="]),
        (COLORS, Color, ["blue", "red"]),
        (SIZES, ["many", 3, None], [3, None, "many"]),
    ],
)
def test_the_order_of_a_reply_is_that_of_its_items(datatype: Set, value: Any, shown: Any) -> None:
    assert datatype.dump(frozenset(value)) == shown
    assert dump_value(datatype, None) is None


def test_two_sets_are_the_same_in_any_order() -> None:
    assert TAGS.same(frozenset("ab"), frozenset("ba"))
    assert not TAGS.same(frozenset("ab"), frozenset("a"))
    assert TAGS.same(None, frozenset())
    assert not TAGS.same("text", frozenset("a"))


def test_a_set_is_replaced_and_its_diff_is_one_entry() -> None:
    old, new = {"tags": frozenset("ab")}, {"tags": frozenset("bc")}
    merged = SCHEMA.merge(old, new)
    assert merged == new
    assert SCHEMA.diff(old, merged) == {"tags": {"from": frozenset("ab"), "to": frozenset("bc")}}
    assert SCHEMA.diff(old, {"tags": frozenset("ba")}) == {}
    assert SCHEMA.merge(old, {"tags": None}) == {"tags": None}


def test_a_set_can_be_searched_if_its_items_can_be_compared() -> None:
    assert TAGS.operators == ("contains", "exists")
    assert Set(BYTES).operators == ("exists",)


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("tags__contains", "a", True),
        ("tags__contains", "c", False),
        ("tags__contains", "", False),
        ("sizes__contains", "7", True),
        ("sizes__contains", "8", False),
        ("colors__contains", "red", True),
        ("colors__contains", "blue", False),
        ("tags__exists", "true", True),
        ("tags__exists", "false", False),
    ],
)
def test_filters_find_members(key: str, value: str, found: bool) -> None:
    condition, _ = parse_filter(SCHEMA, key, value, ())
    held = {"tags": frozenset(["a", "abc"]), "sizes": frozenset([7]), "colors": frozenset([Color.RED])}
    assert all_hold([condition])(held) == found
    empty: dict[str, Any] = dict.fromkeys(held, frozenset())
    assert all_hold([condition])(empty) == (key == "tags__exists" and value == "false")


def test_several_members_may_be_asked_for() -> None:
    assert parse_filter(SCHEMA, "tags__contains", "a", ())[1]


@pytest.mark.parametrize("key", ["tags", "tags__in", "tags__gt"])
def test_a_set_has_no_other_filter(key: str) -> None:
    with pytest.raises(ValueError, match="takes contains, exists"):
        parse_filter(SCHEMA, key, "a", ())


def test_all_sets_have_one_place_in_an_order() -> None:
    assert sort_key(frozenset("a")) == sort_key(frozenset("b")) == sort_key(["c"])


def test_items_that_repeat_stored_items_are_these_items() -> None:
    stored = {"sizes": frozenset([2**70, 5]), "colors": frozenset(["green", Color.RED])}
    shown = SCHEMA.represent(stored)
    assert shown["sizes"] == [5, 2**70]
    assert SCHEMA.parse({"sizes": shown["sizes"]}, stored=stored) == {"sizes": stored["sizes"]}
    assert SCHEMA.parse({"sizes": [2**70, 1]}, stored=stored) == {"sizes": {2**70, 1}}
    assert SCHEMA.parse({"colors": ["blue", "green"]}, stored=stored) == {"colors": {Color.BLUE, "green"}}
    assert errors_in_field(lambda raw: SCHEMA.parse(raw, stored={"sizes": "x"}), {"sizes": ["y"]}) == {
        "field.sizes.0": ["expected an integer"]
    }


def test_its_json_schema_is_an_array_of_unique_items() -> None:
    assert SIZES.json_schema() == {"type": "array", "items": INTEGER.json_schema(), "uniqueItems": True}


@given(
    st.lists(st.text() | st.none() | st.integers() | st.booleans()) | st.text() | st.dictionaries(st.text(), st.text())
)
def test_any_json_is_a_set_or_a_value_error(raw: Any) -> None:
    try:
        parsed = TAGS.parse(raw)
    except ValueError:
        return
    assert parsed == {*raw}
    assert TAGS.dump(parsed) == sorted({*raw})
    assert TAGS.parse(TAGS.dump(parsed)) == parsed
