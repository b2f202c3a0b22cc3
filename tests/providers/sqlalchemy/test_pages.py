"""The statements of pages, and which of them are kept."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.conditions import Condition
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.pages import MAX_PAGES, page_of
from bzz.providers.values import AsStored, Cursor, Query
from tests.providers.sqlalchemy.conftest import Database


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "page_row"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    size: Mapped[int | None]
    exact: Mapped[float | None] = mapped_column(sa.Numeric(6, 2, asdecimal=False))
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("page_row.id"))
    parent: Mapped[Row | None] = relationship(remote_side="Row.id", back_populates="kids")
    kids: Mapped[list[Row]] = relationship(back_populates="parent")


def where(field: str, operator: str, value: Any) -> Query:
    return Query(where=[Condition(field, operator, value)])


def after(*values: Any, **query: Any) -> Query:
    return Query(sort=[("size", False)], after=Cursor((("size", False), ("id", False)), values), **query)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Query(), Query(count=True)),
        (where("size", "gt", 1), where("size", "gt", 2)),
        (where("name", "eq", "a"), where("name", "eq", "b")),
        (where("id", "in", [1]), where("id", "in", [2, 3])),
        (where("name", "nin", ["a"]), where("name", "nin", [])),
        (where("parent", "eq", 1), where("parent", "eq", 2)),
        (after(1, 2), after(3, 4)),
        (after(None, 2), after(None, 4)),
    ],
)
def test_queries_that_differ_in_values_have_the_same_statements(one: Query, other: Query) -> None:
    mapped_class = SQLAlchemyProvider().mapped_class(Row)
    pages = [page_of(mapped_class, None, query, "sqlite", None) for query in (one, other)]
    assert pages[0].select is pages[1].select
    assert pages[0].count is pages[1].count


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Query(per_page=1), Query(per_page=2)),
        (Query(), Query(sort=[("id", True)])),
        (where("size", "gt", 1), where("size", "lt", 1)),
        (where("size", "gt", 1), where("id", "gt", 1)),
        (where("name", "eq", None), where("name", "eq", "a")),
        (where("name", "exists", True), where("name", "exists", False)),
        (after(1, 2), after(None, 2)),
        (after(1, 2), Query(sort=[("size", False)])),
    ],
)
def test_queries_of_different_shapes_have_different_statements(one: Query, other: Query) -> None:
    mapped_class = SQLAlchemyProvider().mapped_class(Row)
    pages = [page_of(mapped_class, None, query, "sqlite", None) for query in (one, other)]
    assert str(pages[0].select) != str(pages[1].select) or one.per_page != other.per_page
    assert len(mapped_class.pages) == 2


@pytest.mark.parametrize(
    "query",
    [
        where("name", "in", ["a", None]),
        where("name", "contains", "a"),
        where("kids", "eq", 1),
        where("id", "eq", AsStored(1)),
        after(AsStored(1), 2),
        Query(page=2),
    ],
)
def test_statements_that_depend_on_values_are_not_kept(query: Query) -> None:
    mapped_class = SQLAlchemyProvider().mapped_class(Row)
    assert page_of(mapped_class, None, query, "sqlite", None).parameters == {}
    assert not mapped_class.pages


def test_a_limited_number_of_statements_is_kept() -> None:
    mapped_class = SQLAlchemyProvider().mapped_class(Row)
    first = page_of(mapped_class, None, Query(per_page=1), "sqlite", None)
    assert page_of(mapped_class, None, Query(per_page=1), "sqlite", None).select is first.select
    for number in range(MAX_PAGES):
        page_of(mapped_class, None, Query(per_page=number + 2), "sqlite", None)
    assert len(mapped_class.pages) < MAX_PAGES
    assert page_of(mapped_class, None, Query(per_page=1), "sqlite", None).select is not first.select


async def test_kept_statements_find_what_each_query_asks_for(database: Database) -> None:
    await database.create(Base)

    def store(session: Session) -> None:
        session.add_all(Row(name=f"n{number % 3}", size=number or None, exact=number / 4) for number in range(6))
        session.commit()

    await database.run(store)
    provider = SQLAlchemyProvider(database.factory)
    work, schema = UnitOfWork(provider), provider.describe(Row)
    for query, ids in (
        (where("size", "gt", 3), [5, 6]),
        (where("size", "gt", 4), [6]),
        (where("size", "ne", 4), [1, 2, 3, 4, 6]),
        (where("size", "ne", 1), [1, 3, 4, 5, 6]),
        (where("name", "in", ["n0", "n1"]), [1, 2, 4, 5]),
        (where("name", "in", ["n2"]), [3, 6]),
        (where("name", "nin", ["n2"]), [1, 2, 4, 5]),
        (where("name", "nin", []), [1, 2, 3, 4, 5, 6]),
        (where("name", "eq", None), []),
        (where("exact", "lte", 0.5), [1, 2, 3]),
        (where("exact", "lte", 0.25), [1, 2]),
        (after(1, 2), [3, 4, 5, 6]),
        (after(4, 5), [6]),
        (after(None, 1), [2, 3, 4, 5, 6]),
        (after(1, 2, where=[Condition("size", "lt", 4)]), [3, 4]),
        (after(2, 3, where=[Condition("size", "lt", 5)]), [4, 5]),
    ):
        query.count = query.after is None
        listing = await work.list(schema, query, needs_instances=False)
        assert [item.values["id"] for item in listing.items] == ids
        assert listing.total == (len(ids) if query.count else None)
    await work.end()
