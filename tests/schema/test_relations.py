from __future__ import annotations

import pytest

from bzz.schema.containers import List
from bzz.schema.fields import Field
from bzz.schema.relations import Embedded, Reference, relation_at
from bzz.schema.scalars import INTEGER, STRING
from bzz.schema.schema import Schema
from tests.support.schemas import ADDRESS, OTHER, SCHEMA, Model, Other, errors_in_field, fields


def test_a_document_may_embed_itself() -> None:
    tree = Schema(Model, fields(Field("value", INTEGER), Field("child", Embedded(lambda: tree))))
    raw = {"value": 1, "child": {"value": 2, "child": {"value": "3"}}}
    assert tree.parse_new(raw) == {"value": 1, "child": {"value": 2, "child": {"value": 3}}}


def test_embedded_values_are_dumped_field_by_field() -> None:
    assert ADDRESS.dump({"city": "Rio"}) == {"city": "Rio", "zip": None}


def test_an_embedded_document_must_be_an_object() -> None:
    assert errors_in_field(ADDRESS.parse, ["Rio"]) == {"field": ["expected an object"]}
    assert errors_in_field(ADDRESS.parse, {"city": 3}) == {"field.city": ["expected a string"]}


def test_an_embedded_document_set_or_unset_as_a_whole_is_one_entry_of_a_diff() -> None:
    assert SCHEMA.diff({}, {"address": {"city": "Rio"}}) == {"address": {"from": None, "to": {"city": "Rio"}}}
    assert SCHEMA.diff({"address": {"city": "Rio"}}, {"address": None}) == {
        "address": {"from": {"city": "Rio"}, "to": None}
    }


def test_an_absent_field_of_an_embedded_document_equals_null() -> None:
    assert ADDRESS.same({"city": "Rio"}, {"city": "Rio", "zip": None})
    assert not ADDRESS.same({"city": "Rio"}, {"city": "Rio", "zip": "1"})
    assert not ADDRESS.same({}, None)


def test_merging_null_unsets_an_embedded_document() -> None:
    assert ADDRESS.merge({"city": "Rio", "zip": "1"}, {"zip": None}) == {"city": "Rio", "zip": None}
    assert ADDRESS.merge(None, {"zip": "2"}) == {"zip": "2"}
    assert ADDRESS.merge({"city": "Rio"}, None) is None


def test_a_reference_is_dumped_as_text_and_parsed_as_the_key_of_its_model() -> None:
    assert (OTHER.dump(3), OTHER.parse("3")) == ("3", 3)
    assert errors_in_field(OTHER.parse, "x") == {"field": ["expected an integer"]}
    assert [*OTHER.references(3)] == [("", Other, 3)]


def test_a_model_is_looked_up_at_the_first_use_of_its_references() -> None:
    looked: list[str] = []

    def find() -> type:
        looked.append("up")
        return Other

    reference = Reference(find, lambda: INTEGER)
    assert looked == []
    assert (reference.model, reference.model, looked) == (Other, Other, ["up"])


@pytest.mark.parametrize(
    ("name", "many", "is_embedded"),
    [("address", False, True), ("others", True, True), ("friends", True, False)],
)
def test_a_path_goes_on_through_documents_and_references(name: str, many: bool, is_embedded: bool) -> None:
    relation = relation_at(SCHEMA, name)
    assert relation is not None
    assert (relation.field.name, relation.many, relation.is_embedded) == (name, many, is_embedded)


@pytest.mark.parametrize("name", ["name", "by_role", "meta", "nope", "hidden"])
def test_a_path_goes_on_through_no_other_field(name: str) -> None:
    schema = Schema(Model, {**SCHEMA.fields, "hidden": Field("hidden", List(OTHER), readable=False)})
    assert relation_at(schema, name) is None


def test_a_relation_is_found_by_the_public_name_of_its_field() -> None:
    schema = Schema(Model, fields(Field("user", OTHER), Field("name", STRING)), pk="user", id_field="user")
    found = relation_at(schema, "id")
    assert found is not None
    assert found.field.name == "user"
