"""Documents inside documents: lists of them, sorted ones, and those that clean() changes."""

from __future__ import annotations

import asyncio
from typing import Any

import mongoengine as me
import pytest

import bzz
from bzz.testing import Sent
from tests.support.client import Api
from tests.support.commands import Commands
from tests.support.teams import documents, member, names, team


class Note(me.EmbeddedDocument):
    text = me.StringField()


class Kid(me.EmbeddedDocument):
    key = me.StringField(primary_key=True, db_field="k")
    number = me.IntField(db_field="n")
    parts = me.EmbeddedDocumentListField("Kid")
    inner = me.EmbeddedDocumentField(Note)
    meta: dict[str, Any] = {"allow_inheritance": True}  # noqa: RUF012


class Prodigy(Kid):
    talent = me.StringField()


class Busy(me.Document):
    """Its own clean() changes it each time."""

    name = me.StringField()
    count = me.IntField(default=0)
    kids = me.EmbeddedDocumentListField(Kid, db_field="ks")
    ranked = me.SortedListField(me.EmbeddedDocumentField(Kid), ordering="n", reverse=True)
    one = me.EmbeddedDocumentField(Kid)
    free = me.DictField()
    dynamic = me.DynamicField()
    lazy = me.ListField(me.LazyReferenceField(documents.Member))
    cached = me.ListField(me.CachedReferenceField(documents.Member, fields=["name"]))
    dbref = me.ReferenceField(documents.Member, dbref=True)

    def clean(self) -> None:
        self.count += 1
        for kid in self.kids:
            kid.number = (kid.number or 0) + 1


@pytest.fixture
def busy(api: Api, mongodb: None) -> Api:
    return api.mount(
        bzz.ModelHive.routes_for("mongoengine", Busy), bzz.ModelHive.routes_for("mongoengine", documents.Member)
    )


async def test_changes_of_clean_survive_concurrent_writers(busy: Api) -> None:
    path = f"/busy/{(await busy.create('/busy', kids=[{'key': 'a'}, {'key': 'b'}]))['id']}"
    before = Busy.objects.get()
    replies = await asyncio.gather(
        *(busy("PUT", path, json_body={"name": str(n)}) for n in range(20)),
        busy("DELETE", f"{path}/kids/a"),
        *(busy("PUT", path, json_body={"free": {str(n): 1}}) for n in range(10)),
    )
    assert {reply.status for reply in replies} == {200, 204}
    after = Busy.objects.get()
    assert after.count == before.count + 31
    [left] = after.kids
    assert (left.key, left.number) == ("b", before.kids[1].number + 31)


async def test_a_path_into_a_sorted_list_leads_to_the_named_document(busy: Api, sent: list[Sent]) -> None:
    path = f"/busy/{(await busy.create('/busy'))['id']}/ranked"
    for key, number in (("b", 2), ("a", 1), ("c", 3)):
        created = await busy("POST", path, json_body={"key": key, "number": number})
        assert (created.json["key"], created.headers["X-Created-Id"]) == (key, key)
    assert [kid["key"] for kid in (await busy("GET", path)).json] == ["c", "b", "a"]
    assert (await busy("PUT", f"{path}/a", json_body={"number": 9})).json["key"] == "a"
    assert [kid["key"] for kid in (await busy("GET", path)).json] == ["a", "c", "b"]
    assert {s.keywords["instance"].key for s in sent if s.signal == "post_update_instance"} == {"a"}
    assert (await busy("POST", path, json_body={"key": "x"})).status == 400


async def test_an_updated_item_of_a_list_keeps_its_class(busy: Api) -> None:
    document = Busy(kids=[Prodigy(key="p", talent="chess"), Kid(key="k")]).save()
    reply = await busy("PUT", f"/busy/{document.id}/kids/p", json_body={"number": 5})
    assert reply.json["number"] == 6
    reply = await busy("PATCH", f"/busy/{document.id}", json_body={"kids": [{"key": "k"}, {"key": "p", "number": 7}]})
    assert reply.status == 200
    [_, item] = Busy.objects.get().kids
    assert (type(item), item.talent, item.number) == (Prodigy, "chess", 8)


async def test_an_empty_embedded_document_counts_as_stored(busy: Api) -> None:
    path = f"/busy/{(await busy.create('/busy', kids=[{'key': 'a'}]))['id']}/kids/a/inner"
    assert (await busy("POST", path, json_body={})).status == 201
    assert (await busy("POST", path, json_body={})).status == 409
    assert (await busy("GET", path)).status == 200
    assert (await busy("DELETE", path)).status == 204


async def test_a_path_leads_through_lists_in_lists(busy: Api) -> None:
    path = f"/busy/{(await busy.create('/busy', kids=[{'key': 'a'}]))['id']}/kids/a/parts"
    assert (await busy("POST", path, json_body={"key": "b"})).headers["Location"] == f"{path}/b/"
    assert (await busy("POST", f"{path}/b/parts", json_body={"key": "c", "number": 1})).status == 201
    assert (await busy("GET", f"{path}/b/parts/c")).json["number"] == 1
    refused = await busy("GET", "/busy?expand=kids.parts.nope")
    assert refused.json["errors"]["expand"][0].endswith("there are lazy, cached, dbref")


