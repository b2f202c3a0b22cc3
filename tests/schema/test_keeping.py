from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from bzz.schema.containers import List, Map
from bzz.schema.fields import Field
from bzz.schema.free_form import JSON, Json
from bzz.schema.keeping import ABSENT, Kept, keep
from bzz.schema.relations import Embedded
from bzz.schema.scalars import INTEGER, STRING
from bzz.schema.schema import Schema
from bzz.schema.types import DataType, FormValue, parse_value
from tests.support.schemas import Model, errors_of, fields

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
SHOWN = "2026-01-02T12:00:00Z"
LINE = Schema(
    Model, fields(Field("no", INTEGER), Field("text", STRING), Field("secret", STRING, readable=False)), id_field="no"
)
FREE = Json(plain=str)


def kept(datatype: DataType, raw: Any, stored: Any) -> Any:
    return keep(datatype, raw, stored, lambda kind, value: kind.dump(value))


def typed(datatype: DataType, raw: Any, stored: Any) -> Any:
    return parse_value(datatype, kept(datatype, raw, stored))


@pytest.mark.parametrize(
    ("datatype", "raw", "stored", "value"),
    [
        (INTEGER, "many", "many", "many"),
        (INTEGER, "7", "7", "7"),
        (INTEGER, FormValue(("many",)), "many", "many"),
        (INTEGER, True, 1, None),
        (FREE, {"at": SHOWN, "n": 1}, {"at": NOON}, {"at": NOON, "n": 1}),
        (FREE, {"deep": {"at": SHOWN}, "n": 2}, {"deep": {"at": NOON}, "n": 1}, {"deep": {"at": NOON}, "n": 2}),
        (FREE, [SHOWN, 1], [1, NOON], [NOON, 1]),
        (FREE, [1, [SHOWN, 2]], [1, [NOON]], [1, [NOON, 2]]),
        (
            FREE,
            [{"at": SHOWN}, {"at": SHOWN, "n": 1}],
            [{"at": NOON}, {"at": NOON}],
            [{"at": NOON}, {"at": NOON, "n": 1}],
        ),
        (FREE, {"1": SHOWN, "2": 3}, {1: NOON, 2: 2}, {1: NOON, "2": 3}),
        (FREE, {"a": {2}, "b": 1}, {"a": {2}}, {"a": {2}, "b": 1}),
        (FREE, {"a": "1j", "b": 1}, {"a": 1j}, {"a": 1j, "b": 1}),
        (FREE, {"at": SHOWN}, None, {"at": SHOWN}),
        (FREE, {"at": SHOWN}, SHOWN, {"at": SHOWN}),
        (FREE, [SHOWN], {"at": NOON}, [SHOWN]),
        (List(INTEGER), [1, "two", None, 4], [1, "two", None], [1, "two", None, 4]),
        (List(INTEGER), [1], "other", [1]),
        (Map(INTEGER), {"a": "one", "b": 3}, {"a": "one", "b": 2}, {"a": "one", "b": 3}),
        (
            Map(FREE),
            {"a": None, "b": {"at": SHOWN, "n": 1}},
            {"b": {"at": NOON}},
            {"a": None, "b": {"at": NOON, "n": 1}},
        ),
        (Embedded(lambda: LINE), {"no": "one", "text": "b"}, {"no": "one", "text": "a"}, {"no": "one", "text": "b"}),
        (Embedded(lambda: LINE), {"text": "b"}, "other", {"text": "b"}),
        (
            List(Embedded(lambda: LINE)),
            [{"no": 2, "text": 5}, {"no": 1, "text": "new"}],
            [{"no": 1, "text": 4}, {"no": 2, "text": 5}],
            [{"no": 2, "text": 5}, {"no": 1, "text": "new"}],
        ),
    ],
)
def test_what_is_shown_counts_as_what_is_stored(datatype: DataType, raw: Any, stored: Any, value: Any) -> None:
    if value is None:
        with pytest.raises(ValueError, match="expected"):
            typed(datatype, raw, stored)
    else:
        assert typed(datatype, raw, stored) == value


def test_an_item_is_compared_with_the_stored_item_of_the_same_id() -> None:
    lines = List(Embedded(lambda: LINE))
    stored = [{"no": 1, "text": 4}, {"no": 2, "text": 5}]
    moved = [{"no": 2, "text": 5, "secret": "x"}, {"no": 1, "text": 4, "secret": "y"}]
    assert typed(lines, moved, stored) == moved
    assert errors_of(typed, lines, [{"no": 9, "text": 5}], stored) == {"0.text": ["expected a string"]}


def test_fields_that_requests_cannot_read_are_not_compared() -> None:
    stored = {"no": 1, "text": "a", "secret": 5}
    assert errors_of(LINE.parse, {"secret": 5}) == {"secret": ["expected a string"]}
    assert LINE.keep({"secret": 5, "other": 1}, stored) == {"secret": 5, "other": 1}
    assert LINE.parse({"secret": 5}, hidden=True, stored=stored) == {"secret": 5}


def test_a_value_that_is_not_stored_is_never_kept() -> None:
    assert kept(FREE, "Ellipsis", ABSENT) == "Ellipsis"
    found = kept(FREE, {"a": None, "b": 1}, {"b": 2})
    assert found == {"a": None, "b": 1}


def test_the_stored_value_is_copied() -> None:
    stored = {"a": [{"b": NOON}]}
    found = kept(FREE, stored, stored)
    assert isinstance(found, Kept)
    found.value["a"][0]["b"] = 1
    assert stored == {"a": [{"b": NOON}]}


def test_values_that_cannot_be_compared_or_shown_are_not_kept() -> None:
    class Odd:
        def __eq__(self, other: object) -> bool:
            raise TypeError

        __hash__ = object.__hash__

    odd = Odd()
    assert kept(JSON, {"a": 1}, {"a": odd}) == {"a": 1}
    assert kept(JSON, [1, {(1, 2): 2}], [odd]) == [1, {(1, 2): 2}]
    assert isinstance(kept(JSON, odd, odd), Kept)


def test_null_removes_a_key_only_if_its_value_is_not_null_already() -> None:
    assert JSON.merge({"a": None, "b": 1}, {"a": None, "b": None, "c": None}) == {"a": None}
    assert Map(INTEGER).merge({"a": None, "b": 1}, {"a": None, "b": None, "c": None}) == {"a": None}


def test_nulls_in_new_items_are_values_where_the_type_has_them() -> None:
    line = Embedded(lambda: Schema(Model, fields(Field("free", Map(JSON)), Field("numbers", Map(INTEGER)))))
    item = {"free": {"a": None, "b": [{"c": None}]}, "numbers": {"d": None, "e": 1}}
    assert List(line).merge([], [item, {"free": None}]) == [{**item, "numbers": {"e": 1}}, {"free": None}]
    assert List(JSON).merge(None, [{"a": None}, None]) == [{"a": None}, None]
