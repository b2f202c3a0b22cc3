"""The contest of MongoEngine.

The store is the MongoDB at ``BZZ_TEST_MONGODB_URI``. Without this variable, the embedded store is used.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import mongoengine as me
import orjson
from bson import ObjectId
from pymongo import AsyncMongoClient, ReturnDocument

from benchmarks.people import PER_PAGE, ROWS, Contest, People, check, person, represent
from benchmarks.threads import ThreadedPeople
from bzz.providers.mongoengine import MongoEngineProvider
from example_app.store import EmbeddedStore

DATABASE = "bzz_benchmark"


class Person(me.Document):
    name = me.StringField(required=True)
    email = me.StringField()
    age = me.IntField()
    active = me.BooleanField(default=True)
    joined = me.DateTimeField()


class DocumentPeople(ThreadedPeople):
    """People stored as MongoEngine documents."""

    def get_one(self, key: str) -> dict[str, Any] | None:
        found = _find(key)
        return represent(found) if found else None

    def get_first(self) -> list[dict[str, Any]]:
        return [represent(found) for found in Person.objects.order_by("pk").limit(PER_PAGE)]

    def create_one(self, values: dict[str, Any]) -> dict[str, Any]:
        return represent(Person(**values).save(force_insert=True))

    def update_one(self, key: str, values: dict[str, Any]) -> dict[str, Any] | None:
        found = _find(key)
        if found is None:
            return None
        for name, value in values.items():
            setattr(found, name, value)
        return represent(found.save())


def _find(key: str) -> Any:
    return Person.objects(pk=key).first() if ObjectId.is_valid(key) else None


class PlainPeople(People):
    """People stored by pymongo, as dicts.

    Args:
        collection: the collection of an asynchronous client.
    """

    def __init__(self, collection: Any) -> None:
        self._collection = collection

    async def get(self, key: str) -> dict[str, Any] | None:
        found = await self._collection.find_one(_has_key(key))
        return _shown(found) if found else None

    async def first(self) -> list[dict[str, Any]]:
        return [_shown(found) async for found in self._collection.find().sort("_id").limit(PER_PAGE)]

    async def create(self, values: dict[str, Any]) -> dict[str, Any]:
        created = {"_id": ObjectId(), "email": None, "age": None, "active": True, "joined": None, **values}
        await self._collection.insert_one(created)
        return _shown(created)

    async def update(self, key: str, values: dict[str, Any]) -> dict[str, Any] | None:
        after = ReturnDocument.AFTER
        found = await self._collection.find_one_and_update(_has_key(key), {"$set": values}, return_document=after)
        return _shown(found) if found else None


def _has_key(key: str) -> dict[str, Any]:
    return {"_id": ObjectId(key) if ObjectId.is_valid(key) else None}


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    return {"id": str(found["_id"]), **{name: found[name] for name in ("name", "email", "age", "active", "joined")}}


@asynccontextmanager
async def mongoengine() -> AsyncIterator[Contest]:
    """Yield the contest.

    Its database is dropped before the contest and after it.
    """
    with ExitStack() as stack:
        uri = os.environ.get("BZZ_TEST_MONGODB_URI")
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        uri = uri or stack.enter_context(EmbeddedStore(folder)).uri
        client, plain = me.connect(DATABASE, host=uri), AsyncMongoClient[dict[str, Any]](uri)
        stack.callback(me.disconnect)
        client.drop_database(DATABASE)
        people = Person.objects.insert([Person(**check(orjson.dumps(person(number)))) for number in range(ROWS)])
        provider = MongoEngineProvider()
        by_hand = {
            "MongoEngine by hand": DocumentPeople(ThreadPoolExecutor(provider.threads)),
            "pymongo by hand": PlainPeople(plain[DATABASE]["person"]),
        }
        yield Contest(Person, provider, by_hand, [str(found.pk) for found in people])
        await plain.close()
        client.drop_database(DATABASE)
