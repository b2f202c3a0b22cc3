"""Types of columns, over HTTP and by themselves."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy.codec import SHOWN, Codec, DialectTypes
from bzz.providers.sqlalchemy.column_codecs import codec_of
from bzz.schema.containers import List
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.databases import needs_postgres
from tests.providers.sqlalchemy.models import Color
from tests.support.client import Api

VALUES: dict[str, tuple[Any, Any]] = {  # by field: what goes in and comes out, and something else
    "text": ("Ada", "ü" * 10),
    "whole": (2**31 - 1, -5),
    "small": (-(2**15), 5),
    "big": (2**63 - 1, 5),
    "real": (1.5, -2.25),
    "real_too": (1.5, -2.25),
    "exact": ("9999.99", "-0.01"),
    "flag": (True, False),
    "color": ("red", "blue"),
    "choice": ("a", "b"),
    "at": ("2026-01-02T03:04:05.000006Z", "1900-01-01T00:00:00Z"),
    "naive_at": ("2026-01-02T03:04:05.000006Z", "1900-01-01T00:00:00Z"),
    "on": ("2026-01-02", "0001-01-01"),
    "when": ("03:04:05.000006", "00:00:00"),
    "zoned": ("03:04:05.000006", "00:00:00"),
    "token": ("00000000-0000-0000-0000-000000000007", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "text_token": ("00000000-0000-0000-0000-000000000007", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    "free": ({"a": [1, None, {"b": "ü"}]}, ["x"]),
    "blob": ("AAEC", "/w=="),
    "lower": ("abc", "x"),
}
FILTERED = [name for name in VALUES if name not in ("free", "blob")]


async def test_a_value_of_every_column_type_is_stored_and_shown_unchanged(sql: Api) -> None:
    first = {name: pair[0] for name, pair in VALUES.items()}
    other = {name: pair[1] for name, pair in VALUES.items()}
    made = await sql.create("/everything", **first)
    assert {name: made[name] for name in first} == first
    path = f"/everything/{made['id']}"
    assert (await sql("GET", path)).json == made
    assert (await sql("PUT", path, json_body=made)).json == made
    changed = await sql("PUT", path, json_body=other)
    assert changed.json == made | other
    emptied = await sql("PUT", path, json_body=dict.fromkeys(VALUES))
    assert emptied.json == made | dict.fromkeys(VALUES)
    assert (await sql("GET", f"{path}")).json["span"] == "1:00:00"
    assert (await sql("PUT", path, json_body={"span": "2:00:00"})).json["errors"] == {"span": ["is read-only"]}


@pytest.mark.parametrize("name", FILTERED)
async def test_a_list_is_filtered_sorted_and_paged_by_a_column_of_each_type(sql: Api, name: str) -> None:
    first, other = VALUES[name]
    for value in (first, other, None):
        await sql.create("/everything", **{name: value})
    for value in (first, other):
        text = str(value).lower() if isinstance(value, bool) else value
        [found] = (await sql("GET", f"/everything?{name}={text}")).json
        assert found[name] == value
    for prefix in ("", "-"):
        met, path = [], f"/everything?per_page=1&sort={prefix}{name}"
        while path:
            reply = await sql("GET", path)
            met += [one[name] for one in reply.json]
            path = next((p[1:].split(">")[0] for p in reply.headers["Link"].split(", ") if "next" in p), "")
        assert len(met) == 3
        assert met[-1 if prefix else 0] is None
        assert met == [one[name] for one in (await sql("GET", f"/everything?sort={prefix}{name}")).json]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", "x" * 11),
        ("text", "nul\0"),
        ("small", 2**15),
        ("whole", 2**63),
        ("exact", "10000"),
        ("exact", "1e300"),
        ("loose", "1e301"),
        ("loose", "1e-301"),
        ("color", "green"),
        ("choice", "c"),
        ("choice", ["a"]),
        ("lower", "x" * 11),
        ("at", "yesterday"),
        ("token", "x"),
    ],
)
async def test_a_value_that_a_column_cannot_hold_is_named(sql: Api, name: str, value: Any) -> None:
    refused = await sql("POST", "/everything", json_body={name: value})
    assert (refused.status, list(refused.json["errors"])) == (400, [name])


async def test_a_value_that_only_the_database_or_a_custom_type_refuses_is_400(sql: Api) -> None:
    assert (await sql("POST", "/everything", json_body={"lower": "bad"})).status == 400
    assert (await sql("GET", "/everything?lower=bad")).status == 400
    assert (await sql("GET", "/everything")).json == []


async def test_json_null_is_no_value(sql: Api) -> None:
    values: tuple[Any, ...] = ({"a": 1}, [], {}, None)
    for free in values:
        await sql.create("/everything", free=free)
    assert [one["free"] for one in (await sql("GET", "/everything?free__exists=true")).json] == [{"a": 1}]
    assert len((await sql("GET", "/everything?free__exists=false")).json) == 3


def codec(kind: Any, dialect: str | None) -> Codec:
    return codec_of(kind, DialectTypes(sa.create_mock_engine(f"{dialect}://", print).dialect if dialect else None))


def test_an_integer_must_fit_the_bits_of_its_column() -> None:
    for kind, dialect, bits in (
        (sa.Integer(), None, 32),
        (sa.Integer(), "postgresql", 32),
        (sa.Integer(), "sqlite", 64),
        (sa.SmallInteger(), "sqlite", 16),
        (sa.BigInteger(), None, 64),
    ):
        known = codec(kind, dialect).type
        assert known.parse(2 ** (bits - 1) - 1)
        with pytest.raises(ValueError, match="from"):
            known.parse(2 ** (bits - 1))


def test_an_array_is_a_list_of_its_item_type() -> None:
    known = codec(sa.ARRAY(sa.DateTime), "postgresql")
    assert isinstance(known.type, List)
    at = datetime(2026, 1, 2, tzinfo=UTC)
    assert known.encode is not None
    assert known.decode is not None
    assert known.encode([at, None]) == [at.replace(tzinfo=None), None]
    assert known.decode([at.replace(tzinfo=None)]) == [at]
    plain = codec(postgresql.ARRAY(sa.Integer), "postgresql")
    assert (plain.decode, plain.encode) == (None, None)
    with pytest.raises(Invalid):
        plain.type.parse([2**31])
    assert not codec(sa.ARRAY(sa.Integer, dimensions=2), None).is_settable


def test_a_column_of_an_unknown_type_is_shown_but_not_set() -> None:
    class Point(sa.types.UserDefinedType[Any]):
        """Its Python type is unknown."""

        @property
        def python_type(self) -> type:
            raise NotImplementedError

    for kind in (Point(), sa.Interval(), sa.PickleType(), postgresql.INET(), postgresql.INTERVAL()):
        known = codec(kind, "postgresql")
        assert (known.type.name, known.type.operators, known.is_settable) == ("JSON value", (), False)
    assert SHOWN.dump(timedelta(seconds=1)) == "0:00:01"


def test_a_type_decorator_has_the_codec_of_its_inner_type() -> None:
    assert codec(postgresql.JSONB(), None).type.name == "JSON value"
    assert codec(postgresql.CITEXT(), None).type.name == "string"
    assert codec(sa.Enum(Color), None).type.parse("red") is Color.RED


def test_a_time_with_an_offset_is_shown_in_utc() -> None:
    known = codec(sa.Time(timezone=True), "postgresql")
    assert known.decode is not None
    assert known.decode(time(1, tzinfo=timezone(timedelta(hours=2)))) == time(23)


async def test_keys_that_no_row_can_have_are_in_no_list(api: Api, database: Database) -> None:
    class Base(DeclarativeBase):
        pass

    class Order(Base):
        __tablename__ = "order"
        shop: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
        code: Mapped[str] = mapped_column(sa.String(3), primary_key=True)
        lines: Mapped[list[Line]] = relationship(back_populates="order")

    class Line(Base):
        __tablename__ = "line"
        __table_args__ = (sa.ForeignKeyConstraint(["shop", "code"], ["order.shop", "order.code"]),)
        id: Mapped[int] = mapped_column(primary_key=True)
        shop: Mapped[int | None] = mapped_column(sa.SmallInteger)
        code: Mapped[str | None] = mapped_column(sa.String(3))
        order: Mapped[Order | None] = relationship(back_populates="lines")

    globals().update(Line=Line, Order=Order)
    await mount(api, database, Base, Order, Line)
    await api.create("/order", id="1~abc")
    await api.create("/line", order="1~abc")
    for path, count in (
        ("/order?id=1~abcdef", 0),
        ("/order?id__ne=70000~abc", 1),
        ("/order?id__in=70000~abc,1~abc", 1),
        ("/order?id__nin=1~abcdef", 1),
        ("/order?id__exists=true", 1),
        ("/order?lines__contains=99999999999", 0),
        ("/order?lines__contains=1", 1),
        ("/line?order=70000~abc", 0),
        ("/line?order__ne=70000~abc", 1),
        ("/line?order__in=70000~abc,1~abc", 1),
        ("/line?id=99999999999", 0),
    ):
        reply = await api("GET", path)
        assert (reply.status, len(reply.json)) == (200, count), (path, reply.json)


@needs_postgres
async def test_an_item_of_an_array_is_compared_exactly(api: Api, database: Database) -> None:
    class Base(DeclarativeBase):
        pass

    class Row(Base):
        __tablename__ = "row"
        id: Mapped[int] = mapped_column(primary_key=True)
        exact: Mapped[Any] = mapped_column(sa.ARRAY(sa.Numeric(10, 2)))
        real: Mapped[Any] = mapped_column(sa.ARRAY(sa.REAL))
        small: Mapped[Any] = mapped_column(sa.ARRAY(sa.SmallInteger))
        code: Mapped[Any] = mapped_column(sa.ARRAY(sa.CHAR(3)))
        name: Mapped[Any] = mapped_column(sa.ARRAY(sa.String(3)))

    if database.sync_engine.dialect.name != "postgresql":
        return
    await mount(api, database, Base, Row)
    made = await api.create("/row", exact=["2"], real=[0.1], small=[5], code=["ab"], name=["ab"])
    assert (made["exact"], made["real"], made["code"]) == (["2.00"], [0.1], ["ab"])
    for query, count in (
        ("exact__contains=2", 1),
        ("exact__contains=1.999", 0),
        ("real__contains=0.1", 1),
        ("real__contains=0.1000000001", 0),
        ("small__contains=5", 1),
        ("small__contains=70000", 0),
        ("code__contains=ab", 1),
        ("name__contains=ab", 1),
        ("name__contains=abcdefg", 0),
    ):
        reply = await api("GET", f"/row?{query}")
        assert (reply.status, len(reply.json)) == (200, count), query
