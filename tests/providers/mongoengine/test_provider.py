"""The provider over HTTP: hooks, references, threads and time limits."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from typing import Any

import mongoengine
import pytest
import tornado.web
from bson import ObjectId

import bzz
from bzz import signals
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.providers.values import ActState, Query
from tests.providers.mongoengine.models import (
    Everything,
    Owned,
    Part,
    Person,
)
from tests.providers.mongoengine.samples import UNKNOWN_ID
from tests.support.client import Api


async def test_a_reference_must_exist_and_be_visible(documents: Api) -> None:
    mine, other = {"X-User": "ada"}, {"X-User": "bob"}
    Owned(slug="s", owner="ada").save()
    owned = str(Owned.objects.get().pk)
    for headers, status in ((mine, 201), (other, 400)):
        assert (await documents("POST", "/ticket", json_body={"about": owned}, headers=headers)).status == status
    ada = await documents.create("/person", name="Ada")
    body = {
        "person": UNKNOWN_ID,
        "people": [ada["id"], UNKNOWN_ID],
        "any_reference": {"type": "Person", "id": UNKNOWN_ID},
    }
    reply = await documents("POST", "/everything", json_body=body)
    assert reply.json["errors"] == {
        name: [f"there is no Person {UNKNOWN_ID}"] for name in ("person", "people.1", "any_reference.id")
    }
    assert Everything.objects.count() == 0


async def test_a_stored_reference_to_a_deleted_document_may_be_repeated(documents: Api) -> None:
    gone = Person(name="Gone").save()
    document = Everything(person=gone, people=[gone]).save()
    gone.delete()
    ada = await documents.create("/person", name="Ada")
    people = [str(gone.id), ada["id"]]
    reply = await documents("PUT", f"/everything/{document.id}", json_body={"person": str(gone.id), "people": people})
    assert (reply.status, reply.json["people"], reply.json["person"]) == (200, people, str(gone.id))


async def test_hooks_to_dict_and_id_field_of_the_model_are_used(queries: Api) -> None:
    mine, other = {"X-User": "ada"}, {"X-User": "bob"}
    made = await queries("POST", "/owned", json_body={"slug": "a b", "owner": "ada"}, headers=mine)
    assert made.headers["Location"] == "/owned/a%20b/"
    assert made.json["slug"] == "a b"
    assert ObjectId.is_valid(made.json["key"])
    assert (await queries("GET", "/owned/a%20b", headers=mine)).json == made.json
    assert (await queries("GET", "/owned", headers=mine)).json == [made.json]
    assert (await queries("GET", "/owned", headers=other)).json == []
    for method in ("GET", "PUT", "DELETE"):
        body = "" if method == "PUT" else None
        assert (await queries(method, "/owned/a%20b", headers=other, body=body)).status == 404
    assert (await queries("DELETE", "/owned/a%20b", headers=mine)).status == 204


async def test_receivers_get_documents_and_may_change_the_reply(documents: Api) -> None:
    made = await documents.create("/person", name="Ada")

    @signals.post_get_instance.connect_via(Person)
    @signals.post_create_instance.connect_via(Person)
    def change(sender: Any, instance: Person) -> None:
        assert type(instance) is Person
        instance.name = instance.name.upper()

    assert (await documents("GET", f"/person/{made['id']}")).json["name"] == "ADA"
    assert Person.objects.get().name == "Ada"


async def test_an_instance_without_an_identifier_is_created_without_a_location(documents: Api) -> None:
    reply = await documents("POST", "/nameless")
    assert reply.status == 201
    assert not {"Location", "X-Created-Id"} & set(reply.headers)


async def test_no_more_threads_run_than_there_are_connections(mongodb_uri: str) -> None:
    mongoengine.connect("bzz_test", host=mongodb_uri, uuidRepresentation="standard", maxPoolSize=7)
    provider = MongoEngineProvider()
    await provider.list(provider.describe(Person), Query(), state=ActState(), needs_instances=True)
    assert provider.pool.threads == 7
    mongoengine.disconnect()


@pytest.fixture
def unreachable() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"mongodb://127.0.0.1:{silent.getsockname()[1]}"


async def test_a_store_that_does_not_answer_is_503_in_time_and_other_requests_are_served(
    api: Api, unreachable: str
) -> None:
    class Nothing(tornado.web.RequestHandler):
        def get(self) -> None:
            self.finish("nothing")

    mongoengine.connect("bzz_test", host=unreachable, uuidRepresentation="standard")
    api.mount(bzz.ModelHive.routes_for("mongoengine", Person, timeout=0.5), (r"/nothing", Nothing))
    started = time.monotonic()
    reads = [asyncio.ensure_future(api("GET", "/person")) for _ in range(5)]
    write = asyncio.ensure_future(api("POST", "/person", json_body={"name": "Ada"}))
    for _ in range(10):
        before = time.monotonic()
        assert (await api("GET", "/nothing")).body == b"nothing"
        assert time.monotonic() - before < 1
    for reply in await asyncio.gather(*reads):
        assert reply.status == 503
        assert int(reply.headers["Retry-After"]) > 0
        assert b"127.0.0.1" not in reply.body
    assert "may have happened" in (await write).json["detail"]
    assert time.monotonic() - started < 5
    mongoengine.disconnect()


async def test_the_wait_for_a_thread_counts_into_the_timeout(api: Api, unreachable: str) -> None:
    mongoengine.connect("bzz_test", host=unreachable, uuidRepresentation="standard")
    api.mount(bzz.ModelHive.routes_for("mongoengine", Person, timeout=0.4, threads=1))
    started = time.monotonic()
    replies = await asyncio.gather(*(api("GET", "/person") for _ in range(4)))
    assert [reply.status for reply in replies] == [503] * 4
    assert time.monotonic() - started < 4 * 0.4, "each waits for its own time only"
    mongoengine.disconnect()


async def test_requests_succeed_again_once_the_store_answers(api: Api, mongodb_uri: str, unreachable: str) -> None:
    mongoengine.connect("bzz_test", host=unreachable, uuidRepresentation="standard")
    api.mount(bzz.ModelHive.routes_for("mongoengine", Person, timeout=0.3))
    assert (await api("GET", "/person")).status == 503
    mongoengine.disconnect()
    mongoengine.connect("bzz_test", host=mongodb_uri, uuidRepresentation="standard")
    assert (await api("GET", "/person")).status == 200
    mongoengine.disconnect()


@pytest.mark.parametrize("model", [Part, object, mongoengine.Document])
def test_routes_are_refused_for_classes_that_are_not_stored_documents(model: type) -> None:
    with pytest.raises(TypeError, match="is not a document class that is stored"):
        bzz.ModelHive.routes_for("mongoengine", model)
