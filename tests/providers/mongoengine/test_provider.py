"""Documents over HTTP, on a server that speaks MongoDB's protocol, and on mongomock for queries and types."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import mongoengine
import mongoengine as me
import mongomock
import pytest
import tornado.web
from bson import DBRef, ObjectId
from bson.decimal128 import Decimal128
from pymongo import monitoring

import bzz
from bzz import signals
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.providers.values import ActState, Query
from bzz.testing import Sent
from tests.providers.mongoengine.models import (
    Bigger,
    Capital,
    Careful,
    Defaulted,
    Everything,
    Keyed,
    Line,
    Nameless,
    Natural,
    Order,
    Owned,
    Part,
    Person,
    Place,
    Ticket,
)
from tests.support.client import Api

MODELS = (Person, Everything, Natural, Careful, Keyed, Owned, Ticket, Order, Capital, Place, Nameless, Defaulted)
NOBODY = "0" * 24


@pytest.fixture
def documents(api: Api, mongodb: None) -> Api:
    """The API with all documents, on the server."""
    return api.mount([bzz.ModelHive.routes_for("mongoengine", model) for model in MODELS])


@pytest.fixture(params=["server", "mongomock"])
def queries(request: pytest.FixtureRequest, api: Api) -> Iterator[Api]:
    """The API with all documents, on the server and on mongomock."""
    if request.param == "server":
        request.getfixturevalue("mongodb")
    else:
        mongoengine.connect("bzz_test", mongo_client_class=mongomock.MongoClient, uuidRepresentation="standard")
    yield api.mount([bzz.ModelHive.routes_for("mongoengine", model) for model in MODELS])
    if request.param == "mongomock":
        mongoengine.disconnect()


def everything(person: str) -> dict[str, Any]:
    """A value for each field that a request may set, as JSON."""
    return {
        "text": "Ada",
        "email": "ada@example.com",
        "url": "https://example.com/a",
        "whole": 3,
        "long": 2**62,
        "real": 1.5,
        "price": "1.01",
        "text_price": "1.125",
        "exact": "1.23456789",
        "flag": True,
        "at": "2026-01-02T08:00:00.123000Z",
        "exactly_at": "2026-01-02T08:00:00.123456Z",
        "on": "2026-01-02",
        "other_id": "5" * 24,
        "uuid": str(UUID(int=7)),
        "binary": "AAEC",
        "color": 2,
        "part": {"name": "a", "size": 1},
        "parts": [{"name": "b", "size": 2}],
        "tree": {"value": 1, "children": [{"value": 2, "children": []}]},
        "any_part": {"type": "Part", "value": {"name": "c", "size": 3}},
        "texts": ["x", "y"],
        "sorted": [1, 2, 3],
        "sorted_parts": [{"name": "e", "size": 3}, {"name": "d", "size": 1}],
        "anything": [1, "a", None, {"b": [True]}],
        "numbers": {"a": 1},
        "free": {"a": [1, {"b": None}]},
        "dynamic": {"a": [1.5, {"b": "c"}]},
        "person": person,
        "person_dbref": person,
        "lazy": person,
        "cached": person,
        "people": [person],
        "itself": None,
        "any_reference": {"type": "Person", "id": person},
        "any_lazy": {"type": "Person", "id": person},
        "legacy_point": [1, 2],
        "point": {"type": "Point", "coordinates": [1, 2]},
        "polygon": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 0], [0, 0]]]},
    }


async def test_every_type_of_field_goes_in_and_comes_out_the_same(queries: Api, sent: list[Sent]) -> None:
    person = (await queries.create("/person", name="Ada"))["id"]
    values = everything(person)
    created = await queries.create("/everything", **values)
    assert created == values | {"id": created["id"], "number": 1, "code": "C1", "unchosen": None, "unchosen_part": None}
    path = f"/everything/{created['id']}"
    assert (await queries("GET", path)).json == created
    reply = await queries("PUT", path, json_body=created)
    assert (reply.status, reply.json) == (200, created)
    assert sent[-1].keywords["updated_fields"] == {}, "what was got and put back changes nothing"
    nothing = dict.fromkeys(values)
    emptied = (await queries("PUT", path, json_body=nothing)).json
    lists = ("parts", "texts", "sorted", "sorted_parts", "anything", "people")
    assert emptied == created | nothing | {key: [] for key in lists} | {"numbers": {}, "free": {}}
    assert (await queries("GET", path)).json == emptied


FILTERABLE = [
    *(
        "text",
        "email",
        "url",
        "whole",
        "long",
        "real",
        "price",
        "text_price",
        "exact",
        "flag",
        "at",
        "exactly_at",
        "on",
    ),
    *("other_id", "uuid", "color", "person", "person_dbref", "lazy", "cached", "id", "number", "code"),
]


async def test_a_list_is_filtered_by_any_scalar_or_reference(queries: Api) -> None:
    people = [(await queries.create("/person", name=name))["id"] for name in ("Ada", "Bob")]
    one = await queries.create("/everything", **everything(people[0]))
    await queries.create("/everything")
    for name in FILTERABLE:
        value = str(one[name]).lower() if isinstance(one[name], bool) else one[name]
        reply = await queries("GET", f"/everything?{name}={str(value).replace('+', '%2B')}")
        assert [found["id"] for found in reply.json] == [one["id"]], name
    for name in set(FILTERABLE) - {"text", "email", "url", "id", "number", "code"}:
        reply = await queries("GET", f"/everything?{name}=")
        assert [found["text"] for found in reply.json] == [None], name
    assert (await queries("GET", f"/everything?person={people[1]}&text=Ada")).json == []


async def test_filters_take_operators_of_the_store_for_text(queries: Api) -> None:
    await queries.create("/person", name="$ne")
    await queries.create("/person", name="Ada")
    assert [p["name"] for p in (await queries("GET", "/person?name=$ne")).json] == ["$ne"]
    for query in ("name[$ne]=x", "name__$ne=x", "name__regex=x", "$where=1", "__raw__=1", "name.$ne=x"):
        assert (await queries("GET", f"/person?{query}")).status == 400


async def test_a_list_is_sorted_with_nulls_first_and_ties_in_order_of_the_key(queries: Api) -> None:
    for whole, text in ((2, "a"), (None, "b"), (1, "c"), (2, "d")):
        await queries.create("/everything", whole=whole, text=text)

    async def order(sort: str) -> str:
        return "".join(item["text"] for item in (await queries("GET", f"/everything?sort={sort}")).json)

    assert await order("whole") == "bcad"
    assert await order("-whole") == "adcb"
    assert await order("whole,-text") == "bcda"
    assert await order("-id") == "dcba"


async def test_a_list_is_sorted_as_the_model_says_and_paged(queries: Api) -> None:
    for name in ("Ada", "Cy", "Bob"):
        await queries.create("/careful", name=name)
    first = await queries("GET", "/careful?per_page=2")
    assert [item["name"] for item in first.json] == ["Cy", "Bob"]
    assert 'rel="next"' in first.headers["Link"]
    second = await queries("GET", "/careful?per_page=2&page=2")
    assert [item["name"] for item in second.json] == ["Ada"]
    assert 'rel="next"' not in second.headers["Link"]


async def test_an_embedded_document_is_merged_and_diffed_by_dotted_names(documents: Api, sent: list[Sent]) -> None:
    made = await documents.create("/everything", part={"name": "a", "size": 2}, parts=[{"name": "x"}])
    body = {"part": {"size": 3}, "parts": [{"name": "x"}, {"name": "y"}], "tree": {"value": 1}, "whole": "7"}
    reply = await documents("PATCH", f"/everything/{made['id']}", json_body=body)
    assert reply.json["part"] == {"name": "a", "size": 3}
    assert sent[-1].keywords["updated_fields"] == {
        "part.size": {"from": 2, "to": 3},
        "parts": {"from": [{"name": "x", "size": 1}], "to": [{"name": "x", "size": 1}, {"name": "y", "size": 1}]},
        "tree": {"from": None, "to": {"value": 1, "children": []}},
        "whole": {"from": None, "to": 7},
    }


async def test_an_embedded_document_of_a_subclass_stays_one(documents: Api) -> None:
    document = Everything(part=Bigger(name="a", more="kept")).save()
    await documents("PATCH", f"/everything/{document.id}", json_body={"part": {"name": "b"}})
    stored = Everything.objects.get(id=document.id).part
    assert (type(stored), stored.name, stored.more) == (Bigger, "b", "kept")


async def test_only_what_differs_is_written(documents: Api) -> None:
    made = await documents.create("/person", name="Ada", email="a@b.co")

    @signals.pre_update_instance.connect
    async def meanwhile(sender: Any, instance: Person) -> None:
        await bzz.in_pool(lambda: Person.objects(id=instance.id).update(email="new@b.co"))

    await documents("PUT", f"/person/{made['id']}", json_body={"name": "Bob", "email": "a@b.co"})
    stored = Person.objects.get(id=made["id"])
    assert (stored.name, stored.email) == ("Bob", "new@b.co")


async def test_the_documents_own_ways_all_run(documents: Api, sent: list[Sent]) -> None:
    saved: list[bool] = []

    def receive(sender: Any, document: Any, created: bool) -> None:
        saved.append(created)

    mongoengine.signals.post_save.connect(receive, sender=Careful)
    made = await documents.create("/careful", name="Ada")
    assert made == {"id": made["id"], "name": "Ada", "slug": "ada", "saves": 1}
    reply = await documents("PUT", f"/careful/{made['id']}", json_body={"name": "Bob"})
    assert reply.json == {"id": made["id"], "name": "Bob", "slug": "bob", "saves": 2}
    assert sent[-1].keywords["updated_fields"] == {
        "name": {"from": "Ada", "to": "Bob"},
        "slug": {"from": "ada", "to": "bob"},
        "saves": {"from": 1, "to": 2},
    }
    unchanged = await documents("PUT", f"/careful/{made['id']}", json_body={"name": "Bob"})
    assert unchanged.json["saves"] == 2, "nothing changed, so nothing is saved"
    refused = await documents("PUT", f"/careful/{made['id']}", json_body={"name": "forbidden"})
    assert (refused.status, refused.json["detail"]) == (400, "This name is forbidden.")
    assert saved == [True, False]


async def test_a_document_that_chooses_its_own_key_is_inserted_once(documents: Api) -> None:
    made = await documents("POST", "/keyed", json_body={"name": "Ada"})
    assert (made.status, made.headers["Location"]) == (201, "/keyed/ada/")
    again = await documents("POST", "/keyed", json_body={"name": "ADA"})
    assert (again.status, again.json["errors"]) == (409, {"id": ["is taken"]})
    assert Keyed.objects.get(pk="ada").name == "Ada"


async def test_a_natural_key_is_inserted_and_never_replaced(documents: Api) -> None:
    made = await documents("POST", "/natural", json_body={"id": "a/b", "title": "One"})
    assert made.headers["Location"] == "/natural/a%2Fb/"
    taken = await documents("POST", "/natural", json_body={"id": "a/b", "title": "Two"})
    assert (taken.status, taken.json["errors"]) == (409, {"id": ["is taken"]})
    unique = await documents("POST", "/natural", json_body={"code": "c", "title": "One"})
    assert (unique.status, unique.json["errors"]) == (409, {"title": ["is taken"]})
    assert (await documents("POST", "/natural", json_body={"title": "Three"})).json["errors"] == {
        "id": ["Field is required"]
    }
    assert (await documents("GET", "/natural")).json == [{"id": "a/b", "title": "One"}]


async def test_of_many_creates_with_one_key_one_wins(documents: Api) -> None:
    replies = await asyncio.gather(
        *(documents("POST", "/natural", json_body={"id": "x", "title": str(n)}) for n in range(20))
    )
    assert sorted(reply.status for reply in replies) == [201] + [409] * 19
    [won] = [reply.json for reply in replies if reply.status == 201]
    assert (await documents("GET", "/natural")).json == [won]


async def test_an_update_that_races_a_delete_is_not_found_and_leaves_nothing(documents: Api) -> None:
    for path, model in (("/person", Person), ("/careful", Careful)):
        made = await documents.create(path, name="Ada")

        @signals.pre_update_instance.connect_via(model)
        async def meanwhile(sender: Any, instance: Any) -> None:
            await bzz.in_pool(lambda: sender.objects(id=instance.id).delete())

        reply = await documents("PUT", f"{path}/{made['id']}", json_body={"name": "Bob"})
        assert reply.status == 404
        assert model.objects.count() == 0


async def test_an_update_of_a_unique_value_that_is_taken_is_a_conflict(documents: Api) -> None:
    await documents.create("/person", name="Ada", email="a@b.co")
    bob = await documents.create("/person", name="Bob", email="b@b.co")
    reply = await documents("PUT", f"/person/{bob['id']}", json_body={"email": "a@b.co"})
    assert (reply.status, reply.json["errors"]) == (409, {"email": ["is taken"]})
    assert b"E11000" not in reply.body


async def test_validation_names_the_field(documents: Api) -> None:
    reply = await documents("POST", "/person", json_body={"name": "x" * 21, "email": "nope"})
    assert reply.status == 400
    assert set(reply.json["errors"]) == {"name", "email"}
    assert (await documents("POST", "/person")).json["errors"] == {"name": ["Field is required"]}


async def test_a_reference_has_to_exist_and_to_be_visible(documents: Api) -> None:
    mine, other = {"X-User": "ada"}, {"X-User": "bob"}
    Owned(slug="s", owner="ada").save()
    owned = str(Owned.objects.get().pk)
    for headers, status in ((mine, 201), (other, 400)):
        assert (await documents("POST", "/ticket", json_body={"about": owned}, headers=headers)).status == status
    ada = await documents.create("/person", name="Ada")
    body = {"person": NOBODY, "people": [ada["id"], NOBODY], "any_reference": {"type": "Person", "id": NOBODY}}
    reply = await documents("POST", "/everything", json_body=body)
    assert reply.json["errors"] == {
        name: [f"there is no Person {NOBODY}"] for name in ("person", "people.1", "any_reference.id")
    }
    assert Everything.objects.count() == 0


async def test_a_reference_that_was_stored_before_is_left_alone(documents: Api) -> None:
    gone = Person(name="Gone").save()
    document = Everything(person=gone, people=[gone]).save()
    gone.delete()
    ada = await documents.create("/person", name="Ada")
    people = [str(gone.id), ada["id"]]
    reply = await documents("PUT", f"/everything/{document.id}", json_body={"person": str(gone.id), "people": people})
    assert (reply.status, reply.json["people"], reply.json["person"]) == (200, people, str(gone.id))


async def test_of_many_deletes_at_once_one_is_done_and_told(documents: Api, sent: list[Sent]) -> None:
    for _ in range(5):
        path = f"/natural/{(await documents.create('/natural', code='x', title='x'))['id']}"
        sent.clear()
        replies = await asyncio.gather(*(documents("DELETE", path) for _ in range(6)))
        assert sorted(reply.status for reply in replies) == [204, 404, 404, 404, 404, 404]
        assert [one.signal for one in sent if "post" in one.signal] == ["post_delete_instance"]


class Racer(monitoring.CommandListener):
    """Somebody else, who writes when a delete is on its way to the server."""

    def __init__(self, write: Callable[[], object]) -> None:
        self.write = write

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name == "delete":
            self.write()

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Not of interest."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Not of interest."""


