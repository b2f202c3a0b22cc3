from __future__ import annotations

from typing import Any

from bzz.resources.options import restrict
from bzz.schema.containers import List
from bzz.schema.fields import Field
from bzz.schema.naming import public_errors
from bzz.schema.relations import Embedded
from bzz.schema.scalars import DATE, INTEGER, STRING
from bzz.schema.schema import Schema
from tests.support.schemas import SCHEMA, Model, Other, errors_of, fields


def test_the_primary_key_is_shown_as_id() -> None:
    shown = [key for key, _ in SCHEMA.readable]
    assert shown == ["id", "name", "age", "created_by", "address", "others", "friends", "by_role", "meta"]
    assert (SCHEMA.public_name("key"), SCHEMA.public_name("name")) == ("id", "name")
    assert SCHEMA.field_for("id") is SCHEMA.fields["key"]
    assert SCHEMA.field_for("nope") is None


def test_a_deferred_field_is_shown_only_if_it_is_among_the_values() -> None:
    schema = Schema(Model, fields(Field("name", STRING), Field("notes", STRING, deferred=True)))
    assert schema.represent({"name": "Ada"}) == {"name": "Ada"}
    assert schema.represent({"name": "Ada", "notes": "x"}) == {"name": "Ada", "notes": "x"}


def test_a_stored_value_of_the_wrong_type_is_shown_all_the_same() -> None:
    schema = Schema(
        Model, fields(Field("parts", List(STRING)), Field("born", DATE), Field("notes", STRING, deferred=True))
    )
    assert schema.represent({"parts": 3, "born": "long ago"}) == {"parts": 3, "born": "long ago"}
    assert schema.represent({"parts": range(2), "born": None}) == {"parts": [0, 1], "born": None}
    assert schema.represent({"parts": 1j, "born": 1j}) == {"parts": "1j", "born": "1j"}


def test_a_method_of_the_model_makes_the_representation() -> None:
    class Shown:
        def summary(self) -> dict[str, Any]:
            return {"mine": {1, 2}}

    schema = Schema(Shown, fields(Field("name", STRING)), represented_by="summary")
    assert schema.represent({"name": "Ada"}, Shown()) == {"mine": [1, 2]}
    assert schema.represent({"name": "Ada"}) == {"name": "Ada"}


def test_keys_are_parsed_once_each_and_those_of_the_wrong_type_are_left_out() -> None:
    assert SCHEMA.parse_keys(["2", 1, "x", None, 2, "1"]) == [2, 1]


def test_a_document_without_an_identifying_value_has_no_identifier() -> None:
    assert SCHEMA.id_of({"key": 7}) == "7"
    assert SCHEMA.id_of({}) is None
    assert Schema(Model, fields(Field("name", STRING))).id_of({"name": "x"}) is None


def test_input_is_typed_field_by_field() -> None:
    raw = {"name": "Ada", "age": "36", "address": {"city": "London"}, "friends": ["1", 2]}
    assert SCHEMA.parse_new(raw) == {
        "name": "Ada",
        "age": 36,
        "address": {"city": "London"},
        "friends": [1, 2],
    }


def test_every_field_that_is_wrong_is_named() -> None:
    raw = {
        "nope": 1,
        "__class__": "x",
        "id": 3,
        "created_by": "me",
        "age": "x",
        "address": {"city": 3, "country": "UK"},
        "others": [{}, {"zip": 1}],
        "friends": [None],
    }
    assert errors_of(SCHEMA.parse_new, raw) == {
        "nope": ["unknown field"],
        "__class__": ["unknown field"],
        "id": ["is read-only"],
        "created_by": ["is read-only"],
        "age": ["expected an integer"],
        "address.city": ["expected a string"],
        "address.country": ["unknown field"],
        "others.1.zip": ["expected a string"],
        "friends.0": ["must not be null"],
    }


