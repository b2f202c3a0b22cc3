from __future__ import annotations

from bzz.schema.containers import List, Map
from bzz.schema.fields import Field
from bzz.schema.free_form import JSON
from bzz.schema.relations import Embedded
from bzz.schema.scalars import BYTES, INTEGER, STRING
from bzz.schema.schema import Schema
from bzz.schema.types import dump_value
from tests.support.schemas import Model, errors_in_field, fields

NUMBERS = List(INTEGER)
LINE = Embedded(
    lambda: Schema(
        Model,
        fields(Field("no", INTEGER, insertable=False, updatable=False), Field("text", STRING)),
        id_field="no",
    )
)


def test_an_error_in_a_list_is_named_by_the_index_of_its_item() -> None:
    assert errors_in_field(NUMBERS.parse, [1, "x", None]) == {
        "field.1": ["expected an integer"],
        "field.2": ["must not be null"],
    }
    assert errors_in_field(NUMBERS.parse, {"0": 1}) == {"field": ["expected a list"]}


def test_an_error_in_a_map_is_named_by_its_key() -> None:
    assert errors_in_field(Map(NUMBERS).parse, {"a": [1], "b": ["x"]}) == {"field.b.0": ["expected an integer"]}
    assert errors_in_field(Map(NUMBERS).parse, [1]) == {"field": ["expected an object"]}


def test_two_items_of_a_list_must_not_have_the_same_id() -> None:
    assert List(LINE).parse([{"no": 1}, {"no": 2}, {}, {}]) == [{"no": 1}, {"no": 2}, {}, {}]
    assert errors_in_field(List(LINE).parse, [{"no": 1}, {"no": "1"}]) == {"field": ["has items with the same id"]}


def test_a_list_can_be_searched_if_its_items_can_be_compared() -> None:
    assert NUMBERS.operators == ("contains", "exists")
    assert List(BYTES).operators == ("exists",)


def test_a_map_keeps_nulls_for_merging() -> None:
    assert Map(INTEGER).parse({"a": None, "b": 1}) == {"a": None, "b": 1}


def test_a_map_refuses_keys_that_its_store_cannot_hold() -> None:
    def check_key(key: str) -> None:
        if key.startswith("$"):
            raise ValueError("no dollars")

    assert errors_in_field(Map(INTEGER, check_key).parse, {"$a": 1}) == {"field": ["no dollars"]}


def test_containers_are_dumped_with_their_items() -> None:
    assert dump_value(List(Map(INTEGER)), [{"a": 1}, None]) == [{"a": 1}, None]


def test_an_unset_container_equals_an_empty_one() -> None:
    assert NUMBERS.same(None, [])
    assert Map(INTEGER).same({}, None)
    assert not NUMBERS.same([1], [])
    assert not Map(INTEGER).same({"a": 1}, {"a": 2})


def test_a_map_is_merged_key_by_key_as_its_values_merge() -> None:
    lists = Map(List(INTEGER))
    assert lists.merge({"a": [1], "b": [2]}, {"a": [3], "b": None, "c": None}) == {"a": [3]}
    assert Map(JSON).merge({"a": {"x": 1}}, {"a": {"y": 2}}) == {"a": {"x": 1, "y": 2}}
    assert lists.merge({"a": [1]}, None) is None


def test_items_of_a_list_are_merged_into_nothing() -> None:
    assert List(Map(INTEGER)).merge([{"old": 1}], [{"a": 1, "b": None}]) == [{"a": 1}]


def test_a_stored_value_of_the_wrong_type_is_compared_and_merged_all_the_same() -> None:
    assert NUMBERS.same("text", "text")
    assert not NUMBERS.same("text", [1])
    assert not Map(INTEGER).same("text", {"a": 1})
    assert Map(INTEGER).merge("text", {"a": 1}) == {"a": 1}


def test_items_may_repeat_the_read_only_values_of_one_stored_item_in_any_order() -> None:
    stored = [{"no": 1, "text": "a"}, {"no": 2, "text": "b"}]
    assert [*List(LINE).read_only_values([{"no": 2, "text": "x"}, {"no": 1}, {"text": "new"}], stored)] == []
    assert [*List(LINE).read_only_values([{"no": 1}, {"no": 1}], stored)] == [("1.no", 1)]
    assert [*List(LINE).read_only_values([{"no": 3}], None)] == [("0.no", 3)]


def test_a_value_of_a_map_may_repeat_the_read_only_values_stored_under_its_key() -> None:
    stored = {"a": {"no": 1}, "b": {"no": 2}}
    assert [*Map(LINE).read_only_values({"a": {"no": 1}, "b": None}, stored)] == []
    assert [*Map(LINE).read_only_values({"a": {"no": 2}}, stored)] == [("a.no", 2)]
