"""Clauses, order and pages in the SQL of each database."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bzz.providers.conditions import Condition
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.queries import narrow, page
from bzz.providers.values import Cursor, Query
from tests.support.client import Api


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "thing"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    size: Mapped[int]
    tags: Mapped[list[str] | None] = mapped_column(sa.ARRAY(sa.String))


DIALECTS: Any = {"postgresql": postgresql, "sqlite": sqlite}


def sql_of(query: Query, dialect: str = "postgresql") -> str:
    """What comes after the columns, with the values in it."""
    mapped_class = SQLAlchemyProvider().mapped_class(Row)
    statement = page(narrow(sa.select(Row), mapped_class, query, dialect), mapped_class, query, dialect)
    compiled = str(statement.compile(dialect=DIALECTS[dialect].dialect(), compile_kwargs={"literal_binds": True}))
    return " ".join(compiled.split()).partition(" FROM thing ")[2]


def test_null_sorts_first_in_each_database() -> None:
    query = Query(sort=[("name", False), ("size", False)])
    assert "ORDER BY thing.name ASC NULLS FIRST, thing.size ASC, thing.id ASC" in sql_of(query)
    assert "ORDER BY thing.name ASC, thing.size ASC, thing.id ASC" in sql_of(query, "sqlite")
    query = Query(sort=[("name", True)])
    assert "ORDER BY thing.name DESC NULLS LAST, thing.id ASC" in sql_of(query)


def test_a_page_begins_behind_a_cursor_or_an_offset() -> None:
    assert sql_of(Query(page=3, per_page=10)).endswith("LIMIT 11 OFFSET 20")
    after = Cursor((("size", False), ("id", False)), (5, 7))
    assert sql_of(Query(sort=[("size", False)], after=after)).startswith(
        "WHERE thing.size > 5 OR thing.size = 5 AND thing.id > 7"
    )


def test_text_is_matched_literally() -> None:
    found = sql_of(Query(where=[Condition("name", "contains", "50%_/*[a]")]))
    assert found.startswith("WHERE thing.name LIKE '%%50/%%/_//*[a]%%' ESCAPE '/'")
    found = sql_of(Query(where=[Condition("name", "startswith", "5*?[a]")]), "sqlite")
    assert found.startswith("WHERE thing.name GLOB '5[*][?][[]a]*'")
    found = sql_of(Query(where=[Condition("name", "iendswith", "A")]), "sqlite")
    assert found.startswith("WHERE lower(thing.name) LIKE lower('%A') ESCAPE '/'")


@pytest.mark.parametrize(
    ("condition", "clause"),
    [
        (Condition("tags", "contains", "a"), "WHERE 'a' = ANY (thing.tags)"),
        (Condition("tags", "exists", True), "WHERE coalesce(cardinality(thing.tags), 0) > 0"),
        (Condition("tags", "exists", False), "WHERE coalesce(cardinality(thing.tags), 0) <= 0"),
        (Condition("name", "ne", "a"), "WHERE thing.name != 'a' OR thing.name IS NULL"),
        (Condition("name", "ne", None), "WHERE thing.name IS NOT NULL"),
        (Condition("name", "nin", ["a", None]), "WHERE (thing.name NOT IN ('a')) AND thing.name IS NOT NULL"),
        (Condition("name", "in", ["a", None]), "WHERE thing.name IN ('a') OR thing.name IS NULL"),
    ],
)
def test_a_condition_becomes_a_clause(condition: Condition, clause: str) -> None:
    assert sql_of(Query(where=[condition])).startswith(clause)


async def test_names_and_values_of_a_request_never_become_sql(sql: Api) -> None:
    await sql.create("/author", name="Robert'); DROP TABLE author;--")
    for query in ("name=x'%20OR%20'1'='1", "name__contains=%25", "name__icontains=_%25"):
        assert (await sql("GET", f"/author?{query}")).json == []
    for query in ("1=1;--=x", "__class__=x", "metadata=x", "registry__contains=x", "sort=id;drop", "author.name=x"):
        assert (await sql("GET", f"/author?{query}")).status == 400
    assert len((await sql("GET", "/author")).json) == 1
