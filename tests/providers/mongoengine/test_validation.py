from __future__ import annotations

from datetime import datetime
from typing import Any

import mongoengine as me
import pytest
from bson import Code, Decimal128, ObjectId

import bzz
from bzz.providers.mongoengine.validation import lenient
from tests.support.client import Api


class OddPart(me.EmbeddedDocument):
    text = me.StringField()
    data = me.BinaryField()


class OddDocument(me.Document):
    part = me.EmbeddedDocumentField(OddPart)
    text = me.StringField()
    data = me.BinaryField()

    def clean(self) -> None:
        if self.text == "bug":
            raise TypeError("a bug of the application")


class OddValues(me.Document):
    text = me.StringField()
    number = me.IntField()
    choice = me.StringField(choices=["a", "b"])
    any_part = me.GenericEmbeddedDocumentField(choices=[OddPart])
    short = me.StringField(max_length=2)
    shorts = me.ListField(me.StringField(max_length=2))


async def test_a_value_that_cannot_be_converted_hinders_only_writes_of_its_own_field(api: Api, mongodb: None) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", OddDocument))
    stored: dict[str, Any] = {"part": {"text": "a", "data": "text"}, "data": "text"}
    key = OddDocument._get_collection().insert_one(stored).inserted_id
    assert (await api("PATCH", f"/odd_document/{key}", json_body={"text": "b"})).status == 200
    reply = await api("PATCH", f"/odd_document/{key}", json_body={"part": {"text": "b"}})
    assert (reply.status, reply.json["detail"]) == (400, "The store does not take such a document.")
    assert OddDocument._get_collection().find_one() == {**stored, "text": "b"}


@pytest.mark.parametrize(
    "stored",
    [
        {"number": float("inf")},
        {"number": float("nan")},
        {"choice": Decimal128("1.5"), "number": float("-inf")},
        {"choice": {"a": 1}},
        {"any_part": {"_cls": "Gone"}},
        {"short": ObjectId()},
        {"short": Code("too long a text")},
        {"short": datetime(2026, 1, 2)},
        {"short": float("nan")},
        {"short": {"id": ObjectId()}},
        {"shorts": [ObjectId(), float("nan"), datetime(2026, 1, 2)]},
    ],
)
async def test_values_that_fields_cannot_check_hinder_no_write_of_others(
    api: Api, mongodb: None, stored: dict[str, Any]
) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", OddValues))
    key = OddValues._get_collection().insert_one(dict(stored)).inserted_id
    path = f"/odd_values/{key}"
    shown = (await api("GET", path)).json
    reply = await api("PUT", path, json_body={**shown, "text": "b"})
    assert (reply.status, reply.json) == (200, {**shown, "text": "b"})
    assert repr(OddValues._get_collection().find_one({}, {"_id": False})) == repr({**stored, "text": "b"})


def test_a_bug_of_the_application_stays_one() -> None:
    with pytest.raises(TypeError, match="a bug of the application"):
        lenient(OddDocument(text="bug"), {})["validate"]()