def test_the_primary_key_is_given_under_one_of_its_names() -> None:
    schema = Schema(Model, fields(Field("key", INTEGER, updatable=False)), pk="key", id_field="key")
    assert schema.parse_new({"id": "3"}) == {"key": 3}
    assert schema.parse_new({"key": "3"}) == {"key": 3}
    assert errors_of(schema.parse_new, {"id": 3, "key": 3}) == {"key": ["is given more than once"]}


def test_receivers_may_set_hidden_and_read_only_fields() -> None:
    schema = restrict(SCHEMA, exclude=["password"])
    values = {"age": "4", "created_by": "ada", "password": "x"}
    assert schema.parse(values, hidden=True) == {"age": 4, "created_by": "ada", "password": "x"}
    assert schema.parse_new(values, trusted=True) == {"age": 4, "created_by": "ada", "password": "x"}
    assert errors_of(schema.parse, values) == {"password": ["unknown field"]}


def test_a_request_may_repeat_a_read_only_value_but_not_change_it() -> None:
    stored = {"key": 7, "created_by": "ada"}
    assert [*SCHEMA.read_only_values({"key": 7, "created_by": "ada", "age": 3}, stored)] == []
    assert [*SCHEMA.read_only_values({"key": 8, "created_by": "eve"}, stored)] == [("id", 8), ("created_by", "eve")]


def test_errors_of_hidden_fields_are_shown_to_the_client_that_sent_them_only() -> None:
    errors = {"key": ["is taken"], "password": ["is weak"], "address.city": ["is far"], "nope": ["is odd"]}
    shown = {"id": ["is taken"], "address.city": ["is far"], "nope": ["is odd"]}
    assert public_errors(SCHEMA, errors, ()) == shown
    assert public_errors(SCHEMA, errors, {"password"}) == shown | {"password": ["is weak"]}
    assert public_errors(SCHEMA, {"id": ["is taken"], "password": ["is weak"]}) == {
        "id": ["is taken"],
        "password": ["is weak"],
    }


def test_merging_follows_rfc_7396() -> None:
    stored = {
        "name": "Ada",
        "address": {"city": "Rio", "zip": "1"},
        "others": [{"city": "a"}],
        "meta": {"a": {"b": 1, "c": 2}},
    }
    changes: dict[str, Any] = {"name": None, "address": {"zip": None}, "others": [], "meta": {"a": {"b": None}, "d": 3}}
    assert SCHEMA.merge(stored, changes) == {
        "name": None,
        "address": {"city": "Rio", "zip": None},
        "others": [],
        "meta": {"a": {"c": 2}, "d": 3},
    }
    assert stored["address"] == {"city": "Rio", "zip": "1"}, "the stored values are left alone"


def test_a_diff_holds_the_changed_fields_only() -> None:
    old = {"name": "Ada", "age": 3, "address": {"city": "Rio", "zip": "1"}, "others": [{"city": "a"}]}
    new = {"name": "Ada", "age": 4, "address": {"city": "Lisbon", "zip": "1"}, "others": [{"city": "b"}]}
    assert SCHEMA.diff(old, new) == {
        "age": {"from": 3, "to": 4},
        "address.city": {"from": "Rio", "to": "Lisbon"},
        "others": {"from": [{"city": "a"}], "to": [{"city": "b"}]},
    }
    assert SCHEMA.changed(old, new) == {name: new[name] for name in ("age", "address", "others")}


def test_an_unset_field_equals_an_absent_one() -> None:
    old = {"address": {"city": "Rio"}, "others": None, "name": None}
    assert SCHEMA.diff(old, {"address": {"city": "Rio", "zip": None}, "others": []}) == {}


def test_references_are_found_at_any_depth() -> None:
    part = Embedded(lambda: SCHEMA)
    holder = Schema(Model, fields(Field("part", part), Field("parts", List(part))))
    values = {"part": {"friends": [1, 2], "age": 3}, "parts": [{"by_role": {"boss": 4}}]}
    assert list(holder.references(values)) == [
        ("part.friends.0", Other, 1),
        ("part.friends.1", Other, 2),
        ("parts.0.by_role.boss", Other, 4),
    ]
