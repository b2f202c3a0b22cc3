from __future__ import annotations

from typing import Any

import mongoengine as me
import pytest

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


async def test_a_value_that_cannot_be_converted_hinders_only_writes_of_its_own_field(api: Api, mongodb: None) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", OddDocument))
    stored: dict[str, Any] = {"part": {"text": "a", "data": "text"}, "data": "text"}
    key = OddDocument._get_collection().insert_one(stored).inserted_id
    assert (await api("PATCH", f"/odd_document/{key}", json_body={"text": "b"})).status == 200
    reply = await api("PATCH", f"/odd_document/{key}", json_body={"part": {"text": "b"}})
    assert (reply.status, reply.json["detail"]) == (400, "The store does not take such a document.")
    assert OddDocument._get_collection().find_one() == {**stored, "text": "b"}


def test_a_bug_of_the_application_stays_one() -> None:
    with pytest.raises(TypeError, match="a bug of the application"):
        lenient(OddDocument(text="bug"), {})["validate"]()
