"""Updates and deletes that other writers race."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import mongoengine as me
from pymongo import monitoring

import bzz
from bzz import signals
from bzz.testing import Sent
from tests.providers.mongoengine.models import (
    Careful,
    Everything,
    Natural,
    Person,
)
from tests.support.client import Api


async def test_an_update_writes_only_the_fields_that_differ(documents: Api) -> None:
    made = await documents.create("/person", name="Ada", email="a@b.co")

    @signals.pre_update_instance.connect
    async def meanwhile(sender: Any, instance: Person) -> None:
        await bzz.in_pool(lambda: Person.objects(id=instance.id).update(email="new@b.co"))

    await documents("PUT", f"/person/{made['id']}", json_body={"name": "Bob", "email": "a@b.co"})
    stored = Person.objects.get(id=made["id"])
    assert (stored.name, stored.email) == ("Bob", "new@b.co")


async def test_an_update_of_a_just_deleted_document_is_404_and_inserts_nothing(documents: Api) -> None:
    for path, model in (("/person", Person), ("/careful", Careful)):
        made = await documents.create(path, name="Ada")

        @signals.pre_update_instance.connect_via(model)
        async def meanwhile(sender: Any, instance: Any) -> None:
            await bzz.in_pool(lambda: sender.objects(id=instance.id).delete())

        reply = await documents("PUT", f"{path}/{made['id']}", json_body={"name": "Bob"})
        assert reply.status == 404
        assert model.objects.count() == 0


async def test_of_concurrent_deletes_exactly_one_succeeds_and_is_signalled(documents: Api, sent: list[Sent]) -> None:
    for _ in range(5):
        path = f"/natural/{(await documents.create('/natural', code='x', title='x'))['id']}"
        sent.clear()
        replies = await asyncio.gather(*(documents("DELETE", path) for _ in range(6)))
        assert sorted(reply.status for reply in replies) == [204, 404, 404, 404, 404, 404]
        assert [one.signal for one in sent if "post" in one.signal] == ["post_delete_instance"]


class Racer(monitoring.CommandListener):
    """A writer that writes whenever a delete is sent to the server."""

    def __init__(self, write: Callable[[], object]) -> None:
        self.write = write

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name == "delete":
            self.write()

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Ignored."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Ignored."""


def race(uri: str, write: Callable[[], object]) -> None:
    """Connect with a ``Racer``."""
    me.disconnect()
    listeners = [Racer(write)]
    me.connect("bzz_test", host=uri, uuidRepresentation="standard", event_listeners=listeners)


async def test_a_delete_with_if_match_fails_if_another_request_wrote_just_before(
    documents: Api, mongodb_uri: str
) -> None:
    first = await documents("POST", "/natural", json_body={"code": "x", "title": "first"})
    second = await documents("POST", "/natural", json_body={"code": "y", "title": "2"})
    race(mongodb_uri, lambda: Natural.objects(code="x").update(title="second"))
    refused = await documents("DELETE", "/natural/x", headers={"If-Match": first.headers["ETag"]})
    assert (refused.status, Natural.objects.get(code="x").title) == (412, "second")
    assert (await documents("DELETE", "/natural/y", headers={"If-Match": second.headers["ETag"]})).status == 204
    assert (await documents("DELETE", "/natural/x")).status == 204, "without a condition none has to hold"


async def test_a_delete_is_a_conflict_if_other_requests_never_stop_writing(documents: Api, mongodb_uri: str) -> None:
    await documents("POST", "/natural", json_body={"code": "x", "title": "first"})
    count = itertools.count()
    race(mongodb_uri, lambda: Natural.objects.update(title=str(next(count))))
    assert (await documents("DELETE", "/natural/x", headers={"If-Match": "*"})).status == 409


class Archived(me.Document):
    """Writes when it is deleted, and clears the references to it."""

    name = me.StringField()
    deletions = me.IntField(default=0)
    friend = me.ReferenceField("self", reverse_delete_rule=me.NULLIFY)

    def delete(self, *args: Any, **kwargs: Any) -> None:
        self.deletions += 1
        self.save()
        super().delete(*args, **kwargs)
        super().delete(*args, **kwargs)


