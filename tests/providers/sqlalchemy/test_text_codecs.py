"""Columns with text, by themselves and over HTTP."""

from __future__ import annotations

import enum
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.kinds import TABLE, codec, sql_of
from tests.support.client import Api


class Texts(DeclarativeBase):
    pass


class Label(Texts):
    __tablename__ = "label"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(sa.CHAR(5), unique=True)
    name: Mapped[str | None] = mapped_column(sa.String(5))


async def ids(api: Api, query: str) -> list[str]:
    reply = await api("GET", f"/label?{query}")
    assert reply.status == 200, reply.json
    return [one["id"] for one in reply.json]


async def test_a_longer_text_finds_what_plain_python_finds(api: Api, database: Database) -> None:
    await mount(api, database, Texts, Label)
    await api.create("/label", code="abcde", name="abcde")
    for name in ("code", "name"):
        assert await ids(api, f"{name}=abcdef") == []
        assert await ids(api, f"{name}__ne=abcdef") == ["1"]
        assert await ids(api, f"{name}__lt=abcdef") == ["1"]
        assert await ids(api, f"{name}__gte=abcdef") == []
        assert await ids(api, f"{name}__in=abcdef,abcde") == ["1"]
        refused = await api("POST", "/label", json_body={name: "abcdef"})
        assert refused.json["errors"] == {name: ["expected at most 5 characters"]}


async def test_a_value_of_char_has_no_blanks_at_its_end(api: Api, database: Database) -> None:
    await mount(api, database, Texts, Label)
    made = await api.create("/label", code="ab")
    assert made["code"] == (await api("GET", "/label/1")).json["code"] == "ab"
    for query in ("code=ab", "code__in=ab,x", "code__endswith=b", "code__istartswith=AB", "code__gte=ab"):
        assert await ids(api, query) == ["1"], query
    for query in ("code__ne=ab", "code__gt=ab", "code__nin=ab,x"):
        assert await ids(api, query) == [], query
    assert (await api("PUT", "/label/1", json_body=made)).json == made


def test_blanks_at_the_end_belong_to_text_where_the_database_keeps_them() -> None:
    for dialect, kept in (("sqlite", "ab "), ("postgresql", "ab"), ("mysql", "ab")):
        assert codec(sa.CHAR(5), dialect).type.parse("ab ") == kept
        assert codec(sa.String(5), dialect).type.parse("ab ") == "ab "
    padded = codec(sa.NCHAR(5), "postgresql")
    assert padded.decode is not None
    assert padded.decode("ab   ") == "ab"
    with pytest.raises(ValueError, match="at most 1 characters"):
        codec(sa.CHAR(), "postgresql").type.parse("ab")


def test_postgresql_compares_char_by_its_index() -> None:
    clause = TABLE.c.text == sa.literal("ab", codec(sa.CHAR(5), "postgresql").bind)
    assert sql_of(clause) == "t.text = $1"
    assert sql_of(sa.cast("ab", codec(sa.CHAR(5), "postgresql").bind)) == "CAST($1 AS BPCHAR)"  # type: ignore[arg-type]


def test_text_that_no_database_holds_is_refused_in_conditions_too() -> None:
    for kind in (codec(sa.String(5), None).type, codec(sa.String(5), None).type.unbounded):
        for raw in ("nul\0", "\ud800", 5):
            with pytest.raises(ValueError, match=r"NUL|surrogate|string"):
                kind.parse(raw)


def test_a_field_says_how_long_its_text_may_be_and_which_texts_it_takes() -> None:
    assert codec(sa.String(5), None).type.bounds == {"maxLength": 5}
    assert codec(sa.Text(), None).type.bounds == {}
    assert codec(sa.Enum("a", "b"), None).type.members == {"a": "a", "b": "b"}


def test_a_set_of_mysql_is_not_text() -> None:
    assert not codec(mysql.SET("a", "b"), "mysql").is_settable


def test_an_enumeration_takes_its_members() -> None:
    class Color(enum.Enum):
        RED = "red"

    assert codec(sa.Enum(Color), None).type.parse("red") is Color.RED
    choice: Any = codec(sa.Enum("a", "b"), None).type
    assert choice.parse("a") == "a"
    with pytest.raises(ValueError, match="expected one of a, b"):
        choice.parse("c")
