"""Documents in the manner of MongoEngine's documentation and of applications."""

from __future__ import annotations

import enum
import uuid
from datetime import UTC, datetime
from typing import Any

import mongoengine as me


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class CorpusUser(me.Document):
    email = me.EmailField(required=True, unique=True)
    first_name = me.StringField(max_length=50)
    last_name = me.StringField(max_length=50)
    site = me.URLField()
    active = me.BooleanField(default=True)
    meta = {"collection": "corpus_users", "ordering": ["-email"], "indexes": ["first_name"]}  # noqa: RUF012

    def to_dict(self) -> dict[str, Any]:
        return {"driver": self.to_mongo()}


class CorpusComment(me.EmbeddedDocument):
    content = me.StringField(required=True)
    name = me.StringField(max_length=120, verbose_name="Name", help_text="Of the author.")
    at = me.DateTimeField()


class CorpusPost(me.Document):
    title = me.StringField(max_length=120, required=True)
    author = me.ReferenceField(CorpusUser, reverse_delete_rule=me.CASCADE)
    tags = me.ListField(me.StringField(max_length=30))
    comments = me.ListField(me.EmbeddedDocumentField(CorpusComment))
    readers = me.ListField(me.ReferenceField(CorpusUser))
    meta = {"allow_inheritance": True, "collection": "corpus_posts"}  # noqa: RUF012


class CorpusTextPost(CorpusPost):
    content = me.StringField()


class CorpusLinkPost(CorpusPost):
    link_url = me.StringField()


class CorpusLevel(enum.Enum):
    LOW = "low"
    HIGH = "high"


class CorpusPart(me.EmbeddedDocument):
    id = me.StringField(primary_key=True)
    size = me.IntField(min_value=0)


class CorpusEverything(me.Document):
    number = me.IntField(min_value=0, max_value=100)
    long = me.LongField()
    ratio = me.FloatField()
    price = me.DecimalField(precision=2)
    exact = me.Decimal128Field()
    text = me.StringField(min_length=2, regex=r"^\w")
    choice = me.StringField(choices=[("a", "First"), ("b", "Second")])
    level = me.EnumField(CorpusLevel)
    at = me.DateTimeField(default=now)
    day = me.DateField()
    finest = me.ComplexDateTimeField()
    token = me.UUIDField(binary=False, default=uuid.uuid4)
    packed = me.UUIDField()
    raw = me.BinaryField(max_bytes=1000)
    owner_id = me.ObjectIdField()
    free = me.DictField()
    dynamic = me.DynamicField()
    several = me.ListField()
    typed = me.MapField(me.IntField())
    part = me.EmbeddedDocumentField(CorpusPart)
    parts = me.EmbeddedDocumentListField(CorpusPart)
    sorted = me.SortedListField(me.IntField())
    place = me.PointField()
    point = me.GeoPointField()
    anything = me.GenericReferenceField()
    lazy = me.LazyReferenceField(CorpusUser)
    meta = {"strict": False}  # noqa: RUF012


class CorpusCounter(me.Document):
    id = me.SequenceField(primary_key=True)
    name = me.StringField()


class CorpusCountry(me.Document):
    code = me.StringField(primary_key=True, max_length=3)
    name = me.StringField(required=True)


class CorpusNode(me.Document):
    name = me.StringField()
    parent = me.ReferenceField("self")
    children = me.ListField(me.ReferenceField("self"))


class CorpusOpen(me.DynamicDocument):
    name = me.StringField(db_field="n")


class CorpusChecked(me.Document):
    low = me.IntField()
    high = me.IntField()

    def clean(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise me.ValidationError("low is above high", field_name="low")


MODELS = (
    *(CorpusUser, CorpusPost, CorpusTextPost, CorpusLinkPost, CorpusEverything, CorpusCounter),
    *(CorpusCountry, CorpusNode, CorpusOpen, CorpusChecked),
)
GIVEN: dict[str, Any] = {
    "email": lambda number: f"user{number}@example.com",
    "site": lambda number: f"https://example.com/{number}",
    "code": lambda number: f"c{number}",
    "choice": lambda number: "ab"[number % 2],
    "low": lambda number: -number,
    "point": lambda number: [number, 2.5],
}