def race(uri: str, write: Callable[[], object]) -> None:
    """Connect with somebody else around."""
    mongoengine.disconnect()
    listeners = [Racer(write)]
    mongoengine.connect("bzz_test", host=uri, uuidRepresentation="standard", event_listeners=listeners)


async def test_a_delete_holds_only_if_nobody_else_has_written(documents: Api, mongodb_uri: str) -> None:
    first = await documents("POST", "/natural", json_body={"code": "x", "title": "first"})
    second = await documents("POST", "/natural", json_body={"code": "y", "title": "2"})
    race(mongodb_uri, lambda: Natural.objects(code="x").update(title="second"))
    refused = await documents("DELETE", "/natural/x", headers={"If-Match": first.headers["ETag"]})
    assert (refused.status, Natural.objects.get(code="x").title) == (412, "second")
    assert (await documents("DELETE", "/natural/y", headers={"If-Match": second.headers["ETag"]})).status == 204
    assert (await documents("DELETE", "/natural/x")).status == 204, "without a condition none has to hold"


async def test_a_delete_gives_up_where_others_never_stop_writing(documents: Api, mongodb_uri: str) -> None:
    await documents("POST", "/natural", json_body={"code": "x", "title": "first"})
    count = itertools.count()
    race(mongodb_uri, lambda: Natural.objects.update(title=str(next(count))))
    assert (await documents("DELETE", "/natural/x", headers={"If-Match": "*"})).status == 409


