from __future__ import annotations

from typing import Any

import mongoengine as me
import pytest
from bson import DBRef, Decimal128, ObjectId
from mongoengine.base import LazyReference

from bzz.providers.mongoengine.scalar_codecs import JSON, check_key
from bzz.schema.scalars import INTEGER, STRING
from bzz.testing import Sent
from tests.providers.mongoengine.codecs import codec
from tests.providers.mongoengine.models import (
    Everything,
    Part,
    Person,
)
from tests.providers.mongoengine.samples import UNKNOWN_ID, everything
from tests.support.client import Api

KEY = ObjectId("5" * 24)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (KEY, str(KEY)),
        (Person(id=KEY), str(KEY)),
        (DBRef("person", KEY), str(KEY)),
        (LazyReference(Person, KEY), str(KEY)),
        (Part(name="a", size=2), {"name": "a", "size": 2}),
        (Decimal128("1.50"), "1.50"),
        (DBRef("natural", "a/b"), "a/b"),
        ({"a": [KEY]}, {"a": [str(KEY)]}),
    ],
    ids=repr,
)
def test_types_of_mongodb_are_shown_as_json(value: Any, shown: Any) -> None:
    assert JSON.dump(value) == shown


@pytest.mark.parametrize("key", ["", "$set", "a.b", "a\0", "_cls", "_ref"])
def test_a_key_that_mongodb_would_interpret_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="cannot be a key"):
        check_key(key)


def test_a_sequence_is_a_number_unless_it_has_a_decorator() -> None:
    assert codec(me.SequenceField()).type is INTEGER
    assert codec(me.SequenceField(value_decorator=str)).type is STRING


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        (me.GeoPointField(), [1, 2.5], [[1, 2]]),
        (me.PointField(), {"type": "Point", "coordinates": [1, 2]}, {"type": "Point", "coordinates": [1, 2, 3]}),
        (me.PointField(), [1, 2], [True, False]),
        (me.LineStringField(), [[1, 2], [3, 4]], [[1, 2], ["3", 4]]),
        (me.PolygonField(), [[[0, 0], [1, 1], [0, 0]]], [[0, 0], [1, 1]]),
        (me.MultiPolygonField(), [[[[0, 0], [1, 1], [0, 0]]]], {"type": "Polygon", "coordinates": []}),
        (me.MultiPointField(), [], {"coordinates": []}),
    ],
)
def test_a_geometry_is_made_of_positions_as_deep_as_its_type_has_them(field: Any, good: Any, bad: Any) -> None:
    stored = codec(field).type.parse(good)
    assert stored in (good, {"type": getattr(field, "_type", None), "coordinates": good})
    with pytest.raises(ValueError, match="expected the coordinates"):
        codec(field).type.parse(bad)


async def test_a_value_of_every_field_type_is_stored_and_shown_unchanged(queries: Api, sent: list[Sent]) -> None:
    person = (await queries.create("/person", name="Ada"))["id"]
    values = everything(person)
    created = await queries.create("/everything", **values)
    assert created == values | {"id": created["id"], "number": 1, "code": "C1", "unchosen": None, "unchosen_part": None}
    path = f"/everything/{created['id']}"
    assert (await queries("GET", path)).json == created
    reply = await queries("PUT", path, json_body=created)
    assert (reply.status, reply.json) == (200, created)
    assert sent[-1].keywords["updated_fields"] == {}, "what was got and put back changes nothing"
    nothing = dict.fromkeys(values)
    emptied = (await queries("PUT", path, json_body=nothing)).json
    lists = ("parts", "texts", "sorted", "sorted_parts", "anything", "people")
    assert emptied == created | nothing | {key: [] for key in lists} | {"numbers": {}, "free": {}}
    assert (await queries("GET", path)).json == emptied


async def test_values_of_types_of_mongodb_are_shown_as_text(documents: Api) -> None:
    made = await documents.create("/everything", text="x", texts=["x"])
    strange = ObjectId("5" * 24)
    Everything._get_collection().update_one({}, {"$set": {"text": strange, "texts": [strange]}})
    shown = (await documents("GET", f"/everything/{made['id']}")).json
    assert (shown["text"], shown["texts"]) == ("5" * 24, ["5" * 24])


