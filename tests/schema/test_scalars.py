from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bzz.schema import enumerations, free_form, scalars
from bzz.schema.types import DataType, FormValue


class Color(Enum):
    RED = "red"
    TWO = 2


COLOR = enumerations.enumeration(Color)
ID = UUID("0b5ae2c1-0c5b-4b7e-9c1c-9f8f1f8f1f8f")
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("datatype", "raw", "value"),
    [
        (scalars.STRING, "Ada", "Ada"),
        (scalars.INTEGER, 3, 3),
        (scalars.INTEGER, "-3", -3),
        (scalars.INTEGER, 3.0, 3),
        (scalars.FLOAT, "1.5", 1.5),
        (scalars.FLOAT, 2, 2.0),
        (scalars.DECIMAL, "1.10", Decimal("1.10")),
        (scalars.DECIMAL, 1.1, Decimal("1.1")),
        (scalars.BOOLEAN, True, True),
        (scalars.BOOLEAN, "off", False),
        (scalars.BOOLEAN, "1", True),
        (scalars.DATETIME, "2026-01-02T12:00:00Z", NOON),
        (scalars.DATETIME, "2026-01-02T12:00:00", NOON),
        (scalars.DATETIME, "2026-01-02T14:00:00+02:00", NOON),
        (scalars.DATETIME, datetime(2026, 1, 2, 12), NOON),
        (scalars.DATE, "2026-01-02", date(2026, 1, 2)),
        (scalars.DATE, date(2026, 1, 2), date(2026, 1, 2)),
        (scalars.TIME, "12:30", time(12, 30)),
        (scalars.UUID_, str(ID), ID),
        (scalars.UUID_, ID, ID),
        (scalars.BYTES, "AAEC", b"\0\1\2"),
        (scalars.BYTES, b"\0", b"\0"),
        (COLOR, "red", Color.RED),
        (COLOR, 2, Color.TWO),
        (COLOR, "2", Color.TWO),
        (COLOR, Color.RED, Color.RED),
        (free_form.JSON, {"a": [1, None, FormValue(("x",))]}, {"a": [1, None, "x"]}),
    ],
)
def test_a_value_is_typed(datatype: DataType, raw: Any, value: Any) -> None:
    typed = datatype.parse(raw)
    assert typed == value
    assert type(typed) is type(value)


@pytest.mark.parametrize(
    ("datatype", "raw"),
    [
        (scalars.STRING, 3),
        (scalars.INTEGER, True),
        (scalars.INTEGER, "3.0"),
        (scalars.INTEGER, "1_000"),
        (scalars.INTEGER, "٣"),
        (scalars.INTEGER, 3.5),
        (scalars.INTEGER, 2**63),
        (scalars.INTEGER, "9" * 40),
        (scalars.INTEGER, "9" * 5000),
        (scalars.INTEGER, 1e300),
        (scalars.INTEGER, [3]),
        (scalars.FLOAT, "nan"),
        (scalars.FLOAT, "1e999"),
        (scalars.FLOAT, 10**400),
        (scalars.FLOAT, "1_0"),
        (scalars.FLOAT, "x"),
        (scalars.FLOAT, False),
        (scalars.DECIMAL, "NaN"),
        (scalars.DECIMAL, "Infinity"),
        (scalars.DECIMAL, "x"),
        (scalars.DECIMAL, True),
        (scalars.BOOLEAN, 1),
        (scalars.BOOLEAN, "maybe"),
        (scalars.DATETIME, "yesterday"),
        (scalars.DATETIME, 3),
        (scalars.DATETIME, "0001-01-01T00:00:00+05:00"),
        (scalars.DATE, "2026-02-30"),
        (scalars.DATE, datetime(2026, 1, 2)),
        (scalars.TIME, "25:00"),
        (scalars.TIME, "10:00+02:00"),
        (scalars.UUID_, "x"),
        (scalars.UUID_, 3),
        (scalars.BYTES, "*"),
        (scalars.BYTES, 3),
        (COLOR, "green"),
        (COLOR, 2.0),
        (COLOR, ["red"]),
        (free_form.JSON, {"a": 2**64}),
    ],
)
def test_what_is_no_value_of_the_type_is_a_value_error_that_says_what_is(datatype: DataType, raw: Any) -> None:
    with pytest.raises(ValueError, match="expected"):
        datatype.parse(raw)


