"""Patches: the typed changes of an update, checked against the stored values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bzz.lifecycle.patches import parse_patch
from bzz.schema.containers import List, Map
from bzz.schema.fields import Field
from bzz.schema.relations import Embedded, Reference
from bzz.schema.scalars import INTEGER, STRING
from bzz.schema.schema import Schema
from tests.support.schemas import OTHER, SCHEMA, Model, errors_of, fields

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def test_a_patch_may_repeat_read_only_values_as_they_are_stored() -> None:
    patch = parse_patch(SCHEMA, {"id": 1, "created_by": "ada", "age": 4})
    stored = {"key": 1, "created_by": "ada", "age": 3}
    assert patch.apply(stored) == {"key": 1, "created_by": "ada", "age": 4}
    assert errors_of(patch.check, {"key": 2, "created_by": "bob"}) == {
        "id": ["is read-only"],
        "created_by": ["is read-only"],
    }


def test_read_only_values_of_embedded_documents_must_equal_the_stored_ones() -> None:
    line = Schema(Model, fields(Field("no", INTEGER, insertable=False, updatable=False), Field("text", STRING)))
    schema = Schema(Model, fields(Field("line", Embedded(lambda: line)), Field("by_key", Map(Embedded(lambda: line)))))
    stored = {"line": {"no": 1, "text": "a"}, "by_key": {"k": {"no": 2, "text": "b"}}}
    fine: list[Any] = [{"line": {"no": 1, "text": "x"}}, {"by_key": {"k": {"no": 2}, "gone": None}}, {"line": None}]
    for raw in fine:
        parse_patch(schema, raw).check(stored)
    wrongs: list[Any] = [({"line": {"no": 2}}, "line.no"), ({"by_key": {"other": {"no": 2}}}, "by_key.other.no")]
    for raw, wrong in wrongs:
        assert errors_of(parse_patch(schema, raw).check, stored) == {wrong: ["is read-only"]}
    assert errors_of(schema.parse_new, {"line": {"no": 1}}) == {"line.no": ["is read-only"]}


def test_documents_with_generated_values_may_move_or_go_but_not_repeat() -> None:
    sub = Schema(Model, fields(Field("no", INTEGER, insertable=False, updatable=False)))
    line = Schema(Model, fields(*sub.fields.values(), Field("subs", List(Embedded(lambda: sub)))))
    schema = Schema(Model, fields(Field("lines", List(Embedded(lambda: line)))))
    stored = {"lines": [{"no": 1, "subs": [{"no": 11}, {"no": 12}]}, {"no": 2, "subs": []}]}
    fine: list[Any] = [
        [{"no": 2}, {"no": 1, "subs": [{"no": 12}, {"no": 11}]}],
        [{"no": 1, "subs": [{"no": 12}]}],
        [{"no": 1, "subs": [{}, {"no": 11}]}, {}],
        [],
    ]
    for lines in fine:
        parse_patch(schema, {"lines": lines}).check(stored)
    wrongs: list[Any] = [
        ([{"no": 1}, {"no": 1}], "lines.1.no"),
        ([{"no": 3}], "lines.0.no"),
        ([{"no": 2, "subs": [{"no": 11}]}], "lines.0.subs.0.no"),
    ]
    for lines, wrong in wrongs:
        assert errors_of(parse_patch(schema, {"lines": lines}).check, stored) == {wrong: ["is read-only"]}


def test_the_two_sides_of_a_relation_do_not_both_move_an_instance_into_itself() -> None:
    own, other = List(Reference(lambda: Model, lambda: INTEGER)), List(OTHER)
    schema = Schema(
        Model,
        fields(
            Field("id", INTEGER),
            Field("friends", own, mirror="friend_of"),
            Field("friend_of", own, mirror="friends"),
            Field("teams", other, mirror="people"),
            Field("people", other, mirror="teams"),
            Field("twins", own, mirror="twins"),
        ),
        pk="id",
        public_names={"friend_of": "fans"},
    )
    apart: dict[str, Any] = {"id": 1, "friends": [2], "friend_of": [3], "teams": [], "people": [], "twins": []}
    itself = {**apart, "friends": [1], "friend_of": [1]}
    text = "says whether this instance contains itself, as {} does; send one of them"
    refused = {"friends": [text.format("fans")], "fans": [text.format("friends")]}
    fine: list[Any] = [
        (apart, {"friends": [3], "fans": [2]}),
        (apart, {"friends": [1]}),
        (apart, {"teams": [1], "people": [1]}),
        (apart, {"twins": [1], "fans": [1]}),
        (itself, {"friends": [1], "fans": [2, 1]}),
    ]
    for stored, raw in fine:
        parse_patch(schema, raw).check(stored)
    for raw in ({"friends": [1], "fans": [1]}, {"friends": [1], "fans": []}):
        assert errors_of(parse_patch(schema, raw).check, apart) == refused
    for raw in ({"friends": [], "fans": []}, {"friends": [1], "fans": []}):
        assert errors_of(parse_patch(schema, raw).check, itself) == refused


def test_a_patch_leaves_out_what_repeats_stored_values_as_they_are_shown() -> None:
    stored = {"key": "one", "name": 5, "age": "many", "created_by": 7, "meta": {"at": NOON}, "address": {"city": 1}}
    raw = {
        "id": "one",
        "name": 5,
        "age": "many",
        "created_by": 7,
        "meta": {"at": "2026-01-02T12:00:00Z", "n": 1},
        "address": {"city": 1, "zip": "z"},
    }
    patch = parse_patch(SCHEMA, raw).settle(stored)
    assert patch.data == {"meta": {"at": NOON, "n": 1}, "address": {"city": 1, "zip": "z"}}
    assert parse_patch(SCHEMA, raw).apply(stored) == {
        **stored,
        "meta": {"at": NOON, "n": 1},
        "address": {"city": 1, "zip": "z"},
    }
    assert errors_of(parse_patch(SCHEMA, {**raw, "age": "few", "created_by": "x"}).settle, stored) == {
        "age": ["expected an integer"],
        "created_by": ["is read-only"],
    }


def test_a_caller_that_may_not_read_cannot_find_out_what_is_stored() -> None:
    assert errors_of(lambda: parse_patch(SCHEMA, {"age": "many"}, may_read=False)) == {"age": ["expected an integer"]}
    assert errors_of(parse_patch, SCHEMA, {"age": "many", "other": 1}) == {
        "age": ["expected an integer"],
        "other": ["unknown field"],
    }


def test_a_required_null_may_be_repeated() -> None:
    schema = Schema(Model, fields(Field("name", STRING, required=True)))
    assert parse_patch(schema, {"name": None}).apply({"name": None}) == {"name": None}
    assert errors_of(parse_patch(schema, {"name": None}).apply, {"name": "a"}) == {"name": ["is required"]}
    assert parse_patch(schema, {"name": None}, trusted=True).apply({"name": None}) == {"name": None}
