"""Documents that MongoEngine cannot load: they are shown, deleted, and never take a list with them."""

from __future__ import annotations

from typing import Any

import mongoengine as me
import pymongo.errors
import pytest
from bson import ObjectId

import bzz
from bzz.exceptions import Unavailable
from bzz.signals import post_get_instance, post_get_list, pre_delete_instance, pre_update_instance
from tests.support.client import Api
from tests.support.teams import walk

GONE = ObjectId("0123456789abcdef01234567")


class LostPart(me.EmbeddedDocument):
    key = me.StringField()
    text = me.StringField(db_field="t")
    meta: dict[str, Any] = {"allow_inheritance": True}  # noqa: RUF012


class LostOwner(me.Document):
    name = me.StringField()


class Lost(me.Document):
    """Refuses the name "no" when it is made."""

    name = me.StringField(db_field="n")
    price = me.DecimalField()
    part = me.EmbeddedDocumentField(LostPart)
    parts = me.EmbeddedDocumentListField(LostPart)
    by_key = me.MapField(me.EmbeddedDocumentField(LostPart))
    prices = me.ListField(me.DecimalField())
    any_part = me.GenericEmbeddedDocumentField(choices=[LostPart])
    dynamic = me.DynamicField()
    cached = me.CachedReferenceField(LostOwner, fields=["name"])
    owner = me.ReferenceField(LostOwner, reverse_delete_rule=me.CASCADE)

    def __init__(self, *args: Any, **values: Any) -> None:
        if values.get("name") == "no":
            raise KeyError("no")
        super().__init__(*args, **values)


BROKEN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"old": 1}, {}),
    ({"_cls": "Gone"}, {}),
    ({"_cls": "LostOwner"}, {}),
    ({"_cls": 5}, {}),
    ({"price": 1e40}, {"price": "1e+40"}),
    ({"n": "no"}, {"name": "no"}),
    ({"n": "no", "price": 1e40}, {"name": "no", "price": "1e+40"}),
    ({"part": "text"}, {"part": "text"}),
    ({"part": {"_cls": "LostPart", "key": "a", "t": "b", "old": 1}}, {"part": {"key": "a", "text": "b"}}),
    ({"part": {"_cls": "Gone", "key": "a", "t": "b"}}, {"part": {"key": "a", "text": "b"}}),
    (
        {"parts": [{"key": "a", "old": 1}, None, {"key": "b"}]},
        {"parts": [{"key": "a", "text": None}, None, {"key": "b", "text": None}]},
    ),
    ({"parts": [{"key": "a"}, "text"]}, {"parts": [{"key": "a", "text": None}, "text"]}),
    ({"by_key": {"x": {"key": "a", "old": 1}}}, {"by_key": {"x": {"key": "a", "text": None}}}),
    ({"prices": [1.5, 1e40]}, {"prices": ["1.50", "1e+40"]}),
    ({"any_part": {"_cls": "Gone", "key": "a"}}, {"any_part": {"_cls": "Gone", "key": "a"}}),
    ({"any_part": {"_cls": "Gone"}, "price": 1e40}, {"any_part": {"_cls": "Gone"}, "price": "1e+40"}),
    ({"dynamic": {"_cls": "Gone", "a": 1}}, {"dynamic": {"_cls": "Gone", "a": 1}}),
    ({"cached": {"_id": GONE, "name": "Ada"}}, {}),
]


@pytest.fixture
def lost(api: Api, mongodb: None) -> Api:
    return api.mount([bzz.ModelHive.routes_for("mongoengine", model) for model in (Lost, LostOwner)])


def _insert(**values: Any) -> ObjectId:
    key: ObjectId = Lost._get_collection().insert_one({"n": "old", **values}).inserted_id
    return key


