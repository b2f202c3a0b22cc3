"""Columns with numbers, by themselves and over HTTP."""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import bzz
from bzz.exceptions import Invalid
from bzz.providers.conditions import Condition
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.number_codecs import shortest
from bzz.signals import pre_create_instance, pre_get_list
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.kinds import codec, sql_of
from tests.support.client import Api


class Numbers(DeclarativeBase):
    pass


class Price(Numbers):
    __tablename__ = "price"
    id: Mapped[int] = mapped_column(primary_key=True)
    small: Mapped[int | None] = mapped_column(sa.SmallInteger)
    exact: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 2))
    whole: Mapped[Decimal | None] = mapped_column(sa.Numeric(10, 0))
    loose: Mapped[Decimal | None] = mapped_column(sa.Numeric)
    plain: Mapped[float | None] = mapped_column(sa.Numeric(10, 2, asdecimal=False))
    real: Mapped[float | None] = mapped_column(sa.REAL)
    double: Mapped[float | None] = mapped_column(sa.Double)


async def ids(api: Api, query: str) -> list[str]:
    reply = await api("GET", f"/price?{query.replace('+', '%2B')}")
    assert reply.status == 200, (query, reply.json)
    return [one["id"] for one in reply.json]


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("exact", "3.005", "has at most 2 decimal places"),
        ("exact", 3.005, "has at most 2 decimal places"),
        ("plain", 3.005, "has at most 2 decimal places"),
        ("plain", 1e8, "expected at most 8 digits before the point"),
        ("whole", "0.5", "has at most 0 decimal places"),
        ("exact", "NaN", "expected a finite decimal number"),
        ("real", 1e39, "expected a number that a float with 32 bits can hold"),
        ("small", 2**15, "expected an integer from -32768 to 32767"),
    ],
)
async def test_a_number_that_a_column_would_round_is_refused(
    api: Api, database: Database, name: str, value: Any, error: str
) -> None:
    await mount(api, database, Numbers, Price)
    if name == "real" and not database.driver.startswith(("psycopg", "asyncpg")):
        return  # SQLite has floats with 64 bits only
    assert (await api("POST", "/price", json_body={name: value})).json["errors"] == {name: [error]}
    hive = hive_of(database)
    with pytest.raises(Invalid):
        await hive.create({name: value})

    @pre_create_instance.connect_via(Price)
    def spoil(sender: type, data: dict[str, Any]) -> None:
        data[name] = value

    assert (await api("POST", "/price", json_body={})).json["errors"] == {name: [error]}


def hive_of(database: Database) -> Any:
    return bzz.ModelHive("sqlalchemy", Price, session_factory=database.factory)


async def test_a_condition_compares_decimal_numbers_exactly(api: Api, database: Database) -> None:
    await mount(api, database, Numbers, Price)
    await api.create("/price", exact="2.00", whole="2", plain=2.0, loose="2")
    for name in ("exact", "whole", "plain", "loose"):
        for query, found in (
            ("=1.999", False),
            ("__gt=1.999", True),
            ("__lt=1.999", False),
            ("__gte=2.0001", False),
            ("__lte=2.0001", True),
            ("__ne=1.999", True),
            ("__in=1.999,2.001", False),
            ("__in=1.999,2", True),
            ("__nin=1.999,2.001", True),
            ("=2.000", True),
            ("__lt=99999999999999", True),
        ):
            assert await ids(api, f"{name}{query}") == (["1"] if found else []), (name, query)


async def test_a_condition_of_a_receiver_compares_exactly(api: Api, database: Database) -> None:
    await mount(api, database, Numbers, Price)
    await api.create("/price", exact="2.00")
    asked = Condition("exact", "eq", Decimal("1.999"))

    @pre_get_list.connect_via(Price)
    def narrow(sender: type, query: Any) -> None:
        query.where.append(asked)

    assert await ids(api, "") == []
    asked = Condition("exact", "gt", Decimal("1.999"))
    assert await ids(api, "") == ["1"]


