from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bzz.schema.free_form import JSON, Json, merge_patch
from bzz.schema.types import FormValue

ID = UUID("0b5ae2c1-0c5b-4b7e-9c1c-9f8f1f8f1f8f")
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


class Color(Enum):
    RED = "red"


def test_json_is_kept_as_it_is_but_for_form_values_which_become_text() -> None:
    assert JSON.parse({"a": [1, None, FormValue(("x",))]}) == {"a": [1, None, "x"]}


@pytest.mark.parametrize(
    "raw", [{"a": 2**64}, {"a": [object()]}, ["\ud800"], [datetime.min.replace(tzinfo=timezone(timedelta(hours=5)))]]
)
def test_a_value_that_no_store_can_hold_is_refused_at_any_depth(raw: Any) -> None:
    with pytest.raises(ValueError, match=r"expected|surrogate"):
        JSON.parse(raw)


def test_a_value_that_json_cannot_hold_is_named_by_its_class() -> None:
    with pytest.raises(ValueError, match="expected JSON, not a object"):
        JSON.parse({"a": [object()]})
    with pytest.raises(TypeError, match="object cannot be shown as JSON"):
        JSON.dump([object()])


@pytest.mark.parametrize("levels", [101, 900, 5000])
def test_a_value_that_would_not_be_shown_whole_is_refused(levels: int) -> None:
    whole, deep = nested(100), nested(levels)
    assert JSON.dump(JSON.parse(whole)) == whole
    with pytest.raises(ValueError, match="is nested more than 100 levels deep"):
        JSON.parse(deep)


def nested(levels: int) -> Any:
    value: Any = 1
    for number in range(levels):
        value = [value] if number % 2 else {"a": value}
    return value


def test_a_form_key_inside_json_is_given_once() -> None:
    with pytest.raises(ValueError, match="more than once"):
        JSON.parse({"a": FormValue(("1", "2"))})


def test_a_store_adds_its_own_classes_and_refuses_its_own_keys() -> None:
    def check_key(key: str) -> None:
        if key.startswith("$"):
            raise ValueError("no dollars")

    own = Json(check_key, lambda value: f"complex {value}", (complex,))
    assert own.parse({"a": [1j]}) == {"a": [1j]}
    assert own.dump({"a": [1j]}) == {"a": ["complex 1j"]}
    with pytest.raises(ValueError, match="no dollars"):
        own.parse([{"a": {"$b": 1}}])


def test_values_of_all_scalar_types_are_dumped_at_any_depth() -> None:
    noon = datetime(2026, 1, 2, 12, tzinfo=UTC)
    value = {1: (noon, date(2026, 1, 2), Decimal("1.5"), ID, b"\0", Color.RED, {3}, 1.5, None, True)}
    assert JSON.dump(value) == {
        "1": ["2026-01-02T12:00:00Z", "2026-01-02", "1.5", str(ID), "AA==", "red", [3], 1.5, None, True]
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, True),
        ({"a": True}, {"a": 1}, False),
        ([1], [1, 2], False),
        ({"a": 1}, {"b": 1}, False),
        (None, {}, False),
    ],
)
def test_free_form_json_is_compared_as_json(one: Any, other: Any, same: bool) -> None:
    assert JSON.same(one, other) is same


def test_merging_leaves_both_sides_alone() -> None:
    stored, patch = {"a": {"b": 1}}, {"a": {"b": None, "c": 2}}
    assert JSON.merge(stored, patch) == {"a": {"c": 2}}
    assert (stored, patch) == ({"a": {"b": 1}}, {"a": {"b": None, "c": 2}})


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
