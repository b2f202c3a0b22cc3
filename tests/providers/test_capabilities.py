"""What a provider declares that its store cannot do."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import orjson
import pytest

import bzz
from bzz import signals
from bzz.exceptions import BadRequest, Invalid
from bzz.providers.capabilities import Capabilities
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Query
from bzz.schema.fields import Holder
from bzz.schema.schema import Schema
from tests.support.client import Api
from tests.support.little import Box, Cursored, FewKeys, Item, SortedTokens, Tokens, Unsortable, Unsorted, with_field
from tests.support.models import User
from tests.support.teams import names, walk

NAMES = ["c", "a", "e", "b", "d"]  # in the order of their creation


class Plain(MemoryProvider):
    """Can do very little."""

    capabilities = Capabilities(count=False, after=False, if_match=False)


@pytest.fixture
def items(api: Api, request: pytest.FixtureRequest) -> Api:
    """The API with boxes and items, in the store that the test names."""
    store: MemoryProvider = request.param()
    return api.mount(bzz.ModelHive.routes_for(store, Item), bzz.ModelHive.routes_for(store, Box))


async def fill(api: Api) -> None:
    for number, name in enumerate(NAMES):
        await api.create("/item", id=str(number), name=name, size=number % 2)


def links(reply: Any) -> dict[str, str]:
    return dict(part[1:].split('>; rel="')[::-1] for part in reply.headers["Link"].removesuffix('"').split('", '))


async def test_a_request_beyond_the_capabilities_is_refused(api: Api) -> None:
    api.mount(bzz.ModelHive.routes_for(Plain(), User))
    made = [await api.create("/user", name=name) for name in ("Ada", "Bob")]
    for query in ("count=true", "after=x"):
        refused = await api("GET", f"/user?{query}")
        assert (refused.status, list(refused.json["errors"])) == (400, [query.partition("=")[0]])
    listed = await api("GET", "/user?per_page=1")
    assert "after=" not in listed.headers["Link"]
    for method in ("PUT", "DELETE"):
        reply = await api(method, f"/user/{made[0]['id']}", json_body={}, headers={"If-Match": "*"})
        assert reply.status == 501
    assert (await api("DELETE", f"/user/{made[0]['id']}")).status == 204


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"page": False, "after": False}, "no client could read the second page"),
        ({"token": True, "after": False}, "with token=True, after must be True"),
        ({"sort": False}, "with sort=False, set token=True or after=False"),
        ({"keys": 0}, "keys must be 1 or more, not 0"),
    ],
)
def test_capabilities_that_make_no_sense_are_refused(given: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Capabilities(**given)


@pytest.mark.parametrize("items", [Unsorted], indirect=True)
async def test_a_store_that_cannot_sort_lists_in_its_own_order(items: Api) -> None:
    await fill(items)
    refused = await items("GET", "/item?sort=name")
    assert (refused.status, refused.json["errors"]) == (400, {"sort": ["is not supported by the store of this list"]})
    assert await walk(items, "/item?per_page=2") == NAMES
    second = links(await items("GET", "/item?per_page=2&page=2"))
    assert second == {
        "first": "/item?per_page=2&page=1",
        "prev": "/item?per_page=2&page=1",
        "next": "/item?per_page=2&page=3",
    }


async def test_a_store_that_cannot_sort_ignores_the_order_of_the_model() -> None:
    class Ordered(Unsorted):
        def describe(self, model: type) -> Schema:
            return replace(super().describe(model), sort=(("name", False),))

    hive = bzz.ModelHive(Ordered(), Item)
    for number, name in enumerate(NAMES):
        await hive.create({"id": str(number), "name": name})
    assert [item.name for item in await hive.list()] == NAMES


def test_a_hive_cannot_sort_lists_that_its_store_cannot_sort() -> None:
    with pytest.raises(TypeError, match="sort: the store of Item cannot sort lists"):
        bzz.ModelHive(Unsorted(), Item, sort="name")


@pytest.mark.parametrize("items", [Cursored], indirect=True)
async def test_the_links_of_a_list_without_page_numbers_have_cursors_only(items: Api) -> None:
    await fill(items)
    assert await walk(items, "/item?per_page=2&sort=name") == sorted(NAMES)
    first = links(await items("GET", "/item?per_page=2&sort=name"))
    assert first["first"] == "/item?per_page=2&sort=name"
    assert list(first) == ["first", "next"]
    assert links(await items("GET", "/item")) == {"first": "/item"}
    assert (await items("GET", first["next"])).status == 200
    refused = await items("GET", "/item?page=2")
    assert (refused.status, refused.json["errors"]) == (400, {"page": ["is not supported by the store of this list"]})


async def test_a_list_is_refused_if_nothing_can_name_its_next_page(api: Api) -> None:
    api.mount(bzz.ModelHive.routes_for(Cursored(), Item, write_only=["size"]))
    await fill(api)

    @signals.pre_get_list.connect
    def by_size(sender: Any, query: Query) -> None:
        query.sort = [("size", True)]

    refused = await api("GET", "/item?per_page=2")
    text = "More instances follow, and this order has no further pages; sort the list by other fields."
    assert (refused.status, refused.json["detail"]) == (400, text)
    assert len(names(await api("GET", "/item?per_page=5"))) == 5


@pytest.mark.parametrize("items", [Tokens, SortedTokens], indirect=True)
async def test_a_walk_along_tokens_meets_each_instance_once(items: Api) -> None:
    await fill(items)
    assert sorted(await walk(items, "/item?per_page=2")) == sorted(NAMES)
    assert await walk(items, "/item?per_page=1&size=1") == ["a", "b"]
    first = links(await items("GET", "/item?per_page=2"))
    assert first["first"] == "/item?per_page=2"
    assert list(first) == ["first", "next"]


@pytest.mark.parametrize("items", [SortedTokens], indirect=True)
async def test_a_token_is_refused_in_another_order(items: Api) -> None:
    await fill(items)
    assert await walk(items, "/item?per_page=2&sort=-size,name") == ["a", "b", "c", "d", "e"]
    after = links(await items("GET", "/item?per_page=2&sort=name"))["next"].rpartition("=")[2]
    for query in ("sort=-name", "sort=size", ""):
        refused = await items("GET", f"/item?{query}&after={after}")
        text = "The cursor is of a list in another order; begin again without it."
        assert (refused.status, refused.json["detail"]) == (400, text)


@pytest.mark.parametrize("items", [Tokens], indirect=True)
async def test_a_forged_token_is_refused(items: Api) -> None:
    await fill(items)
    for token in ("2.x", "2", "x", "", ["2"], None):
        text = base64.urlsafe_b64encode(orjson.dumps(["id", token])).decode().rstrip("=")
        refused = await items("GET", f"/item?after={text}")
        assert refused.status == 400, token


async def test_a_token_and_the_values_of_an_instance_do_not_stand_for_each_other(api: Api) -> None:
    hives = [bzz.ModelHive(store(), Item) for store in (SortedTokens, Cursored)]
    for hive in hives:
        for number, name in enumerate(NAMES):
            await hive.create({"id": str(number), "name": name})
    cursors = [(await hive.list(per_page=2, sort="name")).cursor for hive in hives]
    for hive, own, other in zip(hives, cursors, reversed(cursors), strict=True):
        assert [item.name for item in await hive.list(per_page=2, sort="name", after=own)] == ["c", "d"]
        with pytest.raises(BadRequest, match="The cursor is of no such list"):
            await hive.list(per_page=2, sort="name", after=other)


async def test_plain_code_walks_along_tokens() -> None:
    hive = bzz.ModelHive(Tokens(), Item)
    for number, name in enumerate(NAMES):
        await hive.create({"id": str(number), "name": name})
    page = await hive.list(per_page=2)
    met = [*page]
    while page.cursor:
        page = await hive.list(per_page=2, after=page.cursor)
        met += page
    assert [item.name for item in met] == NAMES
    with pytest.raises(Invalid, match="is not supported"):
        await hive.list(sort="name")
    with pytest.raises(Invalid, match="is not supported"):
        await hive.list(page=2)


@pytest.mark.parametrize("items", [FewKeys], indirect=True)
async def test_a_filter_has_no_more_values_than_the_store_looks_for_at_once(items: Api) -> None:
    await fill(items)
    assert names(await items("GET", "/item?id__in=0,1,2")) == ["c", "a", "e"]
    for operator in ("in", "nin"):
        refused = await items("GET", f"/item?name__{operator}=a,b,c,d")
        errors = {f"name__{operator}": ["takes at most 3 values, not 4"]}
        assert (refused.status, refused.json["errors"]) == (400, errors)


async def test_plain_code_gets_the_same_errors_of_filters() -> None:
    hive = bzz.ModelHive(FewKeys(), Item)
    with pytest.raises(Invalid) as caught:
        await hive.list(id__in=["0", "1", "2", "3"])
    assert caught.value.errors == {"id__in": ["takes at most 3 values, not 4"]}


@pytest.mark.parametrize("items", [Unsortable], indirect=True)
async def test_a_key_that_cannot_be_sorted_by_is_in_no_order(items: Api) -> None:
    await fill(items)
    refused = await items("GET", "/item?sort=id")
    text = "cannot sort by 'id'; a list is sorted by name, size"
    assert (refused.status, refused.json["errors"]) == (400, {"sort": [text]})
    for sort, wanted in (("", NAMES), ("&sort=size", ["c", "e", "d", "a", "b"])):
        assert await walk(items, f"/item?per_page=2{sort}") == wanted
        assert "after=" not in (await items("GET", f"/item?per_page=2{sort}")).headers["Link"]


def test_a_key_must_be_sortable_where_pages_begin_at_cursors_only() -> None:
    class Nowhere(Unsortable):
        capabilities = Capabilities(page=False)

    with pytest.raises(TypeError, match=r"Item\.id must be sortable: the store has no pages but those after a cursor"):
        bzz.ModelHive(Nowhere(), Item)


class Relational(MemoryProvider):
    """Describes items that other rows store."""

    def describe(self, model: type) -> Schema:
        schema = super().describe(model)
        return with_field(schema, "items", holder=Holder(Item, "box"), deferred=True) if model is Box else schema


def test_a_relation_that_other_rows_store_needs_transactions() -> None:
    with pytest.raises(TypeError, match=r"Box\.items is stored by rows of Item, .*Capabilities\(transactions=True\)"):
        bzz.ModelHive(Relational(), Box)

    class Transacting(Relational):
        capabilities = Capabilities(transactions=True)

    bzz.ModelHive(Transacting(), Box)


def test_a_unique_field_needs_a_store_that_keeps_it_unique() -> None:
    class Lax(MemoryProvider):
        capabilities = Capabilities(unique=False)

    bzz.ModelHive(Lax(), Item)
    with pytest.raises(TypeError, match=r"User\.email cannot be unique: the store keeps only primary keys unique"):
        bzz.ModelHive(Lax(), User)


async def test_a_list_of_embedded_documents_needs_nothing_of_the_store(api: Api) -> None:
    class Least(Unsorted):
        capabilities = Capabilities(count=False, page=False, sort=False, token=True, keys=1)

    api.mount(bzz.ModelHive.routes_for(Least(), User))
    user = await api.create("/user", name="Ada", others=[{"city": city} for city in "cab"])
    path = f"/user/{user['id']}/others?per_page=2&sort=city&count=true&city__in=a,b,c"
    reply = await api("GET", path)
    assert [found["city"] for found in reply.json] == ["a", "b"]
    assert reply.headers["X-Total-Count"] == "3"
    assert [found["city"] for found in (await api("GET", links(reply)["next"])).json] == ["c"]