async def test_writes_of_the_models_own_delete_do_not_fail_its_precondition(
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


async def test_post_delete_gets_the_document_as_it_was_last_stored(documents: Api) -> None:
    await documents("POST", "/natural", json_body={"code": "x", "title": "first"})
    titles: list[str] = []

    async def write(sender: Any) -> None:
        await bzz.in_pool(lambda: Natural.objects.update(title="second"))

    def told(sender: Any, instance: Natural) -> None:
        titles.append(instance.title)

    with signals.pre_delete_instance.connected_to(write), signals.post_delete_instance.connected_to(told):
        assert (await documents("DELETE", "/natural/x")).status == 204
    assert titles == ["second"]


async def test_concurrent_updates_of_different_keys_of_a_dict_all_survive(documents: Api) -> None:
    made = await documents.create("/everything", free={"kept": 1})
    path = f"/everything/{made['id']}"
    replies = await asyncio.gather(
        *(documents("PATCH", path, json_body={"free": {f"k{n}": n}, "numbers": {f"n{n}": n}}) for n in range(30))
    )
    assert {reply.status for reply in replies} == {200}
    got = (await documents("GET", path)).json
    assert got["free"] == {"kept": 1} | {f"k{n}": n for n in range(30)}
    assert got["numbers"] == {f"n{n}": n for n in range(30)}


async def test_an_update_inside_a_just_removed_embedded_document_stores_a_whole_one(documents: Api) -> None:
    made = await documents.create("/everything", part={"name": "a", "size": 2})
    once: list[Any] = []

    @signals.pre_update_instance.connect_via(Everything)
    async def meanwhile(sender: Any, instance: Everything) -> None:
        if not once:
            once.append(await bzz.in_pool(lambda: Everything.objects(id=instance.id).update(unset__part=True)))

    reply = await documents("PATCH", f"/everything/{made['id']}", json_body={"part": {"name": "b"}})
    assert (reply.status, reply.json["part"]) == (200, {"name": "b", "size": 1}), "merged into nothing, whole"
    assert Everything._get_collection().find_one()["part"] == {"_cls": "Part", "name": "b", "size": 1}


async def test_an_update_is_a_conflict_if_other_writers_never_stop(documents: Api) -> None:
    made = await documents.create("/everything", free={"a": 1})
    collection, numbers = Everything._get_collection(), itertools.count()

    def meddle(sender: Any, document: Any, **_: Any) -> None:
        collection.update_one({"_id": document.id}, {"$set": {"free": {"n": next(numbers)}}})

    with me.signals.pre_save.connected_to(meddle, Everything):
        reply = await documents("PATCH", f"/everything/{made['id']}", json_body={"free": {"b": 2}})
    assert (reply.status, "b" in collection.find_one()["free"]) == (409, False)


async def test_concurrent_updates_of_one_nested_object_all_survive(documents: Api) -> None:
    made = await documents.create("/everything", dynamic={"in": {}}, part={"name": "a"})
    path = f"/everything/{made['id']}"
    bodies = [{"dynamic": {"in": {f"k{n}": n}}} for n in range(20)] + [{"part": {"name": "b"}}, {"part": {"size": 7}}]
    replies = await asyncio.gather(*(documents("PATCH", path, json_body=body) for body in bodies))
    assert {reply.status for reply in replies} == {200}
    got = (await documents("GET", path)).json
    assert got["dynamic"] == {"in": {f"k{n}": n for n in range(20)}}
    assert got["part"] == {"name": "b", "size": 7}


async def test_changes_of_a_receiver_to_the_instance_itself_are_not_stored(documents: Api, sent: list[Sent]) -> None:
    made = await documents.create("/person", name="Ada")

    @signals.pre_update_instance.connect_via(Person)
    def change(sender: Any, instance: Person) -> None:
        instance.name = "Changed"

    reply = await documents("PUT", f"/person/{made['id']}", json_body={"email": "a@b.co"})
    assert reply.json["name"] == Person.objects.get().name == "Ada"
    assert sent[-1].keywords["updated_fields"] == {"email": {"from": None, "to": "a@b.co"}}
