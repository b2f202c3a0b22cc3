from __future__ import annotations

from decimal import Decimal
from typing import Any

import mongoengine as me
import pytest
from bson import DBRef, Decimal128, ObjectId
from mongoengine.base import LazyReference

from bzz.providers.mongoengine import composite_codecs
from bzz.providers.mongoengine.documents import document_class_of
from bzz.providers.mongoengine.scalar_codecs import JSON, Codec, check_key
from bzz.schema.scalars import INTEGER, STRING
from tests.providers.mongoengine.models import Part, Person

KEY = ObjectId("5" * 24)


def codec(field: Any) -> Codec:
    return composite_codecs.codec_of(field, document_class_of)


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
def test_what_only_mongodb_knows_is_shown_as_json(value: Any, shown: Any) -> None:
    assert JSON.dump(value) == shown


@pytest.mark.parametrize("key", ["", "$set", "a.b", "a\0", "_cls", "_ref"])
def test_a_key_that_would_be_taken_for_something_else_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="cannot be a key"):
        check_key(key)


def test_a_decimal_is_what_the_store_will_give_back() -> None:
    price = codec(me.DecimalField(precision=2)).type
    assert price.parse("1.005") == Decimal("1.01")
    assert price.parse(3) == Decimal("3.00")


def test_a_field_class_of_ones_own_holds_any_json() -> None:
    class Own(me.fields.BaseField):
        """A field of the user's."""

    class OwnText(me.StringField):
        """A text field of the user's."""

    assert codec(Own()).type is JSON
    assert codec(OwnText()).type is STRING
    assert codec(me.ListField(OwnText())).type.item is STRING  # type: ignore[attr-defined]


def test_a_sequence_that_counts_is_a_number_and_another_one_text() -> None:
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
