"""Filters: conditions of a query string, and of a receiver."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bzz import signals
from bzz.providers.conditions import Condition
from bzz.providers.values import Query
from bzz.query.filters import find, parse_filter, retyped
from bzz.schema.containers import List
from bzz.schema.custom_types import Type
from bzz.schema.fields import Field
from bzz.schema.making import make_schema
from bzz.schema.scalars import INTEGER, integer
from bzz.schema.shown import Shown
from tests.support.client import Api
from tests.support.schemas import ROWS, SCHEMA
from tests.support.teams import names, people


def test_a_filter_is_typed_by_its_field_and_operator() -> None:
    assert parse_filter(ROWS, "age__in", "1,2,1", ()) == (Condition("age", "in", [1, 2]), False)
    assert parse_filter(ROWS, "id__exists", "true", ()) == (Condition("pk", "exists", True), False)
    assert parse_filter(SCHEMA, "address.city__ne", "Rio", ()) == (Condition("address.city", "ne", "Rio"), False)


def test_only_a_filter_for_an_item_of_a_list_may_be_repeated() -> None:
    assert parse_filter(ROWS, "tags__contains", "a", ()) == (Condition("tags", "contains", "a"), True)
    assert parse_filter(ROWS, "name__contains", "a", ()) == (Condition("name", "contains", "a"), False)


def test_an_empty_filter_is_null_unless_the_field_is_text() -> None:
    assert parse_filter(ROWS, "age", "", ())[0] == Condition("age", "eq", None)
    assert parse_filter(ROWS, "name", "", ())[0] == Condition("name", "eq", "")


def test_a_field_that_requests_may_not_read_is_found_on_demand_only() -> None:
    assert find(ROWS, "secret") is None
    assert find(ROWS, "secret", hidden=True) == ("secret", ROWS.fields["secret"])


def test_a_condition_is_typed_without_the_bounds_of_its_field() -> None:
    short = replace(integer(0, 9), wider=INTEGER)
    fields = {"id": Field("id", short), "sizes": Field("sizes", List(short))}
    schema = make_schema(type("Box", (), {}), fields, pk="id")
    assert parse_filter(schema, "id__gt", "10", ())[0] == Condition("id", "gt", 10)
    assert parse_filter(schema, "id__in", "1,10", ())[0] == Condition("id", "in", [1, 10])
    assert parse_filter(schema, "sizes__contains", "10", ())[0] == Condition("sizes", "contains", 10)
    with pytest.raises(ValueError, match="from 0 to 9"):
        schema.fields["id"].type.parse(10)


def test_a_field_that_cannot_be_compared_has_no_filters() -> None:
    schema = make_schema(type("Box", (), {}), {"odd": Field("odd", Shown())})
    for key in ("odd", "odd__exists"):
        with pytest.raises(ValueError, match="no list can be filtered by odd"):
            parse_filter(schema, key, "1", ())


def test_values_without_a_hash_are_looked_for_as_they_are() -> None:
    pair = Type("pair", list, python_type=list)
    schema = make_schema(type("Box", (), {}), {"pair": Field("pair", pair)})
    assert retyped(schema, Condition("pair", "in", [[1], [1]])).value == [[1], [1]]


async def test_a_condition_of_a_receiver_is_typed(teams: Api) -> None:
    await people(teams)
    asked = Condition("age", "in", ["36", 5])

    @signals.pre_get_list.connect
    def narrow(sender: Any, query: Query) -> None:
        query.where.append(asked)

    assert sorted(names(await teams("GET", "/member?home__exists=true"))) == ["Ada", "ada b"]
    asked = Condition("nope", "eq", 1)
    assert (await teams("GET", "/member")).status == 500


def test_an_impossible_condition_of_a_receiver_is_refused() -> None:
    with pytest.raises(LookupError, match="has no field 'nope'"):
        retyped(ROWS, Condition("nope", "eq", 1))
    with pytest.raises(ValueError, match="takes a list"):
        retyped(ROWS, Condition("age", "in", "12"))
    with pytest.raises(ValueError, match="is no operator"):
        Condition("age", "like", 1)