class Archived(me.Document):
    """Does something of its own when it is deleted, and loses those who refer to it."""

    name = me.StringField()
    deletions = me.IntField(default=0)
    friend = me.ReferenceField("self", reverse_delete_rule=me.NULLIFY)

    def delete(self, *args: Any, **kwargs: Any) -> None:
        self.deletions += 1
        self.save()
        super().delete(*args, **kwargs)
        super().delete(*args, **kwargs)


async def test_what_a_model_writes_when_it_is_deleted_is_nobody_elses(
    api: Api, mongodb: None, sent: list[Sent]
) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", Archived))
    for headers in ({}, {"If-Match": "*"}):
        one = (await api.create("/archived", name="x"))["id"]
        assert (await api("PUT", f"/archived/{one}", json_body={"friend": one})).status == 200
        sent.clear()
        assert (await api("DELETE", f"/archived/{one}", headers=headers)).status == 204
        assert [s.signal for s in sent] == ["pre_delete_instance", "post_delete_instance"]
        assert Archived.objects.count() == 0
    one = await api("POST", "/archived", json_body={"name": "y"})
    assert (await api("PUT", one.headers["Location"], json_body={"name": "z"})).status == 200
    tag = {"If-Match": one.headers["ETag"]}
    assert (await api("DELETE", one.headers["Location"], headers=tag)).status == 412


