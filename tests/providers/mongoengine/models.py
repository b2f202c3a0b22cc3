"""Documents that the tests of the provider serve."""

from __future__ import annotations

from enum import Enum
from typing import Any

import mongoengine as me

import bzz


class Color(Enum):
    RED = "red"
    TWO = 2


class Part(me.EmbeddedDocument):
    name = me.StringField()
    size = me.IntField(default=1)
    meta = {"allow_inheritance": True}  # noqa: RUF012


class Bigger(Part):
    more = me.StringField()


class Tree(me.EmbeddedDocument):
    value = me.IntField()
    children = me.EmbeddedDocumentListField("self")


class Person(me.Document):
    name = me.StringField(required=True, max_length=20, db_field="n")
    email = me.EmailField(unique=True, sparse=True, db_field="e")


class Everything(me.Document):
    """One field of each type."""

    text = me.StringField()
    email = me.EmailField()
    url = me.URLField()
    whole = me.IntField(min_value=0)
    long = me.LongField()
    real = me.FloatField()
    price = me.DecimalField(precision=2)
    text_price = me.DecimalField(precision=3, force_string=True)
    exact = me.Decimal128Field()
    flag = me.BooleanField()
    at = me.DateTimeField()
    exactly_at = me.ComplexDateTimeField()
    on = me.DateField()
    other_id = me.ObjectIdField()
    uuid = me.UUIDField(binary=False)
    binary = me.BinaryField()
    color = me.EnumField(Color)
    part = me.EmbeddedDocumentField(Part)
    parts = me.EmbeddedDocumentListField(Part)
    tree = me.EmbeddedDocumentField(Tree)
    any_part = me.GenericEmbeddedDocumentField(choices=[Part, Tree])
    texts = me.ListField(me.StringField())
    sorted = me.SortedListField(me.IntField())
    sorted_parts = me.SortedListField(me.EmbeddedDocumentField(Part), ordering="size", reverse=True)
    anything = me.ListField()
    numbers = me.MapField(me.IntField())
    free = me.DictField()
    dynamic = me.DynamicField()
    person = me.ReferenceField(Person)
    person_dbref = me.ReferenceField(Person, dbref=True)
    lazy = me.LazyReferenceField(Person)
    cached = me.CachedReferenceField(Person, fields=["name"], auto_sync=False)
    people = me.ListField(me.ReferenceField(Person))
    itself = me.ReferenceField("self")
    any_reference = me.GenericReferenceField(choices=[Person])
    any_lazy = me.GenericLazyReferenceField(choices=["Person"])
    unchosen = me.GenericReferenceField()
    unchosen_part = me.GenericEmbeddedDocumentField()
    number = me.SequenceField()
    code = me.SequenceField(value_decorator="C{}".format)
    legacy_point = me.GeoPointField()
    point = me.PointField(auto_index=False)
    polygon = me.PolygonField(auto_index=False)
    file = me.FileField()


class Natural(me.Document):
    """Its key is natural, and its title unique."""

    code = me.StringField(primary_key=True)
    title = me.StringField(unique=True)


class Careful(me.Document):
    """Does everything of its own: cleans, validates, and saves with a signature that takes nothing."""

    name = me.StringField(required=True)
    slug = me.StringField()
    saves = me.IntField(default=0)
    meta = {"ordering": ["-name"]}  # noqa: RUF012

    def clean(self) -> None:
        if self.name == "forbidden":
            raise me.ValidationError("This name is forbidden.")
        self.slug = self.name.lower()

    def save(self) -> Any:
        self.saves += 1
        return super().save()


class Keyed(me.Document):
    """Chooses its own key when it is saved."""

    code = me.StringField(primary_key=True, default=lambda: "")
    name = me.StringField(required=True)

    def save(self, *args: Any, **kwargs: Any) -> Any:
        self.code = self.name.lower()
        return super().save(*args, **kwargs)


class Owned(me.Document):
    """Seen by its owner only, addressed by its slug."""

    slug = me.StringField(required=True)
    owner = me.StringField()

    @classmethod
    def get_id_field_name(cls) -> Any:
        return cls.slug

    @classmethod
    def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
        return queryset.filter(owner=_user(handler))

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: Any, instance_id: str, handler: Any) -> Any:
        return queryset.filter(owner=_user(handler))

    @bzz.represents
    def to_dict(self) -> dict[str, Any]:
        return {"key": self.pk, "slug": self.slug}


def _user(handler: Any) -> str | None:
    user: str | None = handler.request.headers.get("X-User") if handler else None
    return user


class Ticket(me.Document):
    """Refers to what only its owner sees, and to what may not be deleted while it does."""

    about = me.ReferenceField(Owned)
    person = me.ReferenceField(Person, reverse_delete_rule=me.DENY)


class Line(me.EmbeddedDocument):
    number = me.SequenceField()
    text = me.StringField()


class Ranked(me.EmbeddedDocument):
    rank = me.IntField(db_field="r")
    text = me.StringField()


class Order(me.Document):
    lines = me.EmbeddedDocumentListField(Line)
    any = me.GenericEmbeddedDocumentField(choices=[Line])
    ranked = me.SortedListField(me.EmbeddedDocumentField(Ranked), ordering="r")


class Defaulted(me.Document):
    """What its defaults say is not in documents stored before."""

    name = me.StringField()
    free = me.DictField(default=lambda: {"a": 1})
    part = me.EmbeddedDocumentField(Part, default=Part)


class Capital(me.Document):
    """Narrowed by a field whose name sorts before everything MongoEngine adds."""

    Owner = me.StringField()

    @classmethod
    def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
        return queryset.filter(Owner__ne="nobody")


class Place(me.Document):
    at = me.PointField()


class Nameless(me.Document):
    slug = me.StringField()

    @classmethod
    def get_id_field_name(cls) -> str:
        return "slug"
