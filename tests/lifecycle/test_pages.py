"""Pages of lists, also of relations with more members than a store can look for at once."""

from __future__ import annotations

from typing import Any

import pytest

import bzz
from bzz.exceptions import BadRequest
from bzz.providers.capabilities import Capabilities
from bzz.providers.values import Listing, Query
from bzz.schema.schema import Schema
from tests.support.client import Api
from tests.support.little import Box, FewKeys, Item, Tokens
from tests.support.teams import names, walk

COUNT = 10


class FewTokens(Tokens):
    """Looks for three keys at once, and gives tokens in its own order."""

    capabilities = Capabilities(sort=False, page=False, token=True, keys=3)


@pytest.fixture(params=[FewKeys, FewTokens])
def store(request: pytest.FixtureRequest) -> Any:
    return request.param()


@pytest.fixture
def boxes(api: Api, store: Any) -> Api:
    """The API with boxes and items, in a store that looks for three keys at once."""
    return api.mount(bzz.ModelHive.routes_for(store, Item), bzz.ModelHive.routes_for(store, Box))


async def fill(api: Api, count: int = COUNT) -> str:
    """Create items and a box with all of them but the last, and return the path of the items in the box."""
    keys = [str(number) for number in reversed(range(count))]
    for key in keys:
        await api.create("/item", id=key, name=f"n{key}", size=int(key) % 3)
    await api.create("/box", id="b", items=keys[:-1])
    return "/box/b/items"


async def test_a_relation_with_many_members_is_read_in_batches(boxes: Api, store: Any) -> None:
    path = await fill(boxes)
    everything = [f"n{number}" for number in range(1, COUNT)]
    assert names(await boxes("GET", path)) == everything
    assert await walk(boxes, f"{path}?per_page=2") == everything
    assert names(await boxes("GET", f"{path}?size=1")) == ["n1", "n4", "n7"]
    reply = await boxes("GET", f"{path}?per_page=2&size=0&count=true")
    assert (names(reply), reply.headers["X-Total-Count"]) == (["n3", "n6"], "3")
    if isinstance(store, FewKeys):
        assert set(store.looked) == {3}


@pytest.mark.parametrize("store", [FewKeys], indirect=True)
async def test_the_members_of_a_large_relation_are_sorted_and_paged(boxes: Api, store: Any) -> None:
    path = await fill(boxes)
    wanted = ["n8", "n5", "n2", "n7", "n4", "n1", "n9", "n6", "n3"]
    for page in (1, 2, 3):
        found = names(await boxes("GET", f"{path}?sort=-size,-name&per_page=4&page={page}"))
        assert found == wanted[4 * (page - 1) : 4 * page]
    assert await walk(boxes, f"{path}?sort=-size,-name&per_page=4") == wanted


async def test_the_cursor_of_a_large_relation_stays_valid_after_writes(boxes: Api) -> None:
    path = await fill(boxes)
    reply = await boxes("GET", f"{path}?per_page=3")
    following = reply.headers["Link"].rpartition("<")[2].partition(">")[0]
    assert (await boxes("DELETE", f"{path}/3")).status == 204
    assert (await boxes("DELETE", "/item/1")).status == 204
    assert names(await boxes("GET", following)) == ["n4", "n5", "n6"]


async def test_plain_code_pages_a_large_relation(api: Api, store: Any) -> None:
    boxes, items = bzz.ModelHive(store, Box), bzz.ModelHive(store, Item)
    for number in range(5):
        await items.create({"id": str(number), "name": f"n{number}"})
    await boxes.create({"id": "b", "items": [str(number) for number in range(5)]})
    page = await boxes.list("b", "items", per_page=3)
    rest = await boxes.list("b", "items", per_page=3, after=page.cursor)
    assert ([item.name for item in page], page.more) == (["n0", "n1", "n2"], True)
    assert ([item.name for item in rest], rest.more) == (["n3", "n4"], False)


@pytest.mark.parametrize("store", [FewTokens], indirect=True)
async def test_the_cursor_of_a_relation_that_became_small_is_refused(boxes: Api, store: Any) -> None:
    path = await fill(boxes, 5)
    reply = await boxes("GET", f"{path}?per_page=2")
    following = reply.headers["Link"].rpartition("<")[2].partition(">")[0]
    assert (await boxes("DELETE", f"{path}/3")).status == 204
    refused = await boxes("GET", following)
    text = "The cursor is of no such list; begin again without it."
    assert (refused.status, refused.json["detail"]) == (400, text)
    assert await walk(boxes, f"{path}?per_page=2") == ["n4", "n2", "n1"], "in the order of the store"


async def test_references_are_checked_and_expanded_in_batches(boxes: Api, store: Any) -> None:
    await fill(boxes)
    shown = await boxes("GET", "/box/b?expand=items")
    assert sorted(item["name"] for item in shown.json["items"]) == [f"n{number}" for number in range(1, COUNT)]
    if isinstance(store, FewKeys):
        assert max(store.looked) == 3


async def test_a_token_store_without_a_token_has_no_next_page() -> None:
    class Silent(Tokens):
        async def list(self, schema: Schema, query: Query, **options: Any) -> Listing:
            listing = await super().list(schema, query, **options)
            return Listing(listing.items, listing.more)

    hive = bzz.ModelHive(Silent(), Item)
    for key in "ab":
        await hive.create({"id": key, "name": key})
    with pytest.raises(BadRequest, match="this order has no further pages"):
        await hive.list(per_page=1)
