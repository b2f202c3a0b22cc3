from __future__ import annotations

from typing import Any

import pytest

from bzz.exceptions import Invalid, NotFound
from bzz.resources.options import restrict
from bzz.schema.containers import List, Map
from bzz.schema.fields import Field
from bzz.schema.free_form import JSON
from bzz.schema.relations import Embedded, Reference
from bzz.schema.scalars import INTEGER, STRING
from bzz.schema.schema import Schema, make_schema


class Model:
    """What the resource describes."""


class Other:
    """What it refers to."""


def fields(*known: Field) -> dict[str, Field]:
    return {field.name: field for field in known}


ADDRESS = Embedded(lambda: Schema(Model, fields(Field("city", STRING), Field("zip", STRING))))
SCHEMA = Schema(
    Model,
    fields(
        Field("key", INTEGER, insertable=False, updatable=False),
        Field("name", STRING),
        Field("age", INTEGER),
        Field("password", STRING, readable=False),
        Field("created_by", STRING, insertable=False, updatable=False),
        Field("address", ADDRESS),
        Field("others", List(ADDRESS)),
        Field("friends", List(Reference(lambda: Other, lambda: INTEGER))),
        Field("by_role", Map(Reference(lambda: Other, lambda: INTEGER))),
        Field("meta", JSON),
    ),
    pk="key",
    id_field="key",
)


def errors_of(call: Any, *arguments: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as caught:
        call(*arguments)
    return caught.value.errors


def test_what_a_request_gives_is_typed_field_by_field() -> None:
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


def test_the_primary_key_has_one_name_at_a_time() -> None:
    schema = Schema(Model, fields(Field("key", INTEGER, updatable=False)), pk="key", id_field="key")
    assert schema.parse_new({"id": "3"}) == {"key": 3}
    assert schema.parse_new({"key": "3"}) == {"key": 3}
    assert errors_of(schema.parse_new, {"id": 3, "key": 3}) == {"key": ["is given more than once"]}


def test_a_reply_shows_what_may_be_read_with_the_primary_key_as_id() -> None:
    shown = [key for key, _ in SCHEMA.readable]
    assert shown == ["id", "name", "age", "created_by", "address", "others", "friends", "by_role", "meta"]


def test_receivers_may_set_any_field_and_what_they_set_is_typed() -> None:
    schema = restrict(SCHEMA, exclude=["password"])
    values = {"age": "4", "created_by": "ada", "password": "x"}
    assert schema.parse(values, hidden=True) == {"age": 4, "created_by": "ada", "password": "x"}
    assert errors_of(schema.parse, values) == {"password": ["unknown field"]}


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
    assert stored["address"] == {"city": "Rio", "zip": "1"}, "what was stored is left alone"


def test_a_diff_has_what_changed_and_nothing_else() -> None:
    old = {"name": "Ada", "age": 3, "address": {"city": "Rio", "zip": "1"}, "others": [{"city": "a"}]}
    new = {"name": "Ada", "age": 4, "address": {"city": "Lisbon", "zip": "1"}, "others": [{"city": "b"}]}
    assert SCHEMA.diff(old, new) == {
        "age": {"from": 3, "to": 4},
        "address.city": {"from": "Rio", "to": "Lisbon"},
        "others": {"from": [{"city": "a"}], "to": [{"city": "b"}]},
    }


def test_an_embedded_document_set_or_unset_as_a_whole_is_one_entry() -> None:
    assert SCHEMA.diff({}, {"address": {"city": "Rio"}}) == {"address": {"from": None, "to": {"city": "Rio"}}}
    assert SCHEMA.diff({"address": {"city": "Rio"}}, {"address": None}) == {
        "address": {"from": {"city": "Rio"}, "to": None}
    }


def test_what_is_unset_is_not_a_difference() -> None:
    old = {"address": {"city": "Rio"}, "others": None, "name": None}
    assert SCHEMA.diff(old, {"address": {"city": "Rio", "zip": None}, "others": []}) == {}


def test_references_are_found_wherever_they_are() -> None:
    holder = Schema(
        Model, fields(Field("part", Embedded(lambda: SCHEMA)), Field("parts", List(Embedded(lambda: SCHEMA))))
    )
    values = {"part": {"friends": [1, 2], "age": 3}, "parts": [{"by_role": {"boss": 4}}], "x": None}
    values.pop("x")
    assert list(holder.references(values)) == [
        ("part.friends.0", Other, 1),
        ("part.friends.1", Other, 2),
        ("parts.0.by_role.boss", Other, 4),
    ]


def test_a_document_may_embed_itself() -> None:
    tree = Schema(Model, fields(Field("value", INTEGER), Field("child", Embedded(lambda: tree))))
    raw = {"value": 1, "child": {"value": 2, "child": {"value": "3"}}}
    assert tree.parse_new(raw) == {"value": 1, "child": {"value": 2, "child": {"value": 3}}}


def test_embedded_values_are_dumped_field_by_field() -> None:
    assert ADDRESS.dump({"city": "Rio"}) == {"city": "Rio", "zip": None}
    assert Reference(lambda: Other, lambda: INTEGER).dump(3) == "3"


def test_an_identifier_is_what_the_url_says_in_one_spelling_only() -> None:
    schema = make_schema(Model, fields(Field("id", INTEGER), Field("name", STRING)), pk="id")
    assert schema.key_of("7") == 7
    assert schema.identifier(7) == "7"
    assert schema.identifier(None) is None
    for wrong in ("07", "+7", "x", ""):
        with pytest.raises(NotFound):
            schema.key_of(wrong)


def test_the_primary_key_travels_as_text() -> None:
    schema = make_schema(Model, fields(Field("code", INTEGER), Field("name", STRING)), pk="code", id_field="name")
    [(key, field), _] = schema.readable
    assert (key, field.type.dump(7), field.type.parse("7")) == ("id", "7", 7)
    assert schema.key_of("Ada") == "Ada"


@pytest.mark.parametrize(
    ("names", "pk", "id_field", "message"),
    [
        (("id", "code"), "code", None, "rename the field id"),
        (("code",), "code", "slug", "names no field: 'slug'"),
        (("code", "meta"), "code", "meta", "meta has parts"),
    ],
)
def test_a_model_that_cannot_be_addressed_is_refused(
    names: tuple[str, ...], pk: str, id_field: str | None, message: str
) -> None:
    declared = fields(*(Field(name, JSON if name == "meta" else STRING) for name in names))
    with pytest.raises(TypeError, match=message):
        make_schema(Model, declared, pk=pk, id_field=id_field)


def test_a_reference_may_be_a_primary_key() -> None:
    declared = fields(Field("user", Reference(lambda: Other, lambda: INTEGER)))
    assert make_schema(Model, declared, pk="user").key_of("7") == 7