@pytest.mark.parametrize(("stored", "shown"), BROKEN)
async def test_a_document_that_cannot_be_loaded_is_shown_and_deleted(
    lost: Api, stored: dict[str, Any], shown: dict[str, Any]
) -> None:
    Lost(name="first").save()
    key = _insert(**stored)
    Lost(name="last").save()
    found = (await lost("GET", "/lost?sort=name&count=true&expand=owner")).json
    assert sorted(one["id"] for one in found) == sorted(str(one) for one in Lost._get_collection().distinct("_id"))
    reply = await lost("GET", f"/lost/{key}")
    assert reply.status == 200
    assert reply.json in found
    assert {name: reply.json[name] for name in shown} == shown
    assert reply.json["name"] == stored.get("n", "old")
    assert (await lost("DELETE", f"/lost/{key}")).status == 204
    assert (await lost("GET", f"/lost/{key}")).status == 404
    assert len((await lost("GET", "/lost")).json) == 2


@pytest.mark.parametrize(("stored", "shown"), BROKEN)
async def test_what_a_client_reads_of_it_and_sends_back_changes_nothing(
    lost: Api, stored: dict[str, Any], shown: dict[str, Any]
) -> None:
    key = _insert(**stored)
    before = Lost._get_collection().find_one({"_id": key})
    got = (await lost("GET", f"/lost/{key}")).json
    assert (await lost("PUT", f"/lost/{key}", json_body=got)).json == got
    reply = await lost("PATCH", f"/lost/{key}", json_body={"name": "new"})
    assert (reply.status, reply.json) == (200, {**got, "name": "new"})
    assert Lost._get_collection().find_one({"_id": key}) == {**before, "n": "new"}


async def test_receivers_never_get_such_a_document(lost: Api) -> None:
    Lost(name="fine").save()
    key = _insert(old=1)

    def receive(sender: Any) -> None: ...

    with post_get_list.connected_to(receive, sender=Lost):
        assert [one["name"] for one in (await lost("GET", "/lost")).json] == ["fine"]
    for signal, method in (
        (post_get_instance, "GET"),
        (pre_update_instance, "PATCH"),
        (pre_delete_instance, "DELETE"),
    ):
        with signal.connected_to(receive, sender=Lost):
            body = {"name": "x"} if method == "PATCH" else None
            assert (await lost(method, f"/lost/{key}", json_body=body)).status == 409
    hive = bzz.ModelHive("mongoengine", Lost)
    with pre_delete_instance.connected_to(receive, sender=Lost):
        await hive.delete(key)
    assert Lost.objects.count() == 1
    await hive.close()


async def test_it_can_be_repaired(lost: Api) -> None:
    key = _insert(price=1e40, parts=[{"key": "a", "old": 1}])
    body = {"price": "1.5", "parts": [{"key": "b"}]}
    reply = await lost("PATCH", f"/lost/{key}", json_body=body)
    assert (reply.status, reply.json["price"], reply.json["parts"]) == (200, "1.50", [{"key": "b", "text": None}])
    assert Lost.objects.get(pk=key).price == 1.5


async def test_it_is_deleted_with_the_document_that_it_refers_to(lost: Api) -> None:
    owner = LostOwner(name="Ada").save()
    _insert(old=1, owner=owner.pk)
    heard = []

    def receive(sender: Any, instance: Any) -> None:
        heard.append(instance.name)

    with pre_delete_instance.connected_to(receive, sender=Lost):
        assert (await lost("DELETE", f"/lost_owner/{owner.pk}")).status == 204
    assert (Lost.objects.count(), heard) == (0, ["old"])


async def test_walks_pass_it_by(lost: Api) -> None:
    for number in range(6):
        _insert(n=str(number), price=1e40 if number % 2 else float(number), **({"old": 1} if number == 3 else {}))
    for sort in ("price", "-price", "name", "-name"):
        seen = await walk(lost, f"/lost?per_page=1&sort={sort}")
        assert sorted(seen) == [*"012345"], sort


async def test_a_store_that_does_not_answer_while_a_document_is_loaded_is_unavailable(mongodb: None) -> None:
    class Asking(me.DynamicField):
        def to_python(self, value: Any) -> Any:
            raise pymongo.errors.AutoReconnect("away")

    class Asked(me.Document):
        value = Asking()
        other = me.IntField()

    Asked._get_collection().insert_one({"value": 1})
    hive = bzz.ModelHive("mongoengine", Asked)
    with pytest.raises(Unavailable):
        await hive.list()
    await hive.close()
