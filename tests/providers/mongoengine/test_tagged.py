from __future__ import annotations

from typing import Any

import mongoengine as me
import pytest

from bzz.schema.errors import add_error
from bzz.schema.keeping import keep
from bzz.schema.types import FormValue, parse_value
from tests.providers.mongoengine.codecs import PARTS, codec
from tests.providers.mongoengine.models import (
    Person,
)
from tests.support.client import Api


def errors_of(field: Any, raw: Any) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # what it says is what is asserted
        codec(field).type.parse(raw)
    add_error(errors, "x", caught.value)
    return errors


def test_a_generic_value_is_parsed_by_the_class_it_names() -> None:
    parse = codec(PARTS).type.parse
    assert parse({"type": "Part", "value": {"size": "3"}}) == {"type": "Part", "value": {"size": 3}}
    form = {"type": FormValue(("Part",)), "value": {"size": FormValue(("3",))}}
    assert parse(form) == {"type": "Part", "value": {"size": 3}}


def test_an_edited_generic_value_may_repeat_what_its_class_refuses() -> None:
    tagged = codec(PARTS).type
    stored = {"type": "Part", "value": {"name": "a", "size": "many"}}
    edited = {"type": "Part", "value": {"name": "b", "size": "many"}}

    def kept(raw: Any) -> Any:
        return keep(tagged, raw, stored, lambda kind, value: kind.dump(value))

    assert parse_value(tagged, kept(edited)) == edited
    for other in ({**edited, "type": "Tree"}, "many"):
        assert kept(other) is other


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
def test_an_error_in_a_generic_value_names_its_part(raw: Any, wrong: str) -> None:
    assert list(errors_of(PARTS, raw)) == [wrong]


def test_a_generic_reference_in_a_form_is_a_reference() -> None:
    known = codec(me.GenericReferenceField(choices=[Person]))
    raw = {"type": FormValue(("Person",)), "id": FormValue(("5" * 24,))}
    assert list(known.type.references(known.type.parse(raw))) == [("id", Person, known.type.parse(raw)["id"])]


def test_a_merge_may_replace_a_generic_value_by_one_of_another_class() -> None:
    parts = codec(me.MapField(PARTS)).type
    stored = parts.parse({"k": {"type": "Part", "value": {"name": "a"}}})
    patch = parts.parse({"k": {"type": "Tree", "value": {"value": 1}}})
    assert parts.merge(stored, patch) == patch


async def test_a_generated_value_inside_a_generic_document_is_read_only(documents: Api) -> None:
    made = await documents("POST", "/order", json_body={"any": {"type": "Line", "value": {"number": 9}}})
    assert made.json["errors"] == {"any.value.number": ["is read-only"]}
    order = await documents.create("/order", any={"type": "Line", "value": {"text": "a"}})
    path = f"/order/{order['id']}"
    assert (await documents("PUT", path, json_body=order)).json == order
    order["any"]["value"]["number"] += 1
    assert (await documents("PUT", path, json_body=order)).status == 400
