"""Several writes in one transaction."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker
from sqlalchemy.pool import StaticPool

from bzz.exceptions import Conflict, Forbidden, Invalid, NotFound
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.writes import Create, Delete, Update
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.models import Author, Base, Book, Draft, Lower, Priced
from tests.providers.sqlalchemy.units import Writer, unit


@pytest.fixture
def write(database: Database) -> Writer:
    return Writer(database)


async def test_results_come_in_order_as_the_database_has_them_at_the_end(write: Writer) -> None:
    tea, coffee, milk = await write(*(write.create(Priced, name=name, net=1) for name in ("Tea", "Coffee", "Milk")))
    first, made, gone, again = await write(
        write.update(Priced, 1, name="Mate"),
        write.create(Priced, name="Soda", net=5),
        write.delete(Priced, 3),
        write.update(Priced, 1, net=7),
    )
    shown = ("name", "net", "gross", "touched", "revision")
    assert [first.values[name] for name in shown] == ["Mate", 7, 14, 1, 3]
    assert first.values == again.values
    assert first.previous == tea.values
    assert again.previous == tea.values | {
        "name": "Mate",
        "touched": 1,
        "revision": 2,
    }
    assert [made.values[name] for name in shown] == ["Soda", 5, 10, 0, 1]
    assert (gone.values, gone.previous, made.previous) == (milk.values, None, None)
    assert (first.instance.name, first.instance.gross) == ("Mate", 14), "it can be used after the act"
    assert (await write.values(Priced, 1), await write.values(Priced, 2)) == (first.values, coffee.values)
    with pytest.raises(NotFound):
        await write.values(Priced, 3)


async def test_of_several_writes_either_all_are_stored_or_none(write: Writer) -> None:
    await write(write.create(Author, name="Ada"))

    def refuse(values: dict[str, Any]) -> None:
        raise Forbidden(values["name"])

    for refused, error in (
        (write.update(Author, 7, name="x"), NotFound),
        (write.update(Author, 1, name="Nobody"), Invalid),
        (write.create(Book, title=""), Invalid),
        (write.create(Draft), Invalid),
        (Delete(write.address(Author, 1), refuse), Forbidden),
        (Delete(write.address(Author, "x")), NotFound),
    ):
        with pytest.raises(error):
            await write(write.create(Author, name="Bob"), write.update(Author, 1, name="Eve"), refused)
    assert (await write.values(Author, 1))["name"] == "Ada"
    with pytest.raises(NotFound):
        await write.values(Author, 2)


async def test_errors_name_the_fields_of_the_write_that_failed(write: Writer) -> None:
    await write(write.create(Author, name="Ada"), write.create(Book, title="A"))
    with pytest.raises(Conflict) as taken:
        await write(write.update(Author, 1, name="x"), write.create(Book, title="A"))
    assert taken.value.errors == {"title": ["is taken"]}
    with pytest.raises(Conflict, match="refer to this one"):
        await write(
            write.create(Draft, name="x", author_id=1), write.update(Book, 1, author=1), write.delete(Author, 1)
        )


async def test_a_write_may_refer_to_a_row_that_an_earlier_one_creates(write: Writer) -> None:
    def rename(values: dict[str, Any]) -> dict[str, Any]:
        return values | {"name": values["name"] + "!"}

    made, renamed, book = await write(
        write.create(Author, name="Ada"),
        Update(write.address(Author, 1), rename),
        write.create(Book, title="A", author=1),
    )
    assert (renamed.previous, made.values["name"], book.values["author"]) == ({**made.values, "name": "Ada"}, "Ada!", 1)


async def test_members_of_deferred_relations_are_written_with_the_batch(write: Writer) -> None:
    await write(*(write.create(Author, name=name) for name in ("Ada", "Bob", "Cy")))
    first, second, made = await write(
        write.update(Author, 1, friends=[2, 3]),
        Update(write.address(Author, 1, friends=None), lambda values: values | {"friends": values["friends"][1:]}),
        write.create(Author, name="Di", friends=[1]),
    )
    assert (first.previous, first.values["friends"]) == ({**second.previous, "friends": []}, [3])  # type: ignore[dict-item]
    assert (second.previous or {})["friends"] == [2, 3]
    assert made.values["friends"] == [1]
    assert (await write.values(Author, 1, friends=None))["friends"] == [3]


async def test_a_row_may_take_a_unique_value_that_another_row_leaves(write: Writer) -> None:
    await write(write.create(Book, title="A"), write.create(Book, title="B"))
    await write(write.update(Book, 2, title="C"), write.update(Book, 1, title="B"), write.update(Book, 2, title="A"))
    assert [(await write.values(Book, key))["title"] for key in (1, 2)] == ["B", "A"]


@pytest.mark.parametrize("number", [1, 500])
async def test_the_number_of_statements_does_not_grow_with_the_number_of_writes(write: Writer, number: int) -> None:
    def counted() -> int:
        is_sqlite = write.database.sync_engine.dialect.name == "sqlite"  # SQLAlchemy inserts one by one there
        return len([one for one in write.database.statements if not (is_sqlite and "INSERT" in one)])

    await write(write.create(Author, name="Ada"))
    made = await write(*(write.create(Book, title=f"b{n}", author=1) for n in range(number)))
    assert [one.values["title"] for one in made] == [f"b{n}" for n in range(number)]
    assert counted() <= 2
    await write(*(write.update(Book, n + 1, pages=n + 1) for n in range(number)))
    assert counted() <= 4
    await write(*(write.update(Book, n + 1, author=None) for n in range(number)))
    assert counted() <= 4
    gone = await write(*(write.delete(Book, n + 1) for n in range(number)))
    assert counted() <= 3
    assert [one.values["pages"] for one in gone] == [n + 1 for n in range(number)]


async def test_an_update_that_changes_nothing_writes_nothing(write: Writer) -> None:
    await write(write.create(Priced, name="Tea", net=1))
    [same] = await write(write.update(Priced, 1, net=1))
    assert (same.values["revision"], same.previous) == (1, same.values)
    assert not [one for one in write.database.statements if "UPDATE priced SET net" in one]


async def test_no_writes_are_performed_without_a_statement(write: Writer) -> None:
    assert await write() == ()
    assert write.database.statements == []


async def test_changes_of_receivers_are_stored_with_the_batch_or_not_at_all(write: Writer) -> None:
    for is_stored in (False, True):
        async with unit(write.provider) as state:
            state.unit.add(Book(title="of a receiver"))
            if is_stored:
                await write.provider.write_all([write.create(Author, name="Ada")], state=state)
            else:
                with pytest.raises(NotFound):
                    await write.provider.write_all([write.delete(Author, 1)], state=state)
    assert (await write.values(Book, 1 if "sqlite" in write.database.driver else 2))["title"] == "of a receiver"


async def test_an_instance_that_the_mapping_deletes_with_another_has_its_last_values(
    write: Writer, database: Database
) -> None:
    await write(write.create(Author, name="Ada"))
    draft, _, gone = await write(
        write.create(Draft, name="x", author_id=1), write.update(Author, 1, name="Eve"), write.delete(Author, 1)
    )
    assert (draft.values, gone.values["name"]) == ({"name": "x", "author_id": 1}, "Eve")
    with pytest.raises(NotFound):
        await write(write.create(Author, name="Bob"), write.delete(Author, 2), write.update(Author, 2, name="x"))
    with pytest.raises(NotFound):
        await write(write.create(Author, name="Bob"), write.delete(Author, 2), write.delete(Author, 2))


async def test_rows_that_refer_to_each_other_are_written_in_their_order(write: Writer) -> None:
    class Own(DeclarativeBase):
        pass

    class Node(Own):
        __tablename__ = "node"
        id: Mapped[int] = mapped_column(primary_key=True)
        above_id: Mapped[int | None] = mapped_column(sa.ForeignKey("node.id"))

    await write.database.create(Own)
    await write(*(write.create(Node, id=key, above_id=key + 1 if key < 3 else None) for key in (3, 2, 1)))
    await write(*(write.delete(Node, key) for key in (1, 2, 3)))


async def test_a_row_that_the_database_drops_at_once_is_a_conflict(write: Writer) -> None:
    class Own(DeclarativeBase):
        pass

    class Fleeting(Own):
        __tablename__ = "fleeting"
        id: Mapped[int] = mapped_column(primary_key=True)

    def remove(mapper: Any, connection: sa.Connection, target: Fleeting) -> None:
        connection.execute(sa.delete(Fleeting))

    sa.event.listen(Fleeting, "after_insert", remove)
    await write.database.create(Own)
    with pytest.raises(Conflict, match="did not keep"):
        await write(write.create(Fleeting))


async def test_a_key_that_the_database_stores_in_another_form_is_found(write: Writer) -> None:
    class Own(DeclarativeBase):
        pass

    class Word(Own):
        __tablename__ = "word"
        text: Mapped[str] = mapped_column(Lower, primary_key=True)
        note: Mapped[str | None]

    await write.database.create(Own)
    made, changed = await write(write.create(Word, text="ABC"), write.update(Word, "aBc", note="x"))
    assert made.values == changed.values == {"text": "abc", "note": "x"}
    [changed] = await write(write.update(Word, "ABC", note="y"))
    assert changed.values == {"text": "abc", "note": "y"}


@pytest.mark.parametrize("is_writing", [True, False])
async def test_several_writes_may_share_one_connection_with_other_units(is_writing: bool) -> None:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    provider = SQLAlchemyProvider(sessionmaker(engine), timeout=1)
    schema = provider.describe(Author)

    async def create(name: str) -> None:
        async with unit(provider, is_writing=is_writing) as state:
            await provider.write_all([Create(schema, {"name": name}), Create(schema, {"name": name})], state=state)

    await asyncio.gather(*(create(name) for name in "abcdef"))
    with engine.connect() as connection:
        names = connection.scalars(sa.select(Author.name).order_by(Author.id)).all()
    assert sorted(names) == [*"aabbccddeeff"]
    assert names[::2] == names[1::2], "no transaction came between the two of another"
    engine.dispose()
