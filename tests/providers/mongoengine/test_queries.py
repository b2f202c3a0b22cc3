"""Lists and look-ups, on a server and on mongomock."""

from __future__ import annotations

import pytest
from bson.decimal128 import Decimal128

from tests.providers.mongoengine.models import (
    Everything,
)
from tests.providers.mongoengine.samples import everything
from tests.support.client import Api

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


async def test_a_filter_treats_operators_of_mongodb_as_text(queries: Api) -> None:
    await queries.create("/person", name="$ne")
    await queries.create("/person", name="Ada")
    assert [p["name"] for p in (await queries("GET", "/person?name=$ne")).json] == ["$ne"]
    for query in ("name[$ne]=x", "name__$ne=x", "name__regex=x", "$where=1", "__raw__=1", "name.$ne=x"):
        assert (await queries("GET", f"/person?{query}")).status == 400


async def test_a_list_is_sorted_with_nulls_first_and_ties_by_primary_key(queries: Api) -> None:
    for whole, text in ((2, "a"), (None, "b"), (1, "c"), (2, "d")):
        await queries.create("/everything", whole=whole, text=text)

    async def order(sort: str) -> str:
        return "".join(item["text"] for item in (await queries("GET", f"/everything?sort={sort}")).json)

    assert await order("whole") == "bcad"
    assert await order("-whole") == "adcb"
    assert await order("whole,-text") == "bcda"
    assert await order("-id") == "dcba"


async def test_a_list_has_the_order_of_the_model_and_pages(queries: Api) -> None:
    for name in ("Ada", "Cy", "Bob"):
        await queries.create("/careful", name=name)
    first = await queries("GET", "/careful?per_page=2")
    assert [item["name"] for item in first.json] == ["Cy", "Bob"]
    assert 'rel="next"' in first.headers["Link"]
    second = await queries("GET", "/careful?per_page=2&page=2")
    assert [item["name"] for item in second.json] == ["Ada"]
    assert 'rel="next"' not in second.headers["Link"]


async def test_a_list_with_an_unloadable_document_is_not_shorter(documents: Api) -> None:
    for number in range(3):
        await documents.create("/everything", real=number)
    Everything._get_collection().update_one({"real": 1}, {"$set": {"real": Decimal128("1.5")}})
    assert [one["real"] for one in (await documents("GET", "/everything")).json] == [0.0, "1.5", 2.0]


@pytest.mark.parametrize("identifier", ["x", "0" * 23, "0" * 25, "0" * 24, "%00", "%F0%9F%90%9D", "..%2F", "null"])
async def test_an_invalid_identifier_is_404(documents: Api, identifier: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        reply = await documents(method, f"/person/{identifier}", body="" if method == "PUT" else None)
        assert reply.status == 404


async def test_a_filter_never_shows_more_than_the_hook(documents: Api) -> None:
    for owner in ("ada", "bob", "nobody"):
        await documents.create("/capital", Owner=owner)
    assert [c["Owner"] for c in (await documents("GET", "/capital")).json] == ["ada", "bob"]
    assert [c["Owner"] for c in (await documents("GET", "/capital?Owner=bob")).json] == ["bob"]
    assert (await documents("GET", "/capital?Owner=nobody")).json == []