async def test_what_is_deleted_is_told_of_as_it_was_in_the_end(documents: Api) -> None:
    await documents("POST", "/natural", json_body={"code": "x", "title": "first"})
    titles: list[str] = []

    async def write(sender: Any) -> None:
        await bzz.in_pool(lambda: Natural.objects.update(title="second"))

    def told(sender: Any, instance: Natural) -> None:
        titles.append(instance.title)

    with signals.pre_delete_instance.connected_to(write), signals.post_delete_instance.connected_to(told):
        assert (await documents("DELETE", "/natural/x")).status == 204
    assert titles == ["second"]


async def test_a_list_with_a_document_that_cannot_be_loaded_is_not_a_shorter_one(documents: Api) -> None:
    for number in range(3):
        await documents.create("/everything", real=number)
    Everything._get_collection().update_one({"real": 1}, {"$set": {"real": Decimal128("1.5")}})
    assert (await documents("GET", "/everything")).status == 500


async def test_what_only_the_store_knows_is_shown_wherever_it_is(documents: Api) -> None:
    made = await documents.create("/everything", text="x", texts=["x"])
    strange = ObjectId("5" * 24)
    Everything._get_collection().update_one({}, {"$set": {"text": strange, "texts": [strange]}})
    shown = (await documents("GET", f"/everything/{made['id']}")).json
    assert (shown["text"], shown["texts"]) == ("5" * 24, ["5" * 24])


