"""Cursors: walks through a list, and the text of ``after``."""

from __future__ import annotations

import base64
import random
from typing import Any

import orjson
import pytest

import bzz
from bzz import signals
from bzz.providers.base import Provider
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import AsStored, Cursor, Query
from bzz.query.cursors import decode_cursor, encode_cursor, encode_token
from tests.support.client import Api
from tests.support.schemas import ROWS
from tests.support.teams import member, names, walk


@pytest.mark.parametrize(
    "sort", ["age,name", "-age,name", "age,-home.city", "-home.city,-age,name", "-retired,age", "id", "-id"]
)
async def test_a_walk_by_cursor_meets_each_instance_once(teams: Api, sort: str) -> None:
    choose = random.Random(1)  # noqa: S311  # the same each time
    for number in range(25):
        home = choose.choice([None, {"id": "x"}, {"id": "x", "city": choose.choice(["Rio", "Lisbon"])}])
        await member(teams, str(number), age=choose.choice([None, 1, 2]), home=home)
    whole = names(await teams("GET", f"/member?per_page=100&sort={sort}"))
    assert await walk(teams, f"/member?per_page=4&sort={sort}") == whole
    assert await walk(teams, f"/member?per_page=3&sort={sort}&age__exists=true") == [
        m["name"] for m in (await teams("GET", f"/member?per_page=100&sort={sort}")).json if m["age"] is not None
    ]


async def test_a_walk_by_cursor_is_not_disturbed_by_other_writes(teams: Api) -> None:
    ids = [await member(teams, f"b{number}") for number in range(9)]
    path, met = "/member?sort=name&per_page=3", []
    while path:
        reply = await teams("GET", path)
        met += names(reply)
        path = next((part[1:].split(">")[0] for part in reply.headers["Link"].split(", ") if "next" in part), "")
        await member(teams, "a")
        await teams("DELETE", f"/member/{ids[len(met) - 1]}")
    assert met == [f"b{number}" for number in range(9)]


async def test_a_cursor_is_refused_in_another_order(teams: Api) -> None:
    for number in range(3):
        await member(teams, str(number))
    link = (await teams("GET", "/member?sort=name&per_page=1")).headers["Link"]
    after = link.split("after=")[1].split(">")[0]
    assert names(await teams("GET", f"/member?sort=name&per_page=1&after={after}")) == ["1"]
    for query in (f"sort=-name&after={after}", f"sort=age&after={after}", f"after={after}"):
        reply = await teams("GET", f"/member?{query}")
        assert (reply.status, reply.json["detail"]) == (
            400,
            "The cursor is of a list in another order; begin again without it.",
        )
    both = await teams("GET", f"/member?sort=name&page=2&after={after}")
    assert (both.status, list(both.json["errors"])) == (400, ["after"])


async def test_no_cursor_is_made_of_a_field_that_requests_may_not_read(api: Api, served: Any, models: Any) -> None:
    api.mount(bzz.ModelHive.routes_for(served, models.Member, write_only=["password"], sort="name"))
    for number in range(3):
        await member(api, "x", password=str(number))

    @signals.pre_get_list.connect
    def by_password(sender: Any, query: Query) -> None:
        query.sort = [("password", True)]

    reply = await api("GET", "/member?per_page=2")
    assert reply.headers["Link"].endswith('</member?per_page=2&page=2>; rel="next"')
    assert len(await walk(api, "/member?per_page=1")) == 3


def test_a_cursor_is_made_only_of_values_that_it_reads_back_equal() -> None:
    order, memory = [("age", False), ("pk", False)], MemoryProvider()
    good = encode_cursor(ROWS, order, {"age": None, "pk": 7}, {})
    assert decode_cursor(memory, ROWS, str(good)) == Cursor((("age", False), ("pk", False)), (None, 7))
    assert encode_cursor(ROWS, order, {"age": "old", "pk": 7}, {}) is None
    assert encode_cursor(ROWS, order, {"age": 3, "pk": 7}, None) is None
    assert encode_cursor(ROWS, [("tags", False), *order], {"pk": 7}, {}) is None
    assert encode_cursor(ROWS, [("secret", False), *order], {"pk": 7}, {}) is None


def test_a_cursor_may_contain_a_token_in_place_of_values() -> None:
    order, memory = [("age", True), ("pk", False)], MemoryProvider()
    cursor = decode_cursor(memory, ROWS, str(encode_token(ROWS, order, "12.5")))
    assert cursor == Cursor((("age", True), ("pk", False)), (), "12.5")
    assert Query(after=cursor).token == "12.5"
    assert Query(after=cursor, page=3).skip == 0
    assert Query(after=cursor).alternatives == []
    assert decode_cursor(memory, ROWS, str(encode_token(ROWS, [], ""))) == Cursor((), (), "")
    assert encode_token(ROWS, order, None) is None
    assert encode_token(ROWS, [("secret", False)], "x") is None


def test_no_cursor_is_made_of_values_without_the_primary_key() -> None:
    assert encode_cursor(ROWS, [("age", False)], {"age": 3}, {}) is None
    assert encode_cursor(ROWS, [], {}, {}) is None
    text = base64.urlsafe_b64encode(orjson.dumps(["", []])).decode().rstrip("=")
    with pytest.raises(ValueError, match="no cursor"):
        decode_cursor(MemoryProvider(), ROWS, text)


class Tagging(MemoryProvider):
    """Keeps ages in a form of its own."""

    def stored_value(self, schema: Any, name: str, raw: Any) -> Any:
        if not isinstance(raw, str):
            raise ValueError("expected text")
        return f"{name} {raw}"


class Untold(MemoryProvider):
    """Gives no positions, as a third party's provider."""

    stored_value = Provider.stored_value


def test_a_cursor_has_the_position_that_the_provider_gives() -> None:
    order = [("age", False), ("pk", False)]
    text = encode_cursor(ROWS, order, {"age": 3, "pk": 7}, {"age": "III"})
    assert decode_cursor(Tagging(), ROWS, str(text)).values == (AsStored("age III"), 7)
    text = encode_cursor(ROWS, order, {"age": 3, "pk": 7}, {"age": None})
    assert decode_cursor(Tagging(), ROWS, str(text)).values == (None, 7)


@pytest.mark.parametrize(
    "shown", [{"stored": "x"}, {"stored": 3}, {"other": "x"}, {}, {"stored": "x", "other": "x"}, ["x"], {"$gt": 1}]
)
def test_a_forged_position_is_no_cursor(shown: Any) -> None:
    text = base64.urlsafe_b64encode(orjson.dumps(["age,id", [shown, 7]])).decode().rstrip("=")
    provider = Untold() if shown == {"stored": "x"} else Tagging()
    with pytest.raises(ValueError, match="no cursor"):
        decode_cursor(provider, ROWS, text)


def test_a_forged_cursor_of_many_levels_is_no_cursor() -> None:
    forged = b'["age,id", [%s%s%s, 7]]' % (b"[" * 1000, b"9" * 20, b"]" * 1000)
    with pytest.raises(ValueError, match="no cursor"):
        decode_cursor(MemoryProvider(), ROWS, base64.urlsafe_b64encode(forged).decode().rstrip("="))
