from __future__ import annotations

import random
from typing import Any

import pytest

import bzz
from bzz import signals
from bzz.exceptions import BadRequest, Invalid
from bzz.providers.conditions import Condition
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Cursor, Query
from bzz.query.cursors import decode_cursor, encode_cursor
from bzz.query.filters import retyped
from bzz.query.parser import Parser
from bzz.resources.paths import Step
from bzz.resources.resource import Resource
from bzz.schema.containers import List
from bzz.schema.fields import Field
from bzz.schema.scalars import INTEGER, STRING
from bzz.schema.schema import Schema
from tests.support.client import Api
from tests.support.teams import member, names, people, walk

SCHEMA = Schema(
    object,
    {
        "pk": Field("pk", INTEGER),
        "name": Field("name", STRING),
        "age": Field("age", INTEGER),
        "tags": Field("tags", List(STRING)),
        "secret": Field("secret", STRING, readable=False),
    },
    pk="pk",
    sort=(("name", False),),
)


def query(encoded: str) -> Query:
    return Parser(MemoryProvider(), Step(Resource(SCHEMA), "row")).query(encoded)


def test_a_query_string_is_filters_typed_by_their_fields() -> None:
    assert query("age=3&name=Ada%20L&id=7&page=2&per_page=5&sort=-age,id") == Query(
        where=[Condition("age", "eq", 3), Condition("name", "eq", "Ada L"), Condition("pk", "eq", 7)],
        sort=[("age", True), ("pk", False)],
        page=2,
        per_page=5,
    )


def test_without_a_query_string_the_defaults_hold() -> None:
    assert query("") == Query(sort=[("name", False)], page=1, per_page=20)


def test_an_empty_filter_is_null_for_what_is_no_string() -> None:
    assert query("age=&name=").where == [Condition("age", "eq", None), Condition("name", "eq", "")]


@pytest.mark.parametrize(
    ("encoded", "wrong"),
    [
        ("nope=1", "nope"),
        ("secret=1", "secret"),
        ("tags=1", "tags"),
        ("age=x", "age"),
        ("age=1&age=2", "age"),
        ("page=0", "page"),
        ("page=99999999999", "page"),
        ("page=", "page"),
        ("per_page=101", "per_page"),
        ("per_page=x", "per_page"),
        ("sort=nope", "sort"),
        ("sort=tags", "sort"),
        ("sort=secret", "sort"),
        ("sort=", "sort"),
        ("sort=--age", "sort"),
        ("sort=age,-age", "sort"),
        ("__class__=1", "__class__"),
    ],
)
def test_a_parameter_that_is_wrong_is_named(encoded: str, wrong: str) -> None:
    with pytest.raises(Invalid) as caught:
        query(encoded)
    assert list(caught.value.errors) == [wrong]


def test_an_unknown_parameter_is_answered_with_those_there_are() -> None:
    with pytest.raises(Invalid) as caught:
        query("nope=1")
    assert (
        "page, per_page, sort, after, count, fields, expand and the fields id, name, age"
        in caught.value.errors["nope"][0]
    )


def test_a_query_string_that_is_not_utf8_is_a_bad_request() -> None:
    with pytest.raises(BadRequest):
        query("name=%ff")


