from __future__ import annotations

from typing import Any

import mongoengine as me
import pytest
from bson import DBRef

from bzz.exceptions import Invalid
from bzz.providers.mongoengine import composite_codecs
from bzz.providers.mongoengine.composite_codecs import primary_key
from bzz.providers.mongoengine.documents import document_class_of
from bzz.providers.mongoengine.scalar_codecs import Codec
from bzz.schema.errors import add_error
from bzz.schema.types import FormValue
from tests.providers.mongoengine.models import Part, Person, Tree

PARTS = me.GenericEmbeddedDocumentField(choices=[Part, Tree])


def codec(field: Any) -> Codec:
    field.name = "field"
    return composite_codecs.codec_of(field, document_class_of)


def errors_of(field: Any, raw: Any) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # what it says is what is asserted
        codec(field).type.parse(raw)
    add_error(errors, "x", caught.value)
    return errors


def test_anything_that_stands_for_a_document_has_its_key() -> None:
    person = Person(name="Ada")
    assert primary_key(person) is person.pk
    assert primary_key(DBRef("person", 3)) == 3
    assert primary_key(3) == 3


def test_a_generic_value_says_its_class_and_is_typed_by_it() -> None:
    parse = codec(PARTS).type.parse
    assert parse({"type": "Part", "value": {"size": "3"}}) == {"type": "Part", "value": {"size": 3}}
    form = {"type": FormValue(("Part",)), "value": {"size": FormValue(("3",))}}
    assert parse(form) == {"type": "Part", "value": {"size": 3}}


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ("Part", "x"),
        ({"type": "Part"}, "x"),
        ({"type": "Person", "value": {}}, "x.type"),
        ({"type": ["Part"], "value": {}}, "x.type"),
        ({"type": "Part", "value": None}, "x.value"),
        ({"type": "Part", "value": 3}, "x.value"),
        ({"type": "Part", "value": {"size": "x"}}, "x.value.size"),
    ],
)
def test_what_is_wrong_with_a_generic_value_is_named(raw: Any, wrong: str) -> None:
    assert list(errors_of(PARTS, raw)) == [wrong]


def test_a_generic_reference_in_a_form_is_a_reference() -> None:
    known = codec(me.GenericReferenceField(choices=[Person]))
    raw = {"type": FormValue(("Person",)), "id": FormValue(("5" * 24,))}
    assert list(known.type.references(known.type.parse(raw))) == [("id", Person, known.type.parse(raw)["id"])]


def test_a_map_of_generic_values_takes_one_of_another_class() -> None:
    parts = codec(me.MapField(PARTS)).type
    stored = parts.parse({"k": {"type": "Part", "value": {"name": "a"}}})
    patch = parts.parse({"k": {"type": "Tree", "value": {"value": 1}}})
    assert parts.merge(stored, patch) == patch


def test_a_sorted_list_that_cannot_be_sorted_is_refused_by_name() -> None:
    for field, values in (
        (me.SortedListField(me.DynamicField()), [1, "a"]),
        (me.SortedListField(me.EmbeddedDocumentField(Tree), ordering="value"), [{"value": 1}, {"children": []}]),
    ):
        with pytest.raises(Invalid) as caught:
            codec(field).encode(codec(field).type.parse(values))
        assert caught.value.errors == {"field": ["cannot be sorted"]}


def test_a_sorted_list_has_its_order_before_it_is_saved() -> None:
    ranked = codec(me.SortedListField(me.IntField()))
    assert ranked.encode([3, 1, 2]) == [1, 2, 3]
    assert ranked.decode([3, "x", 2]) == [3, "x", 2], "what is stored is shown as it is"
    with pytest.raises(Invalid):
        ranked.encode([3, "x", 2])