async def test_what_others_refer_to_by_a_deny_rule_is_a_conflict_to_delete(documents: Api) -> None:
    ada = await documents.create("/person", name="Ada")
    await documents.create("/ticket", person=ada["id"])
    assert (await documents("DELETE", f"/person/{ada['id']}")).status == 409
    assert (await documents("GET", f"/person/{ada['id']}")).status == 200


async def test_the_models_own_methods_are_used(queries: Api) -> None:
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


async def test_receivers_see_documents_and_may_change_what_is_shown(documents: Api) -> None:
    made = await documents.create("/person", name="Ada")

    @signals.post_get_instance.connect_via(Person)
    @signals.post_create_instance.connect_via(Person)
    def change(sender: Any, instance: Person) -> None:
        assert type(instance) is Person
        instance.name = instance.name.upper()

    assert (await documents("GET", f"/person/{made['id']}")).json["name"] == "ADA"
    assert Person.objects.get().name == "Ada"


async def test_receivers_may_set_documents_as_references(documents: Api) -> None:
    ada = Person(name="Ada").save()

    @signals.pre_create_instance.connect_via(Ticket)
    def assign(sender: Any, data: dict[str, Any]) -> None:
        data["person"] = ada

    assert (await documents.create("/ticket"))["person"] == str(ada.id)