async def test_an_integer_out_of_range_finds_what_plain_python_finds(api: Api, database: Database) -> None:
    await mount(api, database, Numbers, Price)
    await api.create("/price", small=5)
    for query, found in (
        ("small=70000", False),
        ("small__lt=70000", True),
        ("small__gt=-3000000000", True),
        ("small__in=5,70000", True),
        ("id=99999999999", False),
        ("id__lt=99999999999", True),
        ("id__nin=99999999999", True),
    ):
        assert await ids(api, query) == (["1"] if found else []), query
    assert (await api("GET", "/price?small=9223372036854775808")).status == 400


async def test_a_float_with_32_bits_is_shown_as_its_shortest_decimal_number(api: Api, database: Database) -> None:
    await mount(api, database, Numbers, Price)
    for value in (0.1, 16777217.0, 0.30000000000000004, -1.5, 3.4e38):
        made = await api.create("/price", real=value, double=value)
        assert (await api("GET", f"/price/{made['id']}")).json == made
        assert made["double"] == value
        shown = made["real"]
        assert await ids(api, f"real={shown!r}") == [made["id"]]
        above = math.nextafter(shown, math.inf)
        assert made["id"] in await ids(api, f"real__lt={above!r}")
        assert made["id"] not in await ids(api, f"real__gte={above!r}")
        assert await ids(api, f"real={above!r}") == []
        assert made["id"] in await ids(api, f"real__ne={above!r}")
        assert await ids(api, f"real__in={above!r},{shown!r}") == [made["id"]]
        assert made["id"] not in await ids(api, f"real__nin={shown!r}")
        assert (await api("PUT", f"/price/{made['id']}", json_body=made)).json == made
    assert await ids(api, "real__lt=1e300&real__gt=-1e300&count=true") == ["1", "2", "3", "4", "5"]


async def test_numbers_that_are_not_finite_are_shown_as_text_and_found(api: Api, database: Database) -> None:
    await mount(api, database, Numbers, Price)
    if database.sync_engine.dialect.name == "postgresql":
        rows = "('NaN', 'NaN', 'NaN', 'NaN'), ('Infinity', 'NaN', 'Infinity', '-Infinity'), (1, 1, 1, 1)"
        texts = ["NaN", "Infinity"]
    else:
        rows, texts = "(9e999, 9e999, 9e999, 9e999), (1, 1, 1, 1)", ["Infinity"]
    insert = sa.text(f"INSERT INTO price (double, plain, loose, real) VALUES {rows}")  # noqa: S608

    def write(session: Any) -> None:
        session.execute(insert)
        session.commit()

    await database.run(write)
    shown = (await api("GET", "/price")).json
    assert [one["double"] for one in shown] == [*texts, 1.0]
    assert [one["loose"] for one in shown][:-1] == texts
    for index, text in enumerate(texts, 1):
        for name in ("double", "loose"):
            assert await ids(api, f"{name}={text}") == [str(index)]
            assert await ids(api, f"{name}__in={text},5") == [str(index)]
            assert str(index) not in await ids(api, f"{name}__ne={text}")


@given(st.floats(width=32, allow_nan=False))
def test_the_shortest_number_means_the_same_float(value: float) -> None:
    assert shortest(shortest(value)) == shortest(value)
    assert struct.pack("f", shortest(value)) == struct.pack("f", value)


@pytest.mark.parametrize(
    ("kind", "dialect", "is_single"),
    [
        (sa.REAL(), "postgresql", True),
        (sa.REAL(), None, True),
        (sa.REAL(), "sqlite", False),
        (sa.REAL(), "mysql", False),
        (sa.Float(24), "postgresql", True),
        (sa.Float(25), "postgresql", False),
        (sa.Float(), "postgresql", False),
        (sa.Float(), "mysql", True),
        (mysql.FLOAT(), "mysql", True),
        (mysql.DOUBLE(), "mysql", False),
        (sa.Double(), "postgresql", False),
        (postgresql.DOUBLE_PRECISION(), "postgresql", False),
    ],
)
def test_floats_have_32_bits_in_some_columns(kind: Any, dialect: str | None, is_single: bool) -> None:
    shown = 16777200.0 if dialect == "mysql" else 16777216.0  # MySQL shows 6 digits
    assert (codec(kind, dialect).type.parse(16777217.0) == shown) is is_single


