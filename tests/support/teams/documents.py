"""Teams as MongoEngine documents."""

from __future__ import annotations

from typing import Any

from bson import ObjectId
from mongoengine import (
    BooleanField,
    Document,
    EmbeddedDocument,
    EmbeddedDocumentField,
    EmbeddedDocumentListField,
    IntField,
    ListField,
    ObjectIdField,
    ReferenceField,
    StringField,
)


class Address(EmbeddedDocument):
    """The client chooses its id."""

    id = StringField(required=True)
    city = StringField()


class Hobby(EmbeddedDocument):
    """Has no id."""

    name = StringField()


class Member(Document):
    name = StringField(required=True)
    age = IntField()
    password = StringField()
    retired = BooleanField(default=False)
    home = EmbeddedDocumentField(Address)
    addresses = EmbeddedDocumentListField(Address)
    hobbies = EmbeddedDocumentListField(Hobby)
    friends = ListField(ReferenceField("self"))
    tags = ListField(StringField())

    @classmethod
    def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
        return queryset.filter(retired=False)

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: Any, instance_id: str, handler: Any) -> Any:
        return queryset.filter(retired=False)


class Module(EmbeddedDocument):
    name = StringField(required=True)
    size = IntField()


class Project(EmbeddedDocument):
    """The store chooses its id."""

    id = ObjectIdField(default=ObjectId)
    name = StringField(required=True, max_length=20)
    module = EmbeddedDocumentField(Module)
    lead = ReferenceField(Member)
    members = ListField(ReferenceField(Member))


class Team(Document):
    name = StringField(required=True)
    members = ListField(ReferenceField(Member))
    owner = ReferenceField(Member)
    projects = EmbeddedDocumentListField(Project)
