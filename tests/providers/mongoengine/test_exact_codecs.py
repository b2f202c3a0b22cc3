from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import mongoengine as me
import mongomock
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bzz
from bzz.exceptions import Invalid
from tests.providers.mongoengine.codecs import codec
from tests.support.client import Api

TWO = me.DecimalField(precision=2)
LONG = "12345678901234567.89"


class Exact(me.Document):
    price = me.DecimalField(precision=2, max_value=1000)
    whole = me.DecimalField(precision=0)
    text = me.DecimalField(precision=2, force_string=True)
    exact = me.Decimal128Field()
    at = me.DateTimeField()
    times = me.ListField(me.DateTimeField())
    fine = me.ComplexDateTimeField()


@pytest.fixture(params=["server", "mongomock"])
def exact(request: pytest.FixtureRequest, api: Api) -> Iterator[Api]:
    if request.param == "server":
        request.getfixturevalue("mongodb")
    else:
        me.connect("bzz_test", mongo_client_class=mongomock.MongoClient, uuidRepresentation="standard")
    Exact.drop_collection()
    yield api.mount(bzz.ModelHive.routes_for("mongoengine", Exact))
    me.disconnect()


@pytest.mark.parametrize(
    ("field", "raw", "value"),
    [
        (TWO, "3", "3.00"),
        (TWO, 3.1, "3.10"),
        (TWO, "3.1000", "3.10"),
        (TWO, "1E+3", "1000.00"),
        (TWO, "-0.00", "-0.00"),
        (me.DecimalField(precision=0), "3.0", "3"),
        (me.DecimalField(precision=2, force_string=True), LONG, LONG),
        (me.Decimal128Field(), LONG * 1, LONG),
    ],
)
def test_a_decimal_is_typed_as_it_is_stored(field: Any, raw: Any, value: str) -> None:
    assert str(codec(field).type.parse(raw)) == value


@pytest.mark.parametrize(
    ("field", "raw", "message"),
    [
        (TWO, "1.005", "has at most 2 decimal places"),
        (TWO, 0.125, "has at most 2 decimal places"),
        (me.DecimalField(precision=0), "0.5", "has at most 0 decimal places"),
        (TWO, LONG, "has more digits than the field keeps"),
        (TWO, "1e40", "has more digits than the field keeps"),
        (me.DecimalField(force_string=True), "1" * 40, "has more digits than the field keeps"),
        (me.Decimal128Field(), "1" * 35, "has more digits than the field keeps"),
        (TWO, "x", "expected a decimal number"),
    ],
)
def test_a_decimal_that_would_lose_digits_is_refused(field: Any, raw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        codec(field).type.parse(raw)


async def test_a_value_is_brought_to_what_is_stored_when_it_is_typed(exact: Api) -> None:
    at = "2026-01-02T12:00:00.123456Z"
    created = await exact.create("/exact", price="2", at=at, times=[at], fine=at, exact="2.50", text="2.5")
    cut = "2026-01-02T12:00:00.123000Z"
    assert (created["at"], created["times"], created["fine"]) == (cut, [cut], at)
    assert (created["price"], created["exact"], created["text"]) == ("2.00", "2.50", "2.50")
    assert (await exact("GET", f"/exact/{created['id']}")).json == created
    with pytest.raises(Invalid, match="has at most 2 decimal places"):
        await bzz.ModelHive("mongoengine", Exact).create({"price": Decimal("1.234")})


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("price=2", True),
        ("price=2.000", True),
        ("price=1.999", False),
        ("price__gt=1.999", True),
        ("price__gte=2.001", False),
        ("price__lt=2.001", True),
        ("price__lte=1.999", False),
        ("price__lte=2.0000000000000000000001", True),
        ("price__gt=1.9999999999999999999999", True),
        ("price__lt=1.9999999999999999999999", False),
        ("price__ne=1.999", True),
        ("price__ne=2", False),
        ("price__in=1.999,2", True),
        ("price__nin=1.999", True),
        ("price__lt=1e40", True),
        ("price__gt=5000", False),
        ("price=", False),
        ("whole=", True),
        ("text=2.5", True),
        ("text=2.501", False),
        ("text__ne=2.501", True),
        ("at=2026-01-02T12:00:00.123Z", True),
        ("at=2026-01-02T12:00:00.123456Z", False),
        ("at__gte=2026-01-02T12:00:00.123456Z", False),
        ("at__gt=2026-01-02T12:00:00.122999Z", True),
        ("at__lt=2026-01-02T12:00:00.123456Z", True),
        ("at__lte=2026-01-02T12:00:00.122999Z", False),
        ("at__in=2026-01-02T12:00:00.123456Z", False),
        ("at__exists=true", True),
        ("times__contains=2026-01-02T12:00:00.123Z", True),
        ("times__contains=2026-01-02T12:00:00.123456Z", False),
        ("fine=2026-01-02T12:00:00.123456Z", True),
    ],
)
async def test_a_condition_compares_exactly(exact: Api, query: str, finds: bool) -> None:
    at = "2026-01-02T12:00:00.123456Z"
    await exact.create("/exact", price="2", at=at, times=[at], fine=at, exact="2.50", text="2.5")
    reply = await exact("GET", f"/exact?{query}")
    assert (reply.status, bool(reply.json)) == (200, finds)


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("exact=2.5", True),
        ("exact__lt=2.5000000000000000000000000000000000000001", True),
        ("exact__gte=2.5000000000000000000000000000000000000001", False),
        ("exact__lt=1e9999", True),
        ("exact__gt=-1e9999", True),
    ],
)
async def test_a_condition_on_decimals_of_128_bits_compares_exactly(
    api: Api, mongodb: None, query: str, finds: bool
) -> None:
    api.mount(bzz.ModelHive.routes_for("mongoengine", Exact))
    await api.create("/exact", exact="2.50")
    reply = await api("GET", f"/exact?{query}")
    assert (reply.status, bool(reply.json)) == (200, finds)


@given(st.decimals(-10, 10, places=3), st.decimals(-10, 10, places=2))
def test_conditions_on_floats_agree_with_python(value: Decimal, other: Decimal) -> None:
    nearest = codec(TWO).nearest
    assert nearest is not None
    stored, is_exact = nearest(value)
    assert (float(other) > stored) is (other > value)
    assert (is_exact and float(other) == stored) is (other == value)


@given(st.datetimes(), st.integers(-2000, 2000))
def test_conditions_on_times_agree_with_python(value: datetime, offset: int) -> None:
    dates = codec(me.DateTimeField())
    assert dates.nearest is not None
    other = dates.type.parse(value)
    stored, is_exact = dates.nearest(value)
    assert (other > stored, is_exact) == (other > value, other == value)