def test_a_query_string_may_be_plain_utf8() -> None:
    as_tornado_has_it = "name=Ló".encode().decode("latin-1")
    assert query(as_tornado_has_it).where == [Condition("name", "eq", "Ló")]


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("age__contains=1", "takes eq, ne, in, nin, exists, gt, gte, lt, lte, not contains"),
        ("retired__gt=true", "takes eq, ne, in, nin, exists, not gt"),
        ("name__regex=.", "takes eq, ne"),
        ("name__=x", "takes eq, ne"),
        ("tags=x", "takes contains, exists, not eq"),
        ("home=x", "takes exists, not eq"),
        ("addresses.city=x", "unknown field"),
        ("friends.name=x", "unknown field"),
        ("home.nope=x", "unknown field"),
        ("home.=x", "unknown field"),
        (".city=x", "unknown field"),
        ("__gt=1", "unknown field"),
        ("age__gt=x", "expected an integer"),
        ("age__in=1,x", "expected an integer"),
        ("age__gt=", "takes a value"),
        ("tags__exists=", "takes a value"),
        ("age__exists=maybe", "expected true or false"),
        ("name__contains=%00", "none of them NUL"),
        ("friends__contains=", "takes a value"),
        ("name=a&name=b", "more than once"),
        ("fields=name,nope", "'nope' is unknown; there are "),
        ("fields=", "is unknown"),
        ("expand=name", "cannot expand 'name', at most 2 deep; there are friends"),
        ("expand=home", "is no reference"),
        ("expand=friends.friends.friends", "cannot expand"),
        ("count=x", "expected true or false"),
        ("sort=tags", "cannot sort"),
        ("sort=home.city,nope", "cannot sort"),
        ("after=", "is no cursor"),
        ("after=%F0%9F%90%9D", "is no cursor"),
        ("after=W10", "is no cursor"),
        ("after=WyJpZCIsWzFdXQ", "is no cursor"),
        ("after=WyJpZCIsW251bGxdXQ", "is no cursor"),
        ("after=WyItbmFtZSIsWyJBZGEiXV0", "is no cursor"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_what_can(teams: Api, query: str, wrong: str) -> None:
    reply = await teams("GET", f"/member?{query}")
    assert reply.status == 400
    [[message]] = reply.json["errors"].values()
    assert wrong in message


async def test_a_reserved_word_wins_over_a_field_of_its_name(teams: Api) -> None:
    assert list((await teams("GET", "/member?page=x")).json["errors"]) == ["page"]


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


async def test_a_walk_is_not_disturbed_by_what_comes_and_goes(teams: Api) -> None:
    ids = [await member(teams, f"b{number}") for number in range(9)]
    path, met = "/member?sort=name&per_page=3", []
    while path:
        reply = await teams("GET", path)
        met += names(reply)
        path = next((part[1:].split(">")[0] for part in reply.headers["Link"].split(", ") if "next" in part), "")
        await member(teams, "a")
        await teams("DELETE", f"/member/{ids[len(met) - 1]}")
    assert met == [f"b{number}" for number in range(9)]


async def test_a_cursor_is_of_one_order_only(teams: Api) -> None:
    for number in range(3):
        await member(teams, str(number))
    link = (await teams("GET", "/member?sort=name&per_page=1")).headers["Link"]
    after = link.split("after=")[1].split(">")[0]
    assert names(await teams("GET", f"/member?sort=name&per_page=1&after={after}")) == ["1"]
    for query in (f"sort=-name&after={after}", f"sort=age&after={after}", f"after={after}"):
        reply = await teams("GET", f"/member?{query}")
        assert (reply.status, reply.json["detail"]) == (400, "The cursor is of a list in another order.")
    both = await teams("GET", f"/member?sort=name&page=2&after={after}")
    assert (both.status, list(both.json["errors"])) == (400, ["after"])


async def test_a_cursor_never_says_what_may_not_be_read(api: Api, served: Any, models: Any) -> None:
    api.mount(bzz.ModelHive.routes_for(served, models.Member, write_only=["password"], sort="name"))
    for number in range(3):
        await member(api, "x", password=str(number))

    @signals.pre_get_list.connect
    def by_password(sender: Any, query: Query) -> None:
        query.sort = [("password", True)]

    reply = await api("GET", "/member?per_page=2")
    assert reply.headers["Link"].endswith('</member?per_page=2&page=2>; rel="next"')
    assert len(await walk(api, "/member?per_page=1")) == 3


async def test_a_count_is_of_all_pages(teams: Api) -> None:
    await people(teams)
    first = await teams("GET", "/member?age=20&per_page=1&count=true")
    assert first.headers["X-Total-Count"] == "2"
    following = next(part[1:].split(">")[0] for part in first.headers["Link"].split(", ") if "next" in part)
    assert (await teams("GET", following)).headers["X-Total-Count"] == "2"
    assert "X-Total-Count" not in (await teams("GET", "/member?count=false")).headers


async def test_what_receivers_ask_for_is_typed(teams: Api) -> None:
    await people(teams)
    asked = Condition("age", "in", ["36", 5])

    @signals.pre_get_list.connect
    def narrow(sender: Any, query: Query) -> None:
        query.where.append(asked)

    assert sorted(names(await teams("GET", "/member?home__exists=true"))) == ["Ada", "ada b"]
    asked = Condition("nope", "eq", 1)
    assert (await teams("GET", "/member")).status == 500


async def test_long_names_and_texts_are_refused(teams: Api) -> None:
    deep = "home." * 3000 + "city"
    for query in (f"{deep}=x", f"sort={deep}", f"fields={deep}", f"expand={deep}", f"name__contains={'a' * 401}"):
        assert (await teams("GET", f"/member?{query}")).status == 400
    assert (await teams("GET", f"/member?name__contains={'.' * 400}")).json == []
    assert (await teams("GET", f"/member?age__in={'1,' * 10_000}1")).json["detail"].startswith("The query string has")
    assert (await teams("GET", f"/member?age__in={'1,' * 4000}1")).json == []
    assert len((await teams("GET", "/member?" + "&".join(f"n{n}=1" for n in range(200)))).json["errors"]) == 100


def test_a_cursor_is_made_only_where_it_comes_back_the_same() -> None:
    order = [("age", False), ("pk", False)]
    good = encode_cursor(SCHEMA, order, {"age": None, "pk": 7})
    assert decode_cursor(SCHEMA, str(good)) == Cursor((("age", False), ("pk", False)), (None, 7))
    assert encode_cursor(SCHEMA, order, {"age": "old", "pk": 7}) is None
    assert encode_cursor(SCHEMA, [("tags", False), *order], {"pk": 7}) is None
    assert encode_cursor(SCHEMA, [("secret", False), *order], {"pk": 7}) is None


def test_a_list_is_asked_for_what_a_list_can_be() -> None:
    with pytest.raises(LookupError, match="has no field 'nope'"):
        retyped(SCHEMA, Condition("nope", "eq", 1))
    with pytest.raises(ValueError, match="takes a list"):
        retyped(SCHEMA, Condition("age", "in", "12"))
    with pytest.raises(ValueError, match="is no operator"):
        Condition("age", "like", 1)
