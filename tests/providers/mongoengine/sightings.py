"""Documents that other programs have written, with values of any type in any field."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import mongoengine as me
from bson import Binary, Decimal128, Int64, ObjectId, Timestamp


class Spot(me.EmbeddedDocument):
    height = me.IntField(db_field="h")


class Sighting(me.Document):
    name = me.StringField()
    count = me.IntField(db_field="c")
    long = me.LongField()
    real = me.FloatField()
    price = me.DecimalField(precision=2)
    exact = me.Decimal128Field()
    flag = me.BooleanField()
    at = me.DateTimeField()
    on = me.DateField()
    exactly = me.ComplexDateTimeField()
    other = me.ObjectIdField()
    token = me.UUIDField()
    spot = me.EmbeddedDocumentField(Spot)
    meta = {"collection": "sighting"}  # noqa: RUF012  # as MongoEngine declares it


SORTED = {name: name for name in Sighting._fields if name not in ("id", "name", "spot")} | {"spot.height": "spot.h"}
SORTED["count"] = "c"
TOKEN = UUID("0123456789abcdef0123456789abcdef")
ODD: list[Any] = [
    None,
    1,
    1.2,
    1.4,
    2.0,
    Int64(2**53 + 1),
    2.0**53,
    math.nan,
    math.inf,
    Decimal128("1.25"),
    Decimal128("1.250"),
    Decimal128("NaN"),
    "1",
    "much",
    "2024-01-01",
    "2024-01-01T10:00:00",
    datetime(2024, 1, 1, tzinfo=UTC),
    datetime(2024, 1, 1, 10, tzinfo=UTC),
    datetime(1960, 1, 1, tzinfo=UTC),
    True,
    False,
    ObjectId("0123456789abcdef01234567"),
    "0123456789abcdef01234567",
    b"bytes",
    Binary.from_uuid(TOKEN),
    str(TOKEN),
    Timestamp(1, 1),
    {"a": 1},
    {"a": {"b": "x"}},
]
MISSING = object()


def fill(values: list[Any], seed: int = 3) -> list[str]:
    """Write documents by pymongo, and return their names."""
    choose, documents = random.Random(seed), []  # noqa: S311  # the same each time
    for number in range(30):
        document: dict[str, Any] = {"name": str(number)}
        for path in SORTED.values():
            value, (first, _, rest) = choose.choice([*values, MISSING]), path.partition(".")
            if value is not MISSING:
                document[first] = {rest: value} if rest else value
        documents.append(document)
    Sighting.objects.delete()
    Sighting._get_collection().insert_many(documents)
    return [document["name"] for document in documents]
