"""What a client reads and sends back changes nothing, whatever MongoDB holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

import mongoengine as me
import pytest
from bson import DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

import bzz
from bzz.signals import pre_update_instance
from bzz.testing import Sent
from tests.support.client import Api

NOON = datetime(2026, 1, 2, 12, 0, 0, 5000)
OF_MONGODB = {
    "at": NOON,
    "id": ObjectId("0123456789abcdef01234567"),
    "uuid": UUID("0b5ae2c1-0c5b-4b7e-9c1c-9f8f1f8f1f8f"),
    "exact": Decimal128("1.50"),
    "ref": DBRef("other", ObjectId("0123456789abcdef01234567")),
    "regex": Regex("^a", "i"),
    "time": Timestamp(5, 6),
    "long": Int64(2**40),
    "least": MinKey(),
    "most": MaxKey(),
    "null": None,
    "deep": [{"at": NOON, "null": None}, [ObjectId("0123456789abcdef01234567")]],
}


class Mood(Enum):
    GOOD = "good"


class KeptPart(me.EmbeddedDocument):
    key = me.StringField(primary_key=True)
    text = me.StringField()
    number = me.IntField()
    free = me.DictField()


class KeptDocument(me.Document):
    """Holds what other writers have written."""

    name = me.StringField(max_length=9)
    free = me.DictField()
    dynamic = me.DynamicField()
    untyped = me.ListField()
    part = me.EmbeddedDocumentField(KeptPart)
    parts = me.EmbeddedDocumentListField(KeptPart)
    by_key = me.MapField(me.EmbeddedDocumentField(KeptPart))
    whole = me.IntField(max_value=10)
    mood = me.EnumField(Mood)
    numbers = me.ListField(me.IntField())
    required = me.StringField(required=True)
    at = me.DateTimeField()

    def clean(self) -> None:
        if self.name == "no":
            raise me.ValidationError("It says no.")


OTHERS: dict[str, Any] = {
    "name": "Ada",
    "free": {**OF_MONGODB, "a.b": 1, "x": {"_cls": "No"}, "": [1]},
    "dynamic": {**OF_MONGODB, "bytes": b"\0\1"},
    "untyped": [OF_MONGODB, NOON],
    "part": {"_id": "a", "text": "x", "number": "many", "free": OF_MONGODB},
    "parts": [{"_id": "a", "number": "many", "free": {"at": NOON}}, {"_id": "b", "number": 2, "free": {}}],
    "by_key": {"x": {"_id": "a", "number": "some", "free": {"at": NOON, "d.e": 1}}},
    "whole": "a lot",
    "mood": "lost",
    "numbers": [1, "two", None],
    "required": None,
    "at": "yesterday",
}


@pytest.fixture
def documents(api: Api, mongodb: None) -> Api:
    return api.mount(bzz.ModelHive.routes_for("mongoengine", KeptDocument))


def _insert(**values: Any) -> ObjectId:
    collection = KeptDocument._get_collection()
    key: ObjectId = collection.insert_one({**OTHERS, **values}).inserted_id
    return key


def _stored(key: ObjectId) -> dict[str, Any]:
    found: dict[str, Any] = KeptDocument._get_collection().find_one({"_id": key})
    return found


def _changes(sent: list[Sent]) -> list[Any]:
    return [one.keywords["updated_fields"] for one in sent if one.signal.endswith("update_instance")]


async def _put(documents: Api, key: ObjectId, body: Any) -> None:
    reply = await documents("PUT", f"/kept_document/{key}", json_body=body)
    assert reply.status == 200
    assert reply.json == body


@pytest.mark.parametrize("is_heard", [False, True])
async def test_get_edit_and_put_changes_nothing_but_the_edited_field(
    request: pytest.FixtureRequest, documents: Api, is_heard: bool
) -> None:
    sent = request.getfixturevalue("sent") if is_heard else []
    key = _insert()
    before = _stored(key)
    shown = (await documents("GET", f"/kept_document/{key}")).json
    await _put(documents, key, shown)
    assert _stored(key) == before
    await _put(documents, key, {**shown, "name": "Bob"})
    assert _stored(key) == {**before, "name": "Bob"}
    assert _changes(sent) == ([{}, {}] + [{"name": {"from": "Ada", "to": "Bob"}}] * 2 if is_heard else [])


@pytest.mark.parametrize(
    ("edit", "changed"),
    [
        (lambda shown: shown["free"].update(new=1), "free"),
        (lambda shown: shown["dynamic"]["deep"][0].update(new=1), "dynamic"),
        (lambda shown: shown["untyped"][0]["deep"].insert(0, 1), "untyped"),
        (lambda shown: shown["untyped"].reverse(), "untyped"),
        (lambda shown: shown["part"].update(text="y"), "part.text"),
        (lambda shown: shown["part"]["free"].update(new=1), "part.free"),
        (lambda shown: shown["parts"].reverse(), "parts"),
        (lambda shown: shown["parts"][0].update(text="y"), "parts"),
        (lambda shown: shown["by_key"]["x"].update(text="y"), "by_key"),
        (lambda shown: shown["numbers"].__setitem__(0, 7), "numbers"),
    ],
)
async def test_what_surrounds_an_edit_stays_as_it_is_stored(
    documents: Api, sent: list[Sent], edit: Callable[[Any], None], changed: str
) -> None:
    key = _insert()
    path = f"/kept_document/{key}"
    before, shown = _stored(key), (await documents("GET", path)).json
    edit(shown)
    await _put(documents, key, shown)
    assert [[*changes] for changes in _changes(sent)] == [[changed]] * 2
    edit(before)
    assert _stored(key) == before


async def test_a_value_that_is_not_stored_is_refused_all_the_same(documents: Api) -> None:
    key = _insert()
    body = {
        "whole": "lots",
        "part": {"number": "few"},
        "parts": [{"key": "a", "number": "some"}],
        "free": {"b.c": 1, "a.b": 1},
        "required": "given",
        "numbers": ["two", "three"],
    }
    reply = await documents("PATCH", f"/kept_document/{key}", json_body=body)
    assert reply.status == 400
    assert {*reply.json["errors"]} == {"whole", "part.number", "parts.0.number", "free", "numbers.1"}
    assert _stored(key)["part"]["number"] == "many"


async def test_what_no_type_takes_may_not_be_new(documents: Api) -> None:
    for body in ({"free": {"a.b": 1}}, {"free": {"": 1}}, {"dynamic": {"_cls": "Part"}}, {"untyped": [{"$x": 1}]}):
        reply = await documents("POST", "/kept_document", json_body={"required": "x", **body})
        assert "cannot be a key" in str(reply.json["errors"])


async def test_plain_code_repeats_what_is_stored_too(mongodb: None) -> None:
    key = _insert()
    before = _stored(key)
    hive = bzz.ModelHive("mongoengine", KeptDocument)
    await hive.update(key, {"free": {**before["free"], "new": 1}, "numbers": [1, "two", 3], "whole": "a lot"})
    assert _stored(key) == {**before, "free": {**before["free"], "new": 1}, "numbers": [1, "two", 3]}
    await hive.close()


async def test_receivers_repeat_what_is_stored_too(documents: Api) -> None:
    key = _insert()
    before = _stored(key)

    def repeat(sender: Any, data: dict[str, Any], instance: Any) -> None:
        data |= {"free": {**before["free"], "new": 1}, "whole": instance.whole, "at": instance.at}

    with pre_update_instance.connected_to(repeat):
        reply = await documents("PATCH", f"/kept_document/{key}", json_body={"name": "Bob"})
    assert reply.status == 200
    assert _stored(key) == {**before, "name": "Bob", "free": {**before["free"], "new": 1}}


@pytest.mark.parametrize(
    ("name", "detail", "errors"),
    [("no", "It says no.", None), ("much too long", "The input is not valid.", {"name": ["String value is too long"]})],
)
async def test_errors_of_the_new_values_are_errors_beside_stored_ones(
    documents: Api, name: str, detail: str, errors: Any
) -> None:
    reply = await documents("PATCH", f"/kept_document/{_insert()}", json_body={"name": name})
    assert (reply.status, reply.json["detail"]) == (400, detail)
    assert errors is None or reply.json["errors"] == errors


async def test_an_invalid_value_is_an_error_where_the_class_validates_by_itself(api: Api, mongodb: None) -> None:
    class KeptStrictly(me.Document):
        name = me.StringField()
        age = me.IntField(max_value=9)

        def validate(self, clean: bool = True) -> None:
            super().validate(clean=clean)

    api.mount(bzz.ModelHive.routes_for("mongoengine", KeptStrictly))
    key = KeptStrictly._get_collection().insert_one({"name": "Ada", "age": 10}).inserted_id
    reply = await api("PATCH", f"/kept_strictly/{key}", json_body={"name": "Bob"})
    assert (reply.status, reply.json["errors"]) == (400, {"age": ["Integer value is too large"]})


async def test_what_a_receiver_changes_inside_the_instance_is_not_stored(documents: Api, sent: list[Sent]) -> None:
    key = _insert()
    before = _stored(key)
    seen = []

    def change(sender: Any, instance: KeptDocument) -> None:
        instance.name = "Changed"
        instance.untyped[0]["deep"][0]["null"] = "changed"
        instance.part.free["deep"].append(1)
        instance.parts.pop()
        seen.append(instance)

    with pre_update_instance.connected_to(change):
        reply = await documents("PATCH", f"/kept_document/{key}", json_body={"part": {"text": "y"}})
    assert reply.status == 200
    assert _stored(key) == {**before, "part": {**before["part"], "text": "y"}}
    assert _changes(sent)[-1] == {"part.text": {"from": "x", "to": "y"}}
    assert sent[-1].keywords["instance"] is not seen[0]
