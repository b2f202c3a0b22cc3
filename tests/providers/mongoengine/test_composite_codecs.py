from __future__ import annotations

from typing import Any

import mongoengine as me
import pytest
from bson import DBRef, ObjectId

import bzz
from bzz import signals
from bzz.exceptions import Invalid
from bzz.providers.mongoengine.composite_codecs import primary_key
from bzz.providers.mongoengine.scalar_codecs import JSON
from bzz.schema.scalars import STRING
from bzz.testing import Sent
from tests.providers.mongoengine.codecs import codec
from tests.providers.mongoengine.models import (
    Bigger,
    Defaulted,
    Everything,
    Line,
    Order,
    Part,
    Person,
    Ticket,
    Tree,
)
from tests.providers.mongoengine.samples import UNKNOWN_ID
from tests.support.client import Api


def test_primary_key_takes_a_document_a_reference_or_a_key() -> None:
    person = Person(name="Ada")
    assert primary_key(person) is person.pk
    assert primary_key(DBRef("person", 3)) == 3
    assert primary_key(3) == 3


def test_an_unsortable_list_is_refused_by_its_name() -> None:
    for field, values in (
        (me.SortedListField(me.DynamicField()), [1, "a"]),
        (me.SortedListField(me.EmbeddedDocumentField(Tree), ordering="value"), [{"value": 1}, {"children": []}]),
    ):
        with pytest.raises(Invalid) as caught:
            codec(field).encode(codec(field).type.parse(values))
        assert caught.value.errors == {"field": ["cannot be sorted"]}


def test_a_sorted_list_is_sorted_before_it_is_saved() -> None:
    ranked = codec(me.SortedListField(me.IntField()))
    assert ranked.encode([3, 1, 2]) == [1, 2, 3]
    assert ranked.decode([3, "x", 2]) == [3, "x", 2], "what is stored is shown as it is"
    with pytest.raises(Invalid):
        ranked.encode([3, "x", 2])


async def test_an_embedded_document_is_merged_and_diffed_by_dotted_names(documents: Api, sent: list[Sent]) -> None:
    made = await documents.create("/everything", part={"name": "a", "size": 2}, parts=[{"name": "x"}])
    body = {"part": {"size": 3}, "parts": [{"name": "x"}, {"name": "y"}], "tree": {"value": 1}, "whole": "7"}
    reply = await documents("PATCH", f"/everything/{made['id']}", json_body=body)
    assert reply.json["part"] == {"name": "a", "size": 3}
    assert sent[-1].keywords["updated_fields"] == {
        "part.size": {"from": 2, "to": 3},
        "parts": {"from": [{"name": "x", "size": 1}], "to": [{"name": "x", "size": 1}, {"name": "y", "size": 1}]},
        "tree": {"from": None, "to": {"value": 1, "children": []}},
        "whole": {"from": None, "to": 7},
    }


async def test_an_updated_embedded_document_keeps_its_subclass(documents: Api) -> None:
    document = Everything(part=Bigger(name="a", more="kept")).save()
    await documents("PATCH", f"/everything/{document.id}", json_body={"part": {"name": "b"}})
    stored = Everything.objects.get(id=document.id).part
    assert (type(stored), stored.name, stored.more) == (Bigger, "b", "kept")


async def test_receivers_may_set_documents_as_references(documents: Api) -> None:
    ada = Person(name="Ada").save()

    @signals.pre_create_instance.connect_via(Ticket)
    def assign(sender: Any, data: dict[str, Any]) -> None:
        data["person"] = ada

    assert (await documents.create("/ticket"))["person"] == str(ada.id)


async def test_a_generic_reference_without_choices_may_be_repeated(documents: Api) -> None:
    ada = Person(name="Ada").save()
    document = Everything(unchosen=ada, unchosen_part=Part(name="x")).save()
    got = (await documents("GET", f"/everything/{document.id}")).json
    assert got["unchosen"] == {"type": "Person", "id": str(ada.id)}
    assert (await documents("PUT", f"/everything/{document.id}", json_body=got | {"text": "x"})).status == 200


async def test_dereferenced_references_are_still_shown_as_keys(documents: Api) -> None:
    ada = Person(name="Ada").save()
    document = Everything(person=ada, people=[ada], lazy=ada, any_reference=ada, any_lazy=ada, cached=ada).save()

    @signals.post_get_instance.connect_via(Everything)
    async def follow(sender: Any, instance: Everything) -> None:
        def read() -> list[Any]:
            return [
                instance.person.name,
                instance.people[0].name,
                instance.lazy.fetch(),
                instance.any_reference.name,
                instance.any_lazy.pk,
                instance.cached.name,
            ]

        await bzz.in_pool(read)

    got = (await documents("GET", f"/everything/{document.id}")).json
    key = str(ada.id)
    tagged = {"type": "Person", "id": key}
    assert [got[n] for n in ("person", "people", "lazy", "cached")] == [key, [key], key, key]
    assert [got["any_reference"], got["any_lazy"]] == [tagged, tagged]


async def test_values_merged_into_a_default_are_stored_with_it(documents: Api) -> None:
    Defaulted._get_collection().insert_one({"_id": ObjectId(UNKNOWN_ID), "name": "old"})
    path, body = f"/defaulted/{UNKNOWN_ID}", {"free": {"b": 2}, "part": {"name": "x"}}
    reply = await documents("PATCH", path, json_body=body)
    assert (reply.status, reply.json["free"]) == (200, {"a": 1, "b": 2})
    assert (await documents("GET", path)).json == reply.json
    assert Defaulted._get_collection().find_one()["free"] == {"a": 1, "b": 2}


async def test_an_update_with_an_unsortable_list_is_400(documents: Api) -> None:
    made = await documents.create("/order", ranked=[{"rank": 2}, {"rank": 1}])
    path = f"/order/{made['id']}"
    assert [part["rank"] for part in made["ranked"]] == [1, 2]
    assert (await documents("PUT", path, json_body=made)).json == made
    reply = await documents("PUT", path, json_body={"ranked": [{"rank": 1}, {"text": "none"}]})
    assert (reply.status, reply.json["errors"]) == (400, {"ranked": ["cannot be sorted"]})


async def test_a_generated_value_inside_a_list_may_be_repeated_but_not_changed(documents: Api) -> None:
    document = Order(lines=[Line(text="a"), Line(text="b")]).save()
    path = f"/order/{document.id}"
    got = (await documents("GET", path)).json
    assert [line["number"] for line in got["lines"]] == [1, 2]
    got["lines"][1]["text"] = "c"
    assert (await documents("PUT", path, json_body=got)).json == got
    got["lines"][1]["number"] = 7
    refused = await documents("PUT", path, json_body=got)
    assert refused.json["errors"] == {"lines.1.number": ["is read-only"]}
    made = await documents("POST", "/order", json_body={"lines": [{"number": 9}]})
    assert made.json["errors"] == {"lines.0.number": ["is read-only"]}


def test_a_field_of_an_unknown_class_holds_any_json() -> None:
    class Own(me.fields.BaseField):
        """A field of the user's."""

    class OwnText(me.StringField):
        """A text field of the user's."""

    assert codec(Own()).type is JSON
    assert codec(OwnText()).type is STRING
    assert codec(me.ListField(OwnText())).type.item is STRING  # type: ignore[attr-defined]