@pytest.mark.parametrize(
    ("kind", "dialect", "places"),
    [
        (sa.Numeric(), "postgresql", 30),
        (sa.Numeric(), "mysql", 0),
        (sa.Numeric(), "sqlite", 10),
        (sa.Numeric(10), "postgresql", 0),
        (sa.Numeric(10), "sqlite", 10),
        (sa.Numeric(10, 3), "sqlite", 3),
        (sa.Numeric(asdecimal=False), "sqlite", 30),
        (sa.Numeric(10, 3, decimal_return_scale=1), "sqlite", 1),
        (sa.Numeric(10, 3, decimal_return_scale=1), "postgresql", 3),
        (sa.Float(asdecimal=True), "postgresql", 10),
        (sa.Float(asdecimal=True, decimal_return_scale=2), "postgresql", 2),
    ],
)
def test_a_column_has_as_many_decimal_places_as_its_database(kind: Any, dialect: str, places: int) -> None:
    known = codec(kind, dialect).type
    unit = Decimal(1).scaleb(-places)
    assert Decimal(repr(known.parse(str(unit)))) == unit if known.name == "number" else known.parse(str(unit)) == unit
    if places < 30:
        with pytest.raises(ValueError, match=f"has at most {places} decimal places"):
            known.parse(unit / 10)


def test_a_condition_has_a_number_that_drivers_take() -> None:
    for raw in ("1e301", "1e-301", "1e999999999"):
        with pytest.raises(ValueError, match="expected at most 300 digits"):
            codec(sa.Numeric(10, 2), "postgresql").type.unbounded.parse(raw)
    assert codec(sa.Numeric(10, 2), "postgresql").type.unbounded.parse("1e299") == Decimal("1e299")


def test_zeros_beyond_the_places_of_a_column_are_cut() -> None:
    known = codec(sa.Numeric(10, 2), "postgresql").type
    assert str(known.parse("3.1000")) == "3.10"
    assert str(known.parse("0.0000")) == "0.00"
    assert str(known.parse("0E-20")) == "0.00"
    assert str(known.parse("3")) == "3"


def test_a_database_that_holds_no_infinity_is_not_asked_for_it() -> None:
    kinds: Any = (sa.Numeric(10, 2), sa.Double())
    for kind in kinds:
        for dialect, texts in (("mysql", ["NaN", "Infinity"]), ("sqlite", ["NaN"]), (None, ["NaN", "Infinity"])):
            for text in texts:
                with pytest.raises(ValueError, match="number"):
                    codec(kind, dialect).type.unbounded.parse(text)


def test_parameters_of_conditions_have_no_bounds() -> None:
    kinds: Any = (
        (sa.Numeric(10, 2), "NUMERIC"),
        (sa.SmallInteger(), "BIGINT"),
        (sa.Integer(), "BIGINT"),
        (sa.ARRAY(sa.Numeric(10, 2)), "NUMERIC"),
        (sa.ARRAY(sa.Integer), "BIGINT"),
    )
    for kind, sql in kinds:
        bind: Any = codec(kind, "postgresql").bind
        assert sql_of(sa.cast(1, bind)).endswith(f" AS {sql})")
    assert codec(sa.BigInteger(), "postgresql").bind is None


def test_the_provider_gives_its_types_to_columns() -> None:
    provider = SQLAlchemyProvider()
    assert provider.describe(Price).fields["small"].type.bounds["maximum"] == 2**15 - 1
