from __future__ import annotations

import pytest

from bzz.catalogue import View
from bzz.conditions import Condition
from bzz.datatypes import List
from bzz.exceptions import BadRequest, Invalid
from bzz.interfaces import Query
from bzz.providers.memory import MemoryProvider
from bzz.queries import Parser
from bzz.resources import Field, Resource
from bzz.scalars import INTEGER, STRING

RESOURCE = Resource(
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
    return Parser(MemoryProvider(), View(RESOURCE)).list(encoded)


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