@given(
    st.text()
    | st.integers()
    | st.floats()
    | st.booleans()
    | st.lists(st.integers())
    | st.dictionaries(st.text(), st.text())
)
def test_no_json_makes_a_scalar_fail_otherwise_than_by_value_error(raw: Any) -> None:
    for datatype in (v for v in vars(scalars).values() if isinstance(v, DataType)):
        try:
            datatype.parse(raw)
        except ValueError:
            continue


@given(
    st.tuples(st.just(scalars.DATETIME), st.datetimes(timezones=st.just(UTC)))
    | st.tuples(st.just(scalars.DATE), st.dates())
    | st.tuples(st.just(scalars.TIME), st.times())
    | st.tuples(st.just(scalars.DECIMAL), st.decimals(allow_nan=False, allow_infinity=False))
    | st.tuples(st.just(scalars.UUID_), st.uuids())
    | st.tuples(st.just(scalars.BYTES), st.binary())
    | st.tuples(st.just(scalars.INTEGER), st.integers(*scalars.INT64))
    | st.tuples(st.just(scalars.FLOAT), st.floats(allow_nan=False, allow_infinity=False))
    | st.tuples(st.just(COLOR), st.sampled_from(Color))
)
def test_what_is_dumped_is_json_and_comes_back_the_same(pair: tuple[DataType, Any]) -> None:
    datatype, value = pair
    assert datatype.parse(orjson.loads(orjson.dumps(datatype.dump(value)))) == value


def test_a_datetime_is_shown_in_utc() -> None:
    west = timezone(timedelta(hours=-3))
    assert scalars.DATETIME.dump(datetime(2026, 1, 1, 9, tzinfo=west)) == "2026-01-01T12:00:00Z"
    assert scalars.DATETIME.dump(datetime(2026, 1, 1, 9)) == "2026-01-01T09:00:00Z"


def test_what_a_field_should_not_hold_but_does_is_shown_as_it_is() -> None:
    assert scalars.DATE.dump("long ago") == "long ago"
    assert COLOR.dump("green") == "green"


def test_anything_in_free_form_json_is_dumped() -> None:
    value = {1: (NOON, date(2026, 1, 2), Decimal("1.5"), ID, b"\0", Color.RED, {3}, 1.5, None, True)}
    assert free_form.JSON.dump(value) == {
        "1": ["2026-01-02T12:00:00Z", "2026-01-02", "1.5", str(ID), "AA==", "red", [3], 1.5, None, True]
    }


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"a": [1, {"b": None}]}, {"a": [1, {"b": None}]}, True),
        ({"a": True}, {"a": 1}, False),
        ([1], [1, 2], False),
        ({"a": 1}, {"b": 1}, False),
        (None, {}, False),
    ],
)
def test_free_form_json_is_compared_as_json(one: Any, other: Any, same: bool) -> None:
    assert free_form.JSON.same(one, other) is same


def test_free_form_json_refuses_a_form_key_given_twice() -> None:
    with pytest.raises(ValueError, match="more than once"):
        free_form.JSON.parse({"a": FormValue(("1", "2"))})


def test_what_no_json_can_say_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="object cannot be shown as JSON"):
        free_form.JSON.dump([object()])


def test_free_form_json_keeps_nothing_that_json_cannot_say() -> None:
    with pytest.raises(ValueError, match="expected JSON, not a object"):
        free_form.JSON.parse({"a": [object()]})


def test_merging_free_form_json_leaves_both_sides_alone() -> None:
    stored, patch = {"a": {"b": 1}}, {"a": {"b": None, "c": 2}}
    assert free_form.JSON.merge(stored, patch) == {"a": {"c": 2}}
    assert (stored, patch) == ({"a": {"b": 1}}, {"a": {"b": None, "c": 2}})