@pytest.mark.parametrize(
    "body",
    [
        {"_cls": "Person"},
        {"pk": UNKNOWN_ID},
        {"_id": UNKNOWN_ID},
        {"_data": {}},
        {"objects": 1},
        {"meta": {}},
        {"id": UNKNOWN_ID},
        {"number": 7},
        {"free": {"_cls": "Person", "_ref": 1}},
        {"free": {"a": {"$where": 1}}},
        {"free": {"a.b": 1}},
        {"free": {"a\0b": 1}},
        {"free": {"": 1}},
        {"dynamic": {"_cls": "Nothing"}},
        {"dynamic": [{"$ref": "x"}]},
        {"dynamic": 2**63},
        {"anything": [{"_cls": "Person"}]},
        {"numbers": {"$inc": 1}},
        {"part": {"_cls": "Bigger"}},
        {"any_part": {"type": "Person", "value": {}}},
        {"any_part": {"type": ["Part"], "value": {}}},
        {"any_part": {"type": "Part", "value": {"size": "x"}}},
        {"any_part": {"type": "Part"}},
        {"any_part": {"type": "Part", "value": None}},
        {"any_reference": {"type": "Everything", "id": UNKNOWN_ID}},
        {"any_reference": "x"},
        {"unchosen": {"type": "Person", "id": UNKNOWN_ID}},
        {"unchosen": {"type": "Nothing", "id": UNKNOWN_ID}},
        {"unchosen_part": {"type": "Part", "value": {}}},
        {"whole": -1},
        {"whole": 2**63},
        {"price": "1" * 40},
        {"exact": "1" * 40},
        {"price": "1e999999"},
        {"point": "x"},
        {"point": [1, 2, 3]},
        {"polygon": [[[0, 0], "x"]]},
        {"polygon": {"type": "Polygon", "coordinates": {}}},
        {"legacy_point": [[], {}]},
        {"person": 3},
        {"person": {"$ne": None}},
        {"color": "green"},
        {"url": "x"},
        {"file": "x"},
    ],
    ids=repr,
)
async def test_an_invalid_value_is_400_and_stores_nothing(documents: Api, body: dict[str, Any]) -> None:
    made = await documents.create("/everything", text="as it was")
    for method, path in (("POST", "/everything"), ("PUT", f"/everything/{made['id']}")):
        reply = await documents(method, path, json_body=body)
        assert reply.status == 400, reply.body
        assert any(key.partition(".")[0] in body for key in reply.json["errors"]), reply.body
    assert (await documents("GET", "/everything")).json == [made]


async def test_stored_values_of_other_types_are_shown_as_they_are(documents: Api) -> None:
    document = Everything(text="x").save()
    Everything._get_collection().update_one(
        {"_id": document.id},
        {
            "$set": {
                "whole": "three",
                "at": "long ago",
                "dynamic": ObjectId(UNKNOWN_ID),
                "free": {"id": ObjectId(UNKNOWN_ID)},
            }
            | {"binary": "text", "parts": "text"}
            | {"any_reference": {"_cls": "Gone", "_ref": DBRef("gone", ObjectId(UNKNOWN_ID))}}
        },
    )
    path = f"/everything/{document.id}"
    got = (await documents("GET", path)).json
    assert (got["whole"], got["at"]) == ("three", "long ago")
    assert (got["dynamic"], got["free"]) == (UNKNOWN_ID, {"id": UNKNOWN_ID})
    assert (got["binary"], got["parts"], got["any_reference"]) == ("text", "text", {"type": "Gone", "id": UNKNOWN_ID})
    assert (await documents("GET", "/everything")).json == [got]
    assert (await documents("PATCH", path, json_body={"text": "y"})).json == {**got, "text": "y"}
    refused = await documents("PATCH", path, json_body={"parts": "other", "whole": "four"})
    assert {*refused.json["errors"]} == {"parts", "whole"}


async def test_a_stored_value_of_another_type_can_be_replaced(documents: Api) -> None:
    document = Everything().save()
    junk = {"free": "text", "numbers": {"a": "text"}, "parts": "text"}
    Everything._get_collection().update_one({"_id": document.id}, {"$set": junk})
    body = {"free": {"a": 1}, "numbers": {"a": 2}, "parts": [{"name": "x"}]}
    reply = await documents("PATCH", f"/everything/{document.id}", json_body=body)
    assert (reply.status, reply.json["free"], reply.json["numbers"]) == (200, {"a": 1}, {"a": 2})
