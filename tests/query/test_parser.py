"""Query strings: their parameters, and the errors about them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bzz.exceptions import Invalid
from bzz.providers.capabilities import Capabilities
from bzz.providers.conditions import Condition
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Query
from bzz.query.parser import Parser
from bzz.resources.paths import Path, Step
from bzz.resources.reach import PlainReach
from bzz.resources.resource import Resource
from bzz.schema.containers import List
from bzz.schema.fields import Field
from bzz.schema.scalars import INTEGER
from bzz.schema.schema import Schema
from tests.support.client import Api
from tests.support.schemas import ROWS
from tests.support.teams import people


def query(encoded: str, schema: Schema = ROWS) -> Query:
    provider = MemoryProvider()
    return Parser(provider, Path((Step(Resource(schema), "row"),), PlainReach(provider))).query(encoded)


def test_a_query_string_becomes_a_query_typed_by_its_fields() -> None:
    assert query("age=3&name=Ada%20L&id=7&page=2&per_page=5&sort=-age,id") == Query(
        where=[Condition("age", "eq", 3), Condition("name", "eq", "Ada L"), Condition("pk", "eq", 7)],
        sort=[("age", True), ("pk", False)],
        page=2,
        per_page=5,
    )


def test_an_empty_query_string_gives_the_defaults() -> None:
    assert query("") == Query(sort=[("name", False)], page=1, per_page=20)


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
def test_an_invalid_parameter_is_named(encoded: str, wrong: str) -> None:
    with pytest.raises(Invalid) as caught:
        query(encoded)
    assert list(caught.value.errors) == [wrong]


def test_the_error_of_an_unknown_parameter_lists_the_known_ones() -> None:
    with pytest.raises(Invalid) as caught:
        query("nope=1")
    assert (
        "page, per_page, sort, after, count, fields, expand and the fields id, name, age"
        in caught.value.errors["nope"][0]
    )


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
async def test_the_error_of_a_parameter_says_what_is_allowed(teams: Api, query: str, wrong: str) -> None:
    reply = await teams("GET", f"/member?{query}")
    assert reply.status == 400
    [[message]] = reply.json["errors"].values()
    assert wrong in message


async def test_a_parameter_of_paging_hides_a_field_of_its_name(teams: Api) -> None:
    assert list((await teams("GET", "/member?page=x")).json["errors"]) == ["page"]


async def test_count_gives_the_total_of_all_pages(teams: Api) -> None:
    await people(teams)
    first = await teams("GET", "/member?age=20&per_page=1&count=true")
    assert first.headers["X-Total-Count"] == "2"
    following = next(part[1:].split(">")[0] for part in first.headers["Link"].split(", ") if "next" in part)
    assert (await teams("GET", following)).headers["X-Total-Count"] == "2"
    assert "X-Total-Count" not in (await teams("GET", "/member?count=false")).headers


async def test_the_lengths_of_names_texts_and_lists_are_limited(teams: Api) -> None:
    deep = "home." * 3000 + "city"
    for query in (f"{deep}=x", f"sort={deep}", f"fields={deep}", f"expand={deep}", f"name__contains={'a' * 401}"):
        assert (await teams("GET", f"/member?{query}")).status == 400
    assert (await teams("GET", f"/member?name__contains={'.' * 400}")).json == []
    assert (await teams("GET", f"/member?age__in={'1,' * 10_000}1")).json["detail"].startswith("The query string has")
    assert (await teams("GET", f"/member?age__in={'1,' * 4000}1")).json == []
    assert len((await teams("GET", "/member?" + "&".join(f"n{n}=1" for n in range(200)))).json["errors"]) == 100


def test_a_query_filters_by_few_relations_that_other_rows_store() -> None:
    notes, tags = (Field(name, List(INTEGER), deferred=True) for name in ("notes", "tags"))
    own = Field("own", List(INTEGER))
    schema = replace(ROWS, fields={**ROWS.fields, "notes": notes, "tags": tags, "own": own})
    few = [f"notes__contains={number}" for number in range(5)] + [f"tags__contains={number}" for number in range(5)]
    others = [f"own__contains={number}" for number in range(20)]
    assert len(query("&".join([*few, *others]), schema).where) == 30
    for more in (["notes__contains=9"], ["tags__exists=true"], few):
        with pytest.raises(Invalid) as caught:
            query("&".join([*few, *more]), schema)
        [texts] = {*map(str, caught.value.errors.values())}
        assert texts == "['a list takes at most 10 filters by relations that other rows store']"


def test_an_error_names_only_the_parameters_that_the_store_supports() -> None:
    class Little(MemoryProvider):
        capabilities = Capabilities(page=False, count=False)

    provider = Little()
    parser = Parser(provider, Path((Step(Resource(ROWS), "row"),), PlainReach(provider)))
    with pytest.raises(Invalid) as caught:
        parser.query("nope=1")
    [text] = caught.value.errors["nope"]
    assert text.startswith("unknown field; a list takes per_page, sort, after, fields, expand and the fields")
