"""The required fields of new instances."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.exceptions import Invalid
from bzz.resources.options import restrict
from bzz.schema.containers import List, Map
from bzz.schema.fields import Field
from bzz.schema.making import make_schema
from bzz.schema.relations import Embedded
from bzz.schema.requirements import missing, nulls
from bzz.schema.scalars import INTEGER, STRING
from bzz.schema.schema import Schema


class Stop:
    pass


class Trip:
    pass


STOP = make_schema(
    Stop,
    {
        "id": Field("id", STRING, required=True, insertable=False),
        "city": Field("city", STRING, required=True),
        "note": Field("note", STRING, required=True, nullable=True),
    },
    id_field="id",
)


def trip(**options: Any) -> Schema:
    stop = Embedded(lambda: STOP)
    fields = [
        Field("code", STRING, required=True),
        Field("days", INTEGER, required=True),
        Field("start", stop),
        Field("stops", List(stop)),
        Field("by_name", Map(stop)),
    ]
    return make_schema(Trip, {field.name: field for field in fields}, pk="code", **options)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ["id", "days"]),
        ({"code": "x", "days": 0}, []),
        ({"code": "x", "days": None}, ["days"]),
        ({"code": "x", "days": 1, "start": {"city": "Rio", "note": None}}, []),
        ({"code": "x", "days": 1, "start": {"city": None}}, ["start.city", "start.note"]),
        ({"code": "x", "days": 1, "stops": [{"city": "Rio", "note": ""}, {"note": ""}]}, ["stops.1.city"]),
        ({"code": "x", "days": 1, "by_name": {"a": {"city": "Rio"}, "b": None}}, ["by_name.a.note"]),
    ],
)
def test_a_required_field_without_a_value_is_named_at_any_depth(values: Any, expected: list[str]) -> None:
    assert [*missing(trip(), values)] == expected


def test_a_null_is_named_where_null_is_no_value() -> None:
    assert [*nulls(trip(), {"days": None, "start": None})] == ["days"]
    assert [*nulls(STOP, {"city": None, "note": None})] == ["city"]


def test_nothing_is_missing_where_the_model_fills_fields() -> None:
    schema = trip(fills_fields=True)
    assert [*missing(schema, {"start": {}})] == [*nulls(schema, {"days": None})] == []


def test_a_hive_may_make_a_field_optional_and_close_others() -> None:
    assert [*missing(restrict(trip(), optional=["days"]), {})] == ["id"]
    assert [*missing(restrict(trip(), read_only=["days"]), {})] == ["id"]
    assert [*missing(restrict(trip(), exclude=["days"]), {})] == ["id"]
    with pytest.raises(TypeError, match="optional: Trip has no field nope"):
        restrict(trip(), optional=["nope"])


def test_all_errors_come_at_once_and_a_refused_value_is_not_missing() -> None:
    with pytest.raises(Invalid) as caught:
        trip().parse_new({"days": "soon", "start": {"city": 5}, "stops": [{"note": "x"}]})
    assert caught.value.errors == {
        "days": ["expected an integer"],
        "start.city": ["expected a string"],
        "id": ["is required"],
        "stops.0.city": ["is required"],
    }
