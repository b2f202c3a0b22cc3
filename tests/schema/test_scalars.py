from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bzz.schema import scalars
from bzz.schema.types import DataType

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
    ],
)
def test_input_is_parsed_to_a_typed_value(datatype: DataType, raw: Any, value: Any) -> None:
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
    ],
)
def test_input_of_another_type_is_refused_with_the_expected_one(datatype: DataType, raw: Any) -> None:
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
def test_any_json_is_a_value_or_a_value_error(raw: Any) -> None:
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
)
def test_a_dumped_value_is_json_and_is_parsed_to_the_same(pair: tuple[DataType, Any]) -> None:
    datatype, value = pair
    assert datatype.parse(orjson.loads(orjson.dumps(datatype.dump(value)))) == value


def test_a_datetime_is_shown_in_utc() -> None:
    west = timezone(timedelta(hours=-3))
    assert scalars.DATETIME.dump(datetime(2026, 1, 1, 9, tzinfo=west)) == "2026-01-01T12:00:00Z"
    assert scalars.DATETIME.dump(datetime(2026, 1, 1, 9)) == "2026-01-01T09:00:00Z"


def test_a_stored_value_of_another_type_is_shown_as_it_is() -> None:
    assert scalars.DATE.dump("long ago") == "long ago"


def test_an_integer_may_have_a_narrower_range() -> None:
    small = scalars.integer(1, 3)
    assert small.parse("3") == 3
    with pytest.raises(ValueError, match="expected an integer from 1 to 3"):
        small.parse(4)


@pytest.mark.parametrize("raw", ["", ".", "..", "x" * 513])
def test_an_identifier_can_be_a_segment_of_a_url(raw: str) -> None:
    assert scalars.addressable(scalars.STRING).parse("x" * 512) == "x" * 512
    with pytest.raises(ValueError, match="a URL cannot hold"):
        scalars.addressable(scalars.STRING).parse(raw)


def test_a_primary_key_is_dumped_as_text() -> None:
    assert scalars.addressable(scalars.INTEGER, as_text=True).dump(7) == "7"
    assert scalars.addressable(scalars.INTEGER).dump(7) == 7
