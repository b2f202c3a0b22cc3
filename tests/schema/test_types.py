from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bzz.exceptions import Invalid
from bzz.schema.containers import List, Map
from bzz.schema.errors import add_error
from bzz.schema.free_form import JSON, merge_patch
from bzz.schema.scalars import BOOLEAN, INTEGER, STRING, addressable
from bzz.schema.types import FormValue, dump_value, parse_value

NUMBERS = List(INTEGER)


def errors_of(call: Any, *arguments: Any) -> dict[str, list[str]]:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # what it says is what is asserted
        call(*arguments)
    errors: dict[str, list[str]] = {}
    add_error(errors, "field", caught.value)
    return errors


@pytest.mark.parametrize(
    ("datatype", "raw", "value"),
    [
        (INTEGER, FormValue(("3",)), 3),
        (INTEGER, FormValue(("",)), None),
        (BOOLEAN, FormValue(("",)), None),
        (STRING, FormValue(("",)), ""),
        (STRING, FormValue((" a ",)), " a "),
        (NUMBERS, FormValue(("1", "2")), [1, 2]),
        (NUMBERS, FormValue(("1",)), [1]),
        (NUMBERS, FormValue(("",)), None),
        (JSON, FormValue(("",)), None),
        (JSON, FormValue(("1",)), "1"),
        (INTEGER, None, None),
    ],
)
def test_a_form_says_what_the_type_of_the_field_makes_of_it(datatype: Any, raw: Any, value: Any) -> None:
    assert parse_value(datatype, raw) == value


def test_a_repeated_form_key_is_refused_where_the_field_is_no_list() -> None:
    assert errors_of(parse_value, INTEGER, FormValue(("1", "2"))) == {"field": ["is given more than once"]}


def test_what_does_not_fit_in_a_list_is_named_by_its_index() -> None:
    assert errors_of(NUMBERS.parse, [1, "x", None]) == {
        "field.1": ["expected an integer"],
        "field.2": ["must not be null"],
    }
    assert errors_of(NUMBERS.parse, {"0": 1}) == {"field": ["expected a list"]}


def test_what_does_not_fit_in_a_map_is_named_by_its_key() -> None:
    assert errors_of(Map(NUMBERS).parse, {"a": [1], "b": ["x"]}) == {"field.b.0": ["expected an integer"]}
    assert errors_of(Map(NUMBERS).parse, [1]) == {"field": ["expected an object"]}


def test_a_map_keeps_nulls_for_merging() -> None:
    assert Map(INTEGER).parse({"a": None, "b": 1}) == {"a": None, "b": 1}


def test_a_map_refuses_keys_that_its_store_could_not_keep() -> None:
    def check_key(key: str) -> None:
        if key.startswith("$"):
            raise ValueError("no dollars")

    assert errors_of(Map(INTEGER, check_key).parse, {"$a": 1}) == {"field": ["no dollars"]}


def test_containers_are_dumped_with_what_is_in_them() -> None:
    assert dump_value(List(Map(INTEGER)), [{"a": 1}, None]) == [{"a": 1}, None]
    assert dump_value(NUMBERS, None) is None


def test_an_unset_container_is_the_same_as_an_empty_one() -> None:
    assert NUMBERS.same(None, [])
    assert Map(INTEGER).same({}, None)
    assert not NUMBERS.same([1], [])
    assert not Map(INTEGER).same({"a": 1}, {"a": 2})


def test_an_invalid_inside_keeps_its_place() -> None:
    errors: dict[str, list[str]] = {}
    add_error(errors, "a", Invalid(errors={"b.c": ["no"]}))
    assert errors == {"a.b.c": ["no"]}


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("target", "patch", "result"),  # RFC 7396, appendix A
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_the_rfc_lists(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


@given(JSON_VALUES, JSON_VALUES)
def test_merging_the_same_patch_twice_changes_nothing_more(target: Any, patch: Any) -> None:
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once


def test_errors_end_where_more_would_help_nobody() -> None:
    for datatype, raw in ((NUMBERS, ["x"] * 100_000), (List(NUMBERS), [["x"] * 60] * 1000)):
        with pytest.raises(Invalid) as caught:
            datatype.parse(raw)
        assert len(caught.value.errors) == 100


@pytest.mark.parametrize("raw", ["", ".", "..", "x" * 513])
def test_what_identifies_an_instance_can_be_part_of_a_url(raw: str) -> None:
    assert addressable(STRING).parse("x" * 512) == "x" * 512
    with pytest.raises(ValueError, match="a URL cannot hold"):
        addressable(STRING).parse(raw)


def test_a_map_is_merged_key_by_key_with_what_its_values_make_of_it() -> None:
    lists = Map(List(INTEGER))
    assert lists.merge({"a": [1], "b": [2]}, {"a": [3], "b": None, "c": None}) == {"a": [3]}
    assert Map(JSON).merge({"a": {"x": 1}}, {"a": {"y": 2}}) == {"a": {"x": 1, "y": 2}}
    assert lists.merge({"a": [1]}, None) is None


def test_items_of_a_list_are_merged_into_nothing() -> None:
    assert List(Map(INTEGER)).merge([{"old": 1}], [{"a": 1, "b": None}]) == [{"a": 1}]


def test_what_should_not_be_there_is_compared_and_merged_all_the_same() -> None:
    assert NUMBERS.same("text", "text")
    assert not NUMBERS.same("text", [1])
    assert not Map(INTEGER).same("text", {"a": 1})
    assert Map(INTEGER).merge("text", {"a": 1}) == {"a": 1}