@pytest.mark.parametrize("field", ["lazy", "cached"])
async def test_every_kind_of_reference_is_a_relation(busy: Api, field: str) -> None:
    ada, bob = await member(busy), await member(busy, "Bob")
    base = f"/busy/{(await busy.create('/busy'))['id']}"
    assert (await busy("POST", f"{base}/{field}", json_body={field: [ada, bob]})).status == 201
    assert sorted(names(await busy("GET", f"{base}/{field}"))) == ["Ada", "Bob"]
    assert (await busy("GET", f"/busy?{field}__contains={bob}")).json[0][field] == [ada, bob]
    assert (await busy("DELETE", f"{base}/{field}/{ada}")).status == 204
    assert (await busy("GET", f"{base}?expand={field}")).json[field][0]["name"] == "Bob"
    assert (await busy("POST", f"{base}/dbref", json_body={"dbref": ada})).status == 201
    assert (await busy("GET", f"{base}/dbref")).json["name"] == "Ada"
    assert len((await busy("GET", f"/busy?dbref={ada}")).json) == 1


async def test_exists_is_false_for_an_empty_object(busy: Api) -> None:
    await busy.create("/busy", name="empty", free={}, dynamic={})
    await busy.create("/busy", name="full", free={"a": 1}, dynamic=[1])
    for name in ("free", "dynamic"):
        assert names(await busy("GET", f"/busy?{name}__exists=true")) == ["full"]
        assert names(await busy("GET", f"/busy?{name}__exists=false")) == ["empty"]


async def test_a_reference_that_holds_no_key_leads_nowhere(busy: Api) -> None:
    document = Busy().save()
    Busy._get_collection().update_one({"_id": document.id}, {"$set": {"dbref": {"a": 1}, "lazy": [{"a": 1}, "x"]}})
    assert (await busy("GET", f"/busy/{document.id}/dbref")).status == 404
    assert (await busy("GET", f"/busy/{document.id}/lazy")).json == []
    assert (await busy("GET", f"/busy/{document.id}?expand=dbref,lazy")).status == 200
    Busy._get_collection().update_one({"_id": document.id}, {"$unset": {"lazy": 1}})  # it would not be valid
    ada = await member(busy)
    assert (await busy("POST", f"/busy/{document.id}/dbref", json_body={"dbref": ada})).status == 201


async def test_a_join_loads_the_parent_and_the_joining_members_only(api: Api, commands: Commands) -> None:
    api.mount(*(bzz.ModelHive.routes_for("mongoengine", model) for model in (documents.Team, documents.Member)))
    ids = [await member(api, str(number)) for number in range(20)]
    parent = await team(api, members=ids[:-1])
    commands.asked.clear()
    assert (await api("POST", f"/team/{parent}/members", json_body={"members": ids[-1:]})).status == 201
    assert [next(iter(command.values())) for command in commands.asked] == ["team", "member", "team"]
    commands.asked.clear()
    assert (await api("PUT", f"/team/{parent}", json_body={"name": "New"})).status == 200
    assert [next(iter(command.values())) for command in commands.asked] == ["team", "team"]


class NestedRank(me.EmbeddedDocument):
    id = me.StringField()
    number = me.IntField()
    seen = me.IntField(default=0)


class Ranking(me.Document):
    named = me.SortedListField(me.EmbeddedDocumentField(NestedRank), ordering="number")
    nameless = me.SortedListField(me.EmbeddedDocumentField(Note), ordering="text")

    def clean(self) -> None:
        for item in self.named:
            item.seen += 1
            if item.number == 13:
                raise me.ValidationError("no 13")


async def test_the_reply_shows_the_created_item_wherever_the_list_sorts_it(
    api: Api, mongodb: None, sent: list[Sent]
) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", Ranking))
    path = f"/ranking/{(await api.create('/ranking'))['id']}"
    for key, number in (("x", 5), ("y", 1), ("z", 3)):
        created = await api("POST", f"{path}/named", json_body={"id": key, "number": number})
        assert (created.json["id"], created.headers["Location"]) == (key, f"{path}/named/{key}/")
        assert sent[-1].keywords["instance"].id == key
    for text in ("b", "a", "b", "a"):
        assert (await api("POST", f"{path}/nameless", json_body={"text": text})).json == {"text": text}


async def test_an_error_of_clean_without_a_field_is_in_the_detail_only(api: Api, mongodb: None) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", Ranking))
    path = f"/ranking/{(await api.create('/ranking'))['id']}/named"
    refused = await api("POST", path, json_body={"id": "x", "number": 13})
    assert (refused.json["detail"], refused.json.get("errors")) == ("no 13", None)
    refused = await api("POST", path, json_body={"id": "x"})
    assert (refused.json["detail"], refused.json.get("errors")) == ("cannot be sorted", None)


class Picky(me.Document):
    notes = me.EmbeddedDocumentListField(Note)

    def clean(self) -> None:
        self.notes = [note for note in self.notes if note.text != "spam"]


async def test_an_item_that_clean_drops_is_a_conflict(api: Api, mongodb: None) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", Picky))
    path = f"/picky/{(await api.create('/picky'))['id']}/notes"
    assert (await api("POST", path, json_body={"text": "ham"})).status == 201
    assert (await api("POST", path, json_body={"text": "spam"})).status == 409
    assert [note["text"] for note in (await api("GET", path)).json] == ["ham"]
