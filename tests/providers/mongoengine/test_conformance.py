"""The MongoEngine provider keeps the promises of all providers, on a server and on mongomock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import mongoengine as me
import mongomock
import pytest
from bson import ObjectId

import bzz
from bzz.providers.base import Provider
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.testing.conformance import ProviderConformance, Status

DATABASE = "bzz_conformance"


class SuiteHome(me.EmbeddedDocument):
    city = me.StringField()
    street = me.StringField()


class SuitePerson(me.Document):
    name = me.StringField(required=True)
    email = me.StringField(unique=True, sparse=True)
    age = me.IntField()
    height = me.FloatField()
    active = me.BooleanField(default=False)
    status = me.EnumField(Status, default=Status.NEW)
    balance = me.DecimalField(precision=2)
    born = me.DateTimeField()
    day = me.DateField()
    token = me.UUIDField()
    photo = me.BinaryField()
    notes = me.DynamicField()
    tags = me.ListField(me.StringField())
    home = me.EmbeddedDocumentField(SuiteHome)


class SuiteProject(me.EmbeddedDocument):
    id = me.StringField(required=True)
    name = me.StringField(required=True)


class SuiteNote(me.Document):
    text = me.StringField()
    hidden = me.BooleanField(default=False)

    @classmethod
    def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
        return queryset.filter(hidden=False)

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: Any, instance_id: str, handler: Any) -> Any:
        return queryset.filter(hidden=False)

    @bzz.represents
    def to_dict(self) -> dict[str, Any]:
        return {"id": str(self.id), "shown": self.text}


class SuiteTeam(me.Document):
    name = me.StringField(required=True)
    owner = me.ReferenceField(SuitePerson)
    members = me.ListField(me.ReferenceField(SuitePerson))
    topic = me.ReferenceField(SuiteNote)
    topics = me.ListField(me.ReferenceField(SuiteNote))
    projects = me.EmbeddedDocumentListField(SuiteProject)


class SuiteCountry(me.Document):
    code = me.StringField(primary_key=True)
    name = me.StringField()


class SuitePet(me.Document):
    name = me.StringField(required=True)
    sound = me.StringField()
    hidden = me.BooleanField(default=False)
    meta = {"allow_inheritance": True}  # noqa: RUF012  # as MongoEngine declares it

    @classmethod
    def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
        return queryset.filter(hidden=False)

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: Any, instance_id: str, handler: Any) -> Any:
        return queryset.filter(hidden=False)


class SuiteCat(SuitePet):
    lives = me.IntField()


class SuiteAlbum(me.Document):
    name = me.StringField(required=True)


class SuiteReview(me.Document):
    name = me.StringField(required=True)
    album = me.ReferenceField(SuiteAlbum, reverse_delete_rule=me.CASCADE)


MODELS = (SuitePerson, SuiteTeam, SuiteCountry, SuiteNote, SuitePet, SuiteCat, SuiteAlbum, SuiteReview)
SKIPS = {
    "wake": "MongoEngine has no type for a time of day",
    "unit": "MongoEngine has no transactions",
    "track": "a document stores its own relations",
}


class DocumentSuite(ProviderConformance):
    person, team, country, note, pet, cat, album, review = MODELS
    skips = SKIPS

    async def break_row(self, provider: Provider, key: str) -> None:
        collection = SuitePerson._get_collection()
        collection.update_one({"_id": ObjectId(key)}, {"$set": {"home": {"planet": "Earth"}}})


class TestServer(DocumentSuite):
    @pytest.fixture(autouse=True)
    def _server(self, mongodb_uri: str) -> None:
        self.uri = mongodb_uri

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        client = me.connect(DATABASE, host=self.uri, uuidRepresentation="standard")
        client.drop_database(DATABASE)
        for model in MODELS:
            model.ensure_indexes()
        yield MongoEngineProvider()
        me.disconnect()

    @asynccontextmanager
    async def unreachable(self) -> AsyncIterator[Provider]:
        me.disconnect()
        me.connect(DATABASE, host="mongodb://127.0.0.1:1", uuidRepresentation="standard")
        yield MongoEngineProvider(timeout=0.5)


LATE = "mongomock looks first and writes then"


class TestMongomock(DocumentSuite):
    skips = SKIPS | {
        "unreachable": "mongomock is in this process",
        "of_many_writes_with_one_entity_tag_one_succeeds": LATE,
        "if_match_compares_all_fields": LATE,
        "no_change_is_lost": LATE,
        "no_write_comes_between_the_read_and_the_write_of_an_update": LATE,
        "no_write_comes_between_the_check_and_the_delete": LATE,
        "of_a_put_and_a_delete_with_one_entity_tag_one_succeeds": LATE,
        "an_update_never_brings_back_a_deleted_instance": LATE,
        "a_unique_value_is_taken_once_by_updates": LATE,
        "all_members_that_join_at_once_are_stored": LATE,
        "a_member_that_joins_many_times_at_once_joins_once": LATE,
        "all_documents_embedded_at_once_are_stored": LATE,
        "an_instance_is_deleted_once": LATE,
        "a_unique_value_is_stored_once": LATE,
        "a_primary_key_is_inserted_once": LATE,
        "token": "mongomock does not know how a UUID is stored",
        "a_taken_unique_value_is_a_conflict": "mongomock does not say which",
        "a_conflict_names_the_field": "mongomock does not say which",
        "a_clients_key_is_inserted_once_and_never_changes": "mongomock does not say which value is taken",
        "a_list_field_is_filtered_by_its_items": "mongomock takes an empty list for something",
        "exists_counts_empty_lists_and_objects_as_absent": "mongomock takes an empty list for something",
        "a_list_is_filtered_by_a_member": "mongomock takes an empty list for something",
    }

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        client = me.connect(DATABASE, mongo_client_class=mongomock.MongoClient, uuidRepresentation="standard")
        client.drop_database(DATABASE)
        for model in MODELS:
            model.ensure_indexes()
        yield MongoEngineProvider()
        me.disconnect()