@pytest.mark.parametrize("identifier", ["x", "0" * 23, "0" * 25, "0" * 24, "%00", "%F0%9F%90%9D", "..%2F", "null"])
async def test_an_identifier_that_is_none_is_not_found(documents: Api, identifier: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        reply = await documents(method, f"/person/{identifier}", body="" if method == "PUT" else None)
        assert reply.status == 404


@pytest.mark.parametrize(
    "body",
    [
        {"_cls": "Person"},
        {"pk": NOBODY},
        {"_id": NOBODY},
        {"_data": {}},
        {"objects": 1},
        {"meta": {}},
        {"id": NOBODY},
        {"number": 7},
        {"free": {"_cls": "Person", "_ref": 1}},
        {"free": {"a": {"$where": 1}}},
        {"free": {"a.b": 1}},
        {"free": {"a\0b": 1}},
        {"free": {"": 1}},
        {"dynamic": {"_cls": "Nothing"}},
        {"dynamic": [{"$ref": "x"}]},
        {"dynamic": 2**63},
        {"anything": [{"_cls": "Person"}]},
        {"numbers": {"$inc": 1}},
        {"part": {"_cls": "Bigger"}},
        {"any_part": {"type": "Person", "value": {}}},
        {"any_part": {"type": ["Part"], "value": {}}},
        {"any_part": {"type": "Part", "value": {"size": "x"}}},
        {"any_part": {"type": "Part"}},
        {"any_part": {"type": "Part", "value": None}},
        {"any_reference": {"type": "Everything", "id": NOBODY}},
        {"any_reference": "x"},
        {"unchosen": {"type": "Person", "id": NOBODY}},
        {"unchosen": {"type": "Nothing", "id": NOBODY}},
        {"unchosen_part": {"type": "Part", "value": {}}},
        {"whole": -1},
        {"whole": 2**63},
        {"price": "1" * 40},
        {"exact": "1" * 40},
        {"price": "1e999999"},
        {"point": "x"},
        {"point": [1, 2, 3]},
        {"polygon": [[[0, 0], "x"]]},
        {"polygon": {"type": "Polygon", "coordinates": {}}},
        {"legacy_point": [[], {}]},
        {"person": 3},
        {"person": {"$ne": None}},
        {"color": "green"},
        {"url": "x"},
        {"file": "x"},
    ],
    ids=repr,
)
async def test_what_may_not_be_stored_is_a_bad_request_and_is_not_stored(documents: Api, body: dict[str, Any]) -> None:
    made = await documents.create("/everything", text="as it was")
    for method, path in (("POST", "/everything"), ("PUT", f"/everything/{made['id']}")):
        reply = await documents(method, path, json_body=body)
        assert reply.status == 400, reply.body
        assert any(key.partition(".")[0] in body for key in reply.json["errors"]), reply.body
    assert (await documents("GET", "/everything")).json == [made]


async def test_a_generic_reference_without_choices_may_be_repeated(documents: Api) -> None:
    ada = Person(name="Ada").save()
    document = Everything(unchosen=ada, unchosen_part=Part(name="x")).save()
    got = (await documents("GET", f"/everything/{document.id}")).json
    assert got["unchosen"] == {"type": "Person", "id": str(ada.id)}
    assert (await documents("PUT", f"/everything/{document.id}", json_body=got | {"text": "x"})).status == 200


async def test_references_that_were_followed_are_still_shown_as_keys(documents: Api) -> None:
    ada = Person(name="Ada").save()
    document = Everything(person=ada, people=[ada], lazy=ada, any_reference=ada, any_lazy=ada, cached=ada).save()

    @signals.post_get_instance.connect_via(Everything)
    async def follow(sender: Any, instance: Everything) -> None:
        def read() -> list[Any]:
            return [
                instance.person.name,
                instance.people[0].name,
                instance.lazy.fetch(),
                instance.any_reference.name,
                instance.any_lazy.pk,
                instance.cached.name,
            ]

        await bzz.in_pool(read)

    got = (await documents("GET", f"/everything/{document.id}")).json
    key = str(ada.id)
    tagged = {"type": "Person", "id": key}
    assert [got[n] for n in ("person", "people", "lazy", "cached")] == [key, [key], key, key]
    assert [got["any_reference"], got["any_lazy"]] == [tagged, tagged]


async def test_values_that_the_types_would_not_take_are_shown_all_the_same(documents: Api) -> None:
    document = Everything(text="x").save()
    Everything._get_collection().update_one(
        {"_id": document.id},
        {
            "$set": {"whole": "three", "at": "long ago", "dynamic": ObjectId(NOBODY), "free": {"id": ObjectId(NOBODY)}}
            | {"binary": "text", "parts": "text"}
            | {"any_reference": {"_cls": "Gone", "_ref": DBRef("gone", ObjectId(NOBODY))}}
        },
    )
    path = f"/everything/{document.id}"
    got = (await documents("GET", path)).json
    assert (got["whole"], got["at"]) == ("three", "long ago")
    assert (got["dynamic"], got["free"]) == (NOBODY, {"id": NOBODY})
    assert (got["binary"], got["parts"], got["any_reference"]) == ("text", "text", {"type": "Gone", "id": NOBODY})
    assert (await documents("GET", "/everything")).json == [got]
    refused = await documents("PATCH", path, json_body={"text": "y"})
    assert refused.status == 400, "the model does not take what is stored"
    assert {"whole", "at", "binary"} <= set(refused.json["errors"])


async def test_writers_of_different_keys_of_one_dict_do_not_undo_each_other(documents: Api) -> None:
    made = await documents.create("/everything", free={"kept": 1})
    path = f"/everything/{made['id']}"
    replies = await asyncio.gather(
        *(documents("PATCH", path, json_body={"free": {f"k{n}": n}, "numbers": {f"n{n}": n}}) for n in range(30))
    )
    assert {reply.status for reply in replies} == {200}
    got = (await documents("GET", path)).json
    assert got["free"] == {"kept": 1} | {f"k{n}": n for n in range(30)}
    assert got["numbers"] == {f"n{n}": n for n in range(30)}


async def test_an_update_inside_an_embedded_document_that_goes_meanwhile_leaves_no_half_of_it(documents: Api) -> None:
    made = await documents.create("/everything", part={"name": "a", "size": 2})
    once: list[Any] = []

    @signals.pre_update_instance.connect_via(Everything)
    async def meanwhile(sender: Any, instance: Everything) -> None:
        if not once:
            once.append(await bzz.in_pool(lambda: Everything.objects(id=instance.id).update(unset__part=True)))

    reply = await documents("PATCH", f"/everything/{made['id']}", json_body={"part": {"name": "b"}})
    assert (reply.status, reply.json["part"]) == (200, {"name": "b", "size": 1}), "merged into nothing, whole"
    assert Everything._get_collection().find_one()["part"] == {"_cls": "Part", "name": "b", "size": 1}


async def test_others_that_never_stop_are_a_conflict(documents: Api) -> None:
    made = await documents.create("/everything", free={"a": 1})
    collection, numbers = Everything._get_collection(), itertools.count()

    def meddle(sender: Any, document: Any, **_: Any) -> None:
        collection.update_one({"_id": document.id}, {"$set": {"free": {"n": next(numbers)}}})

    with mongoengine.signals.pre_save.connected_to(meddle, Everything):
        reply = await documents("PATCH", f"/everything/{made['id']}", json_body={"free": {"b": 2}})
    assert (reply.status, "b" in collection.find_one()["free"]) == (409, False)


async def test_defaults_that_are_not_stored_yet_are_stored_with_what_is_merged_into_them(documents: Api) -> None:
    Defaulted._get_collection().insert_one({"_id": ObjectId(NOBODY), "name": "old"})
    path, body = f"/defaulted/{NOBODY}", {"free": {"b": 2}, "part": {"name": "x"}}
    reply = await documents("PATCH", path, json_body=body)
    assert (reply.status, reply.json["free"]) == (200, {"a": 1, "b": 2})
    assert (await documents("GET", path)).json == reply.json
    assert Defaulted._get_collection().find_one()["free"] == {"a": 1, "b": 2}


async def test_writers_of_one_nested_object_do_not_undo_each_other(documents: Api) -> None:
    made = await documents.create("/everything", dynamic={"in": {}}, part={"name": "a"})
    path = f"/everything/{made['id']}"
    bodies = [{"dynamic": {"in": {f"k{n}": n}}} for n in range(20)] + [{"part": {"name": "b"}}, {"part": {"size": 7}}]
    replies = await asyncio.gather(*(documents("PATCH", path, json_body=body) for body in bodies))
    assert {reply.status for reply in replies} == {200}
    got = (await documents("GET", path)).json
    assert got["dynamic"] == {"in": {f"k{n}": n for n in range(20)}}
    assert got["part"] == {"name": "b", "size": 7}


async def test_a_generated_value_cannot_be_written_through_a_generic_document(documents: Api) -> None:
    made = await documents("POST", "/order", json_body={"any": {"type": "Line", "value": {"number": 9}}})
    assert made.json["errors"] == {"any.value.number": ["is read-only"]}
    order = await documents.create("/order", any={"type": "Line", "value": {"text": "a"}})
    path = f"/order/{order['id']}"
    assert (await documents("PUT", path, json_body=order)).json == order
    order["any"]["value"]["number"] += 1
    assert (await documents("PUT", path, json_body=order)).status == 400


async def test_a_sorted_list_that_cannot_be_sorted_is_refused_on_update_too(documents: Api) -> None:
    made = await documents.create("/order", ranked=[{"rank": 2}, {"rank": 1}])
    path = f"/order/{made['id']}"
    assert [part["rank"] for part in made["ranked"]] == [1, 2]
    assert (await documents("PUT", path, json_body=made)).json == made
    reply = await documents("PUT", path, json_body={"ranked": [{"rank": 1}, {"text": "none"}]})
    assert (reply.status, reply.json["errors"]) == (400, {"ranked": ["cannot be sorted"]})


async def test_a_document_never_moves_to_another_key(documents: Api) -> None:
    for name in ("A", "B"):
        await documents.create("/keyed", name=name)
    moved = await documents("PUT", "/keyed/a", json_body={"name": "B"})
    assert moved.status == 400
    assert [keyed["name"] for keyed in (await documents("GET", "/keyed")).json] == ["A", "B"]

    @signals.pre_update_instance.connect_via(Natural)
    def move(sender: Any, data: dict[str, Any]) -> None:
        data["code"] = "other"

    await documents.create("/natural", id="x", title="X")
    reply = await documents("PUT", "/natural/x", json_body={"title": "Y"})
    assert (reply.status, reply.json["errors"]) == (400, {"id": ["is read-only"]})


async def test_what_a_receiver_does_to_the_instance_itself_is_not_stored(documents: Api, sent: list[Sent]) -> None:
    made = await documents.create("/person", name="Ada")

    @signals.pre_update_instance.connect_via(Person)
    def change(sender: Any, instance: Person) -> None:
        instance.name = "Changed"

    reply = await documents("PUT", f"/person/{made['id']}", json_body={"email": "a@b.co"})
    assert reply.json["name"] == Person.objects.get().name == "Ada"
    assert sent[-1].keywords["updated_fields"] == {"email": {"from": None, "to": "a@b.co"}}


async def test_a_generated_value_inside_a_list_may_be_repeated_and_not_changed(documents: Api) -> None:
    document = Order(lines=[Line(text="a"), Line(text="b")]).save()
    path = f"/order/{document.id}"
    got = (await documents("GET", path)).json
    assert [line["number"] for line in got["lines"]] == [1, 2]
    got["lines"][1]["text"] = "c"
    assert (await documents("PUT", path, json_body=got)).json == got
    got["lines"][1]["number"] = 7
    refused = await documents("PUT", path, json_body=got)
    assert refused.json["errors"] == {"lines.1.number": ["is read-only"]}
    made = await documents("POST", "/order", json_body={"lines": [{"number": 9}]})
    assert made.json["errors"] == {"lines.0.number": ["is read-only"]}


async def test_what_a_dict_should_not_be_can_be_replaced(documents: Api) -> None:
    document = Everything().save()
    junk = {"free": "text", "numbers": {"a": "text"}, "parts": "text"}
    Everything._get_collection().update_one({"_id": document.id}, {"$set": junk})
    body = {"free": {"a": 1}, "numbers": {"a": 2}, "parts": [{"name": "x"}]}
    reply = await documents("PATCH", f"/everything/{document.id}", json_body=body)
    assert (reply.status, reply.json["free"], reply.json["numbers"]) == (200, {"a": 1}, {"a": 2})


async def test_a_hook_holds_whatever_a_filter_says(documents: Api) -> None:
    for owner in ("ada", "bob", "nobody"):
        await documents.create("/capital", Owner=owner)
    assert [c["Owner"] for c in (await documents("GET", "/capital")).json] == ["ada", "bob"]
    assert [c["Owner"] for c in (await documents("GET", "/capital?Owner=bob")).json] == ["bob"]
    assert (await documents("GET", "/capital?Owner=nobody")).json == []


async def test_what_the_store_refuses_is_a_bad_request(documents: Api) -> None:
    reply = await documents("POST", "/place", json_body={"at": [500, 500]})
    assert reply.status == 400
    assert (await documents("POST", "/place", json_body={"at": [5, 5]})).status == 201


async def test_hidden_values_do_not_leak_through_errors(api: Api, mongodb: None) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", Person, exclude=["email"]))
    document = Person(name="Ada").save()
    Person._get_collection().update_one({"_id": document.id}, {"$set": {"e": "secret"}})
    reply = await api("PATCH", f"/person/{document.id}", json_body={"name": "Bob"})
    assert (reply.status, b"secret" in reply.body, b"email" in reply.body) == (400, False, False)


async def test_an_instance_that_no_url_can_name_is_created_without_a_location(documents: Api) -> None:
    reply = await documents("POST", "/nameless")
    assert reply.status == 201
    assert not {"Location", "X-Created-Id"} & set(reply.headers)


async def test_no_more_threads_run_than_there_are_connections(mongodb_uri: str) -> None:
    mongoengine.connect("bzz_test", host=mongodb_uri, uuidRepresentation="standard", maxPoolSize=7)
    provider = MongoEngineProvider()
    await provider.list(provider.describe(Person), Query(), state=ActState(), represent=True)
    assert provider.pool.threads == 7
    mongoengine.disconnect()


@pytest.fixture
def unreachable() -> Iterator[str]:
    """The address of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"mongodb://127.0.0.1:{silent.getsockname()[1]}"


async def test_a_store_that_does_not_answer_is_503_in_time_and_others_are_served(api: Api, unreachable: str) -> None:
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


async def test_the_time_spent_waiting_for_a_thread_counts(api: Api, unreachable: str) -> None:
    mongoengine.connect("bzz_test", host=unreachable, uuidRepresentation="standard")
    api.mount(bzz.ModelHive.routes_for("mongoengine", Person, timeout=0.4, threads=1))
    started = time.monotonic()
    replies = await asyncio.gather(*(api("GET", "/person") for _ in range(4)))
    assert [reply.status for reply in replies] == [503] * 4
    assert time.monotonic() - started < 4 * 0.4, "each waits for its own time only"
    mongoengine.disconnect()


async def test_it_works_again_once_the_store_answers(api: Api, mongodb_uri: str, unreachable: str) -> None:
    mongoengine.connect("bzz_test", host=unreachable, uuidRepresentation="standard")
    api.mount(bzz.ModelHive.routes_for("mongoengine", Person, timeout=0.3))
    assert (await api("GET", "/person")).status == 503
    mongoengine.disconnect()
    mongoengine.connect("bzz_test", host=mongodb_uri, uuidRepresentation="standard")
    assert (await api("GET", "/person")).status == 200
    mongoengine.disconnect()


@pytest.mark.parametrize("model", [Part, object, mongoengine.Document])
def test_what_is_no_stored_document_is_refused_when_routes_are_made(model: type) -> None:
    with pytest.raises(TypeError, match="is not a document class that is stored"):
        bzz.ModelHive.routes_for("mongoengine", model)
