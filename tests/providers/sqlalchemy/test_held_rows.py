"""Rows that several writes lock before anything is written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from bzz.exceptions import NotFound
from bzz.providers.sqlalchemy import held_rows
from bzz.providers.values import Address
from bzz.providers.writes import Delete, Update
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.databases import needs_postgres
from tests.providers.sqlalchemy.models import Animal, Author, Book, Cat, Dog
from tests.providers.sqlalchemy.units import Writer, unit


class Unknown(sa.sql.functions.FunctionElement[int]):
    """Cannot be compared."""

    inherit_cache = False


@pytest.fixture
def write(database: Database) -> Writer:
    return Writer(database)


@pytest.fixture
def calls() -> Iterator[list[str]]:
    """The identifiers for which the hook of authors is called; it hides the authors Ada."""
    found: list[str] = []

    def narrow(cls: type, model: type, queryset: sa.Select[Any], instance_id: str, handler: Any) -> sa.Select[Any]:
        found.append(instance_id)
        return queryset.where(Author.name != "Ada").order_by(Author.name)

    Author.get_instance_queryset = classmethod(narrow)
    yield found
    del Author.get_instance_queryset  # type: ignore[attr-defined]


@needs_postgres
@pytest.mark.parametrize("database", ["psycopg", "asyncpg"], indirect=True)
async def test_batches_in_opposite_orders_do_not_deadlock(write: Writer) -> None:
    for model, name in ((Author, "name"), (Book, "title")):
        await write(*(write.create(model, **{name: f"{n}"}) for n in range(20)))

    async def change(number: int) -> None:
        writes = [write.update(Author, key + 1, name=f"{number}") for key in range(20)]
        writes += [write.update(Book, key + 1, pages=number + 1) for key in range(20)]
        async with unit(write.provider) as state:
            await write.provider.write_all(writes if number % 2 else writes[::-1], state=state)

    await asyncio.gather(*(change(number) for number in range(40)))
    [last] = {(await write.values(Author, key + 1))["name"] for key in range(20)}
    assert {(await write.values(Book, key + 1))["pages"] for key in range(20)} == {int(last) + 1}


async def test_rows_are_locked_by_table_and_key_before_anything_is_written(write: Writer) -> None:
    await write(*(write.create(Author, name=name) for name in "ab"), write.create(Book, title="A"))
    await write(write.create(Author, name="c"), write.delete(Book, 1), write.update(Author, 2, name="x"))
    first, *rest = write.database.statements
    if write.database.sync_engine.dialect.name == "sqlite":
        assert first.endswith("WHERE 0 = 1"), "the whole database is locked"
        first, *rest = rest
    else:
        assert first.endswith("ORDER BY author.id FOR NO KEY UPDATE OF author")
    assert ("FROM author" in first, "FROM book" in rest[0]) == (True, True)
    assert rest[1].startswith("INSERT INTO author")


async def test_rows_of_classes_that_inherit_from_each_other_are_locked_together(write: Writer) -> None:
    await write(write.create(Dog, name="Rex"), write.create(Cat, name="Tom"), write.create(Animal, name="It"))
    dog, cat, animal = await write(
        write.update(Dog, 1, tricks=3), write.update(Cat, 2, naps=9), write.update(Animal, 1, name="Max")
    )
    assert (dog.values["name"], dog.values["tricks"], cat.values["naps"], animal.instance.tricks) == ("Max", 3, 9, 3)
    locks = [one for one in write.database.statements if "FOR NO KEY UPDATE" in one]
    if write.database.sync_engine.dialect.name == "postgresql":
        assert locks[0].startswith("SELECT animal.id \n")
    with pytest.raises(NotFound):
        await write(write.update(Dog, 1, name="x"), write.update(Dog, 2, name="x"))


async def test_the_hook_is_asked_for_each_row_and_queried_once(write: Writer, calls: list[str]) -> None:
    await write(*(write.create(Author, name=name) for name in ("Bob", "Cy", "Di", "Ada")))
    assert calls == []
    await write(*(write.update(Author, key, name="x") for key in (3, 1, 2)), write.create(Book, title="A"))
    assert calls == ["3", "1", "2"]
    assert len([one for one in write.database.statements if one.count("author.name !=") == 1]) == 1
    for refused in (write.update(Author, 4, name="x"), write.delete(Author, 4)):
        with pytest.raises(NotFound):
            await write(write.update(Author, 1, name="y"), refused)
    with pytest.raises(NotFound):
        await write(write.update(Author, 1, name="Ada"), write.update(Author, 1, name="y"))
    assert (await write.values(Author, 1))["name"] == "x"


def test_statements_of_hooks_are_equal_only_if_their_values_are() -> None:
    one, same, other = (held_rows.identity(sa.select(Author).where(Author.name == name)) for name in "aab")
    assert (one == same, one == other) == (True, False)
    unknown = sa.select(Unknown())
    assert held_rows.identity(unknown) != held_rows.identity(sa.select(Unknown()))
    assert held_rows.identity(unknown) is unknown


async def test_a_row_may_be_addressed_by_another_field_than_its_key(write: Writer) -> None:
    await write(write.create(Book, title="A"), write.create(Book, title="B"))
    schema = write.provider.describe(Book)
    async with unit(write.provider) as state:
        loaded = await write.provider.get(write.address(Book, "B", "title"), state=state, needs_instances=False)

    def update(title: str, **known: Any) -> Update:
        return Update(Address.parse(schema, title, "title"), lambda values: values | {"pages": 5}, **known)

    found, known = await write(update("A"), update("B", loaded=loaded))
    assert [(one.values["title"], one.values["pages"]) for one in (found, known)] == [("A", 5), ("B", 5)]
    await write(write.update(Book, 2, title="C"))
    for stale in (update("B", loaded=loaded), update("D")):
        with pytest.raises(NotFound):
            await write(stale)
    await write(Delete(Address.parse(schema, "C", "title"), loaded=loaded))
    with pytest.raises(NotFound):
        await write.values(Book, 2)
