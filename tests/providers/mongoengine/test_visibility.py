"""A request through a base class sees the documents that the subclass's hook, scopes and variant show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import mongoengine as me
import mongomock
import pytest

import bzz
from bzz.providers.conditions import Condition
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.providers.mongoengine.visibility import visible_documents
from bzz.providers.values import ActState, Query
from bzz.resources.options import restrict
from bzz.schema.schema import Schema
from bzz.testing.conformance.visibility import finding, listed
from tests.support.client import Api

ALL = ["get", "update", "delete"]
calls: list[Any] = []


class Being(me.Document):
    number = me.IntField(primary_key=True)
    name = me.StringField(db_field="n")
    meta = {"allow_inheritance": True}  # noqa: RUF012


class Visitor(Being):
    pass


class Keeper(Being):
    """Hides secret documents."""

    secret = me.BooleanField(db_field="s")

    @classmethod
    def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
        calls.append(cls)
        return queryset.filter(secret=False)

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: Any, instance_id: str, handler: Any) -> Any:
        assert (model, instance_id) == (cls, str(int(instance_id)))
        return queryset.filter(secret=False)


class HeadKeeper(Keeper):
    @bzz.represents
    def to_dict(self) -> dict[str, Any]:
        return {"head": self.name}


class Cage(me.Document):
    keeper = me.ReferenceField(Being)


@pytest.fixture(params=["server", "mongomock"])
def provider(request: pytest.FixtureRequest) -> Iterator[MongoEngineProvider]:
    """The provider of six documents, two of them secret, on the server and on mongomock."""
    if request.param == "server":
        request.getfixturevalue("mongodb")
    else:
        me.connect("bzz_test", mongo_client_class=mongomock.MongoClient, uuidRepresentation="standard")
    Being.drop_collection()
    Being(number=1, name="being").save()
    Keeper(number=2, name="secret keeper", secret=True).save()
    Keeper(number=3, name="keeper", secret=False).save()
    HeadKeeper(number=4, name="secret head", secret=True).save()
    HeadKeeper(number=5, name="head", secret=False).save()
    Visitor(number=6, name="visitor").save()
    calls.clear()
    made = MongoEngineProvider()
    yield made
    made.pool.close()


async def names(provider: MongoEngineProvider, schema: Schema, **query: Any) -> list[str]:
    """Return the names on a page, after a check of the count."""
    listing = await listed(provider, schema, Query(count=True, **query))
    if not query:
        assert listing.total == len(listing.items)
    return [item.values["name"] for item in listing.items]


async def found_ids(provider: MongoEngineProvider, schema: Schema) -> str:
    """Return the ids of the documents that get, update and delete find."""
    found = {str(number): await finding(provider, schema, str(number)) for number in range(1, 7)}
    assert all(calls in ([], ALL) for calls in found.values())
    return "".join(number for number, calls in found.items() if calls)


async def test_the_hook_of_a_subclass_also_narrows_through_the_base_class(provider: MongoEngineProvider) -> None:
    schema = provider.describe(Being)
    assert await names(provider, schema) == ["being", "keeper", "head", "visitor"]
    assert calls == [Keeper], "the subclass's own subclass inherits the hook"
    assert await names(provider, schema, where=[Condition("number", "in", [2, 3, 4])]) == ["keeper"]
    assert await names(provider, schema, where=[Condition("name", "eq", "secret head")]) == []
    first = await listed(provider, schema, Query(per_page=3, count=True))
    assert ([item.values["number"] for item in first.items], first.more, first.total) == ([1, 3, 5], True, 4)
    assert await names(provider, schema, per_page=3, page=2) == ["visitor"]
    assert await found_ids(provider, schema) == "1356"


async def test_documents_whose_variant_is_none_are_left_out(provider: MongoEngineProvider) -> None:
    head: Schema = provider.describe(HeadKeeper)
    cases: list[tuple[dict[Any, Any], list[str], str]] = [
        ({Keeper: None}, ["being", "visitor"], "16"),
        ({Visitor: None, HeadKeeper: None}, ["being", "keeper"], "13"),
        ({Keeper: None, HeadKeeper: head}, ["being", "head", "visitor"], "156"),
    ]
    for variants, shown, ids in cases:
        schema = replace(provider.describe(Being), variants=variants)
        assert await names(provider, schema) == shown
        assert not (await listed(provider, schema, Query(per_page=len(shown)))).more
        assert await found_ids(provider, schema) == ids
    assert await names(provider, replace(provider.describe(Keeper), variants={HeadKeeper: None})) == ["keeper"]


async def test_the_scopes_of_a_variant_narrow_the_documents_of_its_class(provider: MongoEngineProvider) -> None:
    def after_first(queryset: Any, handler: Any) -> Any:
        return queryset.filter(number__gt=1)

    def before(queryset: Any, handler: Any) -> Any:
        return queryset.filter(number__lt=handler)

    variant = replace(provider.describe(Visitor), scopes=(after_first, before))
    schema = replace(provider.describe(Being), scopes=(after_first,), variants={Visitor: variant})
    for handler, shown in ((6, [3, 5]), (7, [3, 5, 6])):
        listing = await listed(provider, schema, Query(where=[Condition("number", "lt", 9)]), handler)
        assert [item.values["number"] for item in listing.items] == shown
        assert await finding(provider, schema, "6", handler) == (ALL if 6 in shown else [])
    assert await finding(provider, schema, "1", 7) == []


async def test_a_document_is_of_its_own_class_and_shown_by_its_variant(provider: MongoEngineProvider) -> None:
    schema = provider.describe(Being)
    variants: dict[Any, Any] = {Keeper: restrict(schema, exclude=["name"])}
    variants[HeadKeeper] = replace(schema, model=HeadKeeper, represented_by="to_dict")
    varied = replace(schema, variants=variants)
    classes = [Being, Keeper, HeadKeeper, Visitor]
    assert [item.own_class for item in (await listed(provider, varied)).items] == classes
    listing = await provider.list(varied, Query(), state=ActState(), needs_instances=True)
    assert [type(item.instance) for item in listing.items] == classes
    shown = [(varied.variant_of(item.own_class) or schema, item) for item in listing.items]
    assert [variant.represent(item.values, item.instance) for variant, item in shown] == [
        {"id": "1", "name": "being"},
        {"id": "3"},
        {"head": "head"},
        {"id": "6", "name": "visitor"},
    ]


async def test_a_request_through_the_base_class_or_a_reference_respects_the_hook_of_the_subclass(
    api: Api, provider: MongoEngineProvider
) -> None:
    api.mount([bzz.ModelHive.routes_for(provider, model) for model in (Being, Cage)])
    Cage.drop_collection()
    cages = [Cage(keeper=number).save() for number in (2, 3)]
    shown = (await api("GET", "/being")).json
    assert [one["id"] for one in shown] == ["1", "3", "5", "6"], (
        "the marked method of a class without a hive is not used"
    )
    for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
        assert (await api(method, "/being/2", json_body=body)).status == 404
    assert (await api("PATCH", "/being/3", json_body={"name": "x"})).json["name"] == "x"
    shown = (await api("GET", "/cage?expand=keeper")).json
    assert [cage["keeper"] and cage["keeper"]["id"] for cage in shown] == [None, "3"]
    assert [(await api("GET", f"/cage/{cage.id}/keeper")).status for cage in cages] == [404, 200]
    assert (await api("POST", "/cage", json_body={"keeper": "4"})).status == 400


async def test_the_hook_of_a_subclass_may_show_nothing(
    provider: MongoEngineProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keeper, "get_list_queryset", classmethod(lambda cls, queryset, handler: queryset.none()))
    assert await names(provider, provider.describe(Being)) == ["being", "visitor"]


async def test_a_scope_may_show_nothing(provider: MongoEngineProvider) -> None:
    schema = replace(provider.describe(Being), scopes=(lambda queryset, _: queryset.none(),))
    assert await names(provider, schema) == []
    assert await finding(provider, schema, "1") == []


async def test_the_hook_of_a_subclass_may_use_a_script(
    provider: MongoEngineProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scripted(cls: Any, queryset: Any, handler: Any) -> Any:
        return queryset.where("this[~secret] == false")

    monkeypatch.setattr(Keeper, "get_list_queryset", classmethod(scripted))
    query = visible_documents(provider.describe(Being), None)._query
    [either] = query["$and"]
    assert either["$or"][0] == {"_cls": {"$nin": ["Being.Keeper", "Being.Keeper.HeadKeeper"]}}
    assert either["$or"][1]["$where"] == 'this["s"] == false'


async def test_a_query_that_nothing_narrows_stays_as_it_is(provider: MongoEngineProvider) -> None:
    assert not visible_documents(provider.describe(Visitor), None)._query_obj
    assert not visible_documents(provider.describe(Cage), None)._query_obj
