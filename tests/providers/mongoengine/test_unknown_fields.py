"""Fields whose class has a conversion of its own: requests see them, receivers and plain code set them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import mongoengine as me
import mongomock
import pytest
from mongoengine.base import BaseField

import bzz
from bzz.providers import Type
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.signals import pre_create_instance, pre_get_list, pre_update_instance
from tests.support.client import Api


class MillisField(me.LongField):
    """Holds a date and time as milliseconds."""

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, datetime) else datetime.fromtimestamp(value / 1000, UTC)

    def to_mongo(self, value: Any) -> Any:
        return int(value.timestamp() * 1000) if isinstance(value, datetime) else value

    def validate(self, value: Any, **kwargs: Any) -> None:
        if not isinstance(value, datetime):
            self.error("not a datetime")


@dataclass(frozen=True)
class Money:
    amount: int
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class MoneyField(BaseField):
    """Holds money as a document of its own."""

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, Money) else Money(value["a"], value["c"])

    def to_mongo(self, value: Any) -> Any:
        return {"a": value.amount, "c": value.currency}


class PositiveField(me.IntField):
    """Validates more than its base, but converts nothing."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value < 0:
            self.error("must not be negative")


class Bought(me.Document):
    name = me.StringField()
    at = MillisField(required=True)
    price = MoneyField()
    prices = me.ListField(MoneyField())
    by_shop = me.MapField(MoneyField())
    count = PositiveField()
    reference = me.GenericReferenceField(required=True)
    references = me.ListField(me.GenericLazyReferenceField())
    raw = BaseField()


class Shop(me.Document):
    name = me.StringField()


NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
PRICE = Money(5, "EUR")
MONEY = Type("money", lambda raw: Money(int(raw.split()[0]), raw.split()[1]), str, ("eq", "ne"), python_type=Money)


@pytest.fixture(params=["server", "mongomock"])
def connected(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.param == "server":
        request.getfixturevalue("mongodb")
    else:
        me.connect("bzz_test", mongo_client_class=mongomock.MongoClient, uuidRepresentation="standard")
    Bought.drop_collection()
    yield
    me.disconnect()


async def test_receivers_and_plain_code_set_what_requests_only_see(api: Api, connected: None) -> None:
    bought = bzz.ModelHive("mongoengine", Bought)
    api.mount(bought.routes())
    shop = Shop(name="a").save()

    def fill(sender: Any, data: dict[str, Any]) -> None:
        data |= {"at": NOON, "price": PRICE, "prices": [PRICE], "by_shop": {"a": PRICE}, "reference": shop}
        data |= {"references": [shop], "raw": {"any": 1}}

    with pre_create_instance.connected_to(fill):
        created = await api("POST", "/bought", json_body={"name": "a", "count": 1})
    path, shown = created.headers["Location"], created.json
    assert created.status == 201
    assert (shown["at"], shown["price"], shown["prices"]) == ("2026-01-02T12:00:00Z", "5 EUR", ["5 EUR"])
    assert (shown["by_shop"], shown["reference"]) == ({"a": "5 EUR"}, {"type": "Shop", "id": str(shop.pk)})
    assert (await api("PUT", path, json_body={**shown, "name": "b"})).json == {**shown, "name": "b"}
    assert (await api("PATCH", path, json_body={"at": "2027-01-02T12:00:00Z", "price": "6 EUR"})).json["errors"] == {
        "at": ["is read-only"],
        "price": ["is read-only"],
    }
    assert (await api("GET", "/bought?price=5")).status == 400
    assert (await api("GET", "/bought?sort=at")).status == 400
    found = await bought.update(shown["id"], {"price": Money(7, "EUR"), "prices": [PRICE, Money(1, "CHF")]})
    assert Bought.objects.get().price == found.price == Money(7, "EUR")
    assert [*Bought.objects.get().prices] == [PRICE, Money(1, "CHF")]
    await bought.close()


async def test_a_required_field_that_requests_cannot_set_is_missing_only_in_the_end(api: Api, connected: None) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", Bought))
    reply = await api("POST", "/bought", json_body={})
    assert reply.json["errors"] == {"at": ["is required"], "reference": ["is required"]}
    assert (await api("POST", "/bought", json_body={"count": "x"})).json["errors"] == {"count": ["expected an integer"]}


async def test_a_subclass_without_a_conversion_is_its_base(api: Api, connected: None) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", Bought))
    Bought(count=3, at=NOON, reference=Shop().save()).save()
    assert (await api("GET", "/bought?count__gte=3")).json[0]["count"] == 3
    path = f"/bought/{Bought.objects.get().pk}"
    assert (await api("PATCH", path, json_body={"count": -1})).json["errors"] == {"count": ["must not be negative"]}


async def test_receivers_filter_by_values_of_a_class_that_bzz_does_not_know(api: Api, connected: None) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", Bought))
    for hour in (10, 12):
        Bought(name=str(hour), at=NOON.replace(hour=hour), reference=Shop().save()).save()

    def narrow(sender: Any, query: Any) -> None:
        query.where.append(bzz.providers.Condition("at", "gte", NOON))

    with pre_get_list.connected_to(narrow):
        assert [one["name"] for one in (await api("GET", "/bought")).json] == ["12"]


async def test_types_tell_how_requests_see_a_class(api: Api, connected: None) -> None:
    provider = MongoEngineProvider()
    api.mount(bzz.ModelHive.routes_for(provider, Bought, types={MoneyField: MONEY}))
    told = []

    def fill(sender: Any, data: dict[str, Any]) -> None:
        told.append(data["price"])
        data |= {"at": NOON, "reference": Shop().save()}

    with pre_create_instance.connected_to(fill), pre_update_instance.connected_to(fill):
        for amount in (5, 6):
            price = f"{amount} EUR"
            created = await api.create("/bought", price=price, prices=[price], by_shop={"a": price})
    assert (created["price"], created["prices"], created["by_shop"]) == ("6 EUR", ["6 EUR"], {"a": "6 EUR"})
    assert told == [Money(5, "EUR"), Money(6, "EUR")]
    assert [one["id"] for one in (await api("GET", "/bought?price=6%20EUR")).json] == [created["id"]]
    assert [one["id"] for one in (await api("GET", "/bought?prices__contains=6%20EUR")).json] == [created["id"]]
    path = f"/bought/{created['id']}"
    assert (await api("PATCH", path, json_body={"price": "7 CHF"})).json == {**created, "price": "7 CHF"}
    assert (await api("PATCH", path, json_body={"price": 7})).json["errors"] == {
        "price": ["expected a value of the type money"]
    }
    assert Bought.objects.get(pk=created["id"]).price == Money(7, "CHF")
    await provider.close()
