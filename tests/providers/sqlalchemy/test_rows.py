"""Reads without instances: where rows are read, and where instances are loaded all the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    mapped_column,
    sessionmaker,
    with_loader_criteria,
)

from bzz.exceptions import NotFound
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.conditions import Condition
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.values import Address, Query
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.row_models import (
    Animal,
    Base,
    Cat,
    Composed,
    Dog,
    Expressed,
    Joined,
    Named,
    Pet,
    Plain,
    Reading,
    Reconstructed,
    Seat,
)
from tests.providers.sqlalchemy.row_reads import execute, filled, listening, reads, reads_rows
from tests.support.client import Api


@pytest.mark.parametrize("model", [Plain, Seat, Named, Animal, Cat, Dog])
async def test_rows_are_read_where_they_tell_the_values_of_instances(database: Database, model: type) -> None:
    assert await reads_rows(await filled(database), model)


@pytest.mark.parametrize("model", [Reconstructed, Composed, Expressed, Joined, Reading, Pet])
async def test_instances_are_loaded_where_rows_may_tell_less(database: Database, model: type) -> None:
    assert not await reads_rows(await filled(database), model)


async def test_rows_tell_their_own_class(database: Database) -> None:
    found = await reads(await filled(database), Animal, needs_instances=False)
    assert [(item.values["name"], item.model) for item in found[:3]] == [("a", Animal), ("c", Cat), ("d", Dog)]


async def test_a_row_of_a_class_that_nobody_has_defined_is_broken(database: Database) -> None:
    provider = await filled(database)
    await execute(database, "UPDATE rows_animal SET kind = 'unicorn' WHERE name = 'c'")
    assert [item.is_broken for item in await reads(provider, Animal, needs_instances=False)][:3] == [False, True, False]
    assert not await reads_rows(provider, Animal)
    await execute(database, "UPDATE rows_animal SET kind = 'cat' WHERE name = 'c'")
    assert await reads_rows(provider, Animal)


async def test_a_class_may_be_defined_later(database: Database) -> None:
    class Later(DeclarativeBase):
        pass

    class Early(Later):
        __tablename__ = "rows_early"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "early"}  # noqa: RUF012

    await database.create(Later)
    await execute(database, "INSERT INTO rows_early (id, kind) VALUES (1, 'early')")
    provider = SQLAlchemyProvider(database.factory)
    assert await reads_rows(provider, Early)

    class Late(Early):
        __mapper_args__ = {"polymorphic_identity": "late"}  # noqa: RUF012

    await execute(database, "INSERT INTO rows_early (id, kind) VALUES (2, 'late')")
    assert await reads_rows(provider, Early)
    sa.event.listen(Late, "load", lambda *_: None)
    assert not await reads_rows(provider, Early)


async def test_a_null_key_is_no_instance(database: Database) -> None:
    provider = await filled(database)
    if database.sync_engine.dialect.name == "sqlite":
        await execute(database, "DROP TABLE rows_named")
        await execute(database, "CREATE TABLE rows_named (name VARCHAR)")
        await execute(database, "INSERT INTO rows_named VALUES (NULL), ('a')")
    found = await reads(provider, Named, needs_instances=False)
    assert [item.values["name"] for item in found] == ["a", "a"]


@pytest.mark.parametrize("event", ["load", "refresh"])
async def test_a_listener_of_the_class_gets_instances(database: Database, event: str) -> None:
    provider = await filled(database)
    assert await reads_rows(provider, Plain)
    with listening(Plain, event, lambda *_: None):
        assert not await reads_rows(provider, Plain)
    assert await reads_rows(provider, Plain)


@pytest.mark.parametrize("event", ["do_orm_execute", "loaded_as_persistent"])
async def test_a_listener_of_the_session_gets_instances(database: Database, event: str) -> None:
    provider = await filled(database)
    with listening(Session, event, lambda *_: None):
        assert not await reads_rows(provider, Plain)
    assert await reads_rows(provider, Plain)


async def test_tenants_see_what_their_session_shows(api: Api, database: Database) -> None:
    await filled(database)

    def narrow(state: Any) -> None:
        state.statement = state.statement.options(with_loader_criteria(Plain, Plain.name == "a"))

    with listening(Session, "do_orm_execute", narrow):
        await mount(api, database, Base, Plain)
        assert [one["name"] for one in (await api("GET", "/plain")).json] == ["a"]
    assert [one["name"] for one in (await api("GET", "/plain")).json] == ["a", "b"]
    with listening(Session, "do_orm_execute", narrow):
        assert [one["name"] for one in (await api("GET", "/plain?sort=-name&count=true")).json] == ["a"]
        assert (await api("GET", "/plain/2")).status == 404


async def test_rows_are_read_in_the_transaction_of_the_session(database: Database) -> None:
    provider = await filled(database)

    def begin(session: Session, transaction: Any, connection: sa.Connection) -> None:
        connection.execute(sa.text("UPDATE rows_plain SET name = 'mine'"))

    with listening(Session, "after_begin", begin):
        found = await reads(provider, Plain, needs_instances=False)
    assert {(item.values["name"], item.instance) for item in found} == {("mine", None)}
    assert [item.values["name"] for item in await reads(provider, Plain, needs_instances=False)][:2] == ["a", "b"]


async def test_rows_are_read_from_the_database_of_their_class(database: Database) -> None:
    await filled(database)
    make: Any = async_sessionmaker if database.is_async else sessionmaker
    provider = SQLAlchemyProvider(make(binds={Base: database.engine}))
    assert await reads_rows(provider, Plain)
    assert await reads_rows(provider, Dog)


async def test_a_session_that_reads_in_its_own_way_loads_instances(database: Database) -> None:
    class Own(Session):
        def scalars(self, statement: Any, *rest: Any, **options: Any) -> Any:
            return super().scalars(statement.where(Plain.name == "b"), *rest, **options)

    await filled(database)
    if database.is_async:
        made: Any = async_sessionmaker(database.engine, sync_session_class=Own)
    else:
        made = sessionmaker(database.engine, class_=Own)
    found = await reads(SQLAlchemyProvider(made), Plain, needs_instances=False)
    assert [item.values["name"] for item in found] == ["b", "b"]


async def test_what_receivers_have_changed_is_read(database: Database) -> None:
    provider = await filled(database)
    for is_new in (True, False):
        work = UnitOfWork(provider)
        work.state.unit = unit = await provider.begin(work.state)
        if is_new:
            unit.add(Plain(name="new"))
        else:
            held: Any = await unit.get(Plain, 1) if isinstance(unit, AsyncSession) else unit.get(Plain, 1)
            held.name = "new"
        found = await work.list(provider.describe(Plain), Query(), needs_instances=False)
        assert "new" in [item.values["name"] for item in found.items]
        assert all(item.instance is not None for item in found.items)
        await work.end()


async def test_a_read_of_a_write_loads_instances(database: Database) -> None:
    provider = await filled(database)
    schema, work = provider.describe(Plain), UnitOfWork(provider)
    async with work.writing(schema):
        address = Address.parse(schema, "1")
        assert (await work.get(address, needs_instances=False)).instance is not None
        listing = await work.list(schema, Query(), needs_instances=False)
        assert all(item.instance is not None for item in listing.items)
    await work.end()


async def test_relations_are_loaded_with_rows(database: Database) -> None:
    provider = await filled(database)
    assert await reads_rows(provider, Seat, undefer={"takers": None})
    [seat, _] = await reads(provider, Seat, needs_instances=False, undefer={"takers": None})
    assert seat.values == {"row": 1, "place": 2, "row~place": (1, 2), "takers": [1]}


async def test_conditions_and_pages_find_the_same_rows(database: Database) -> None:
    provider = await filled(database)
    for query in (
        {"where": [Condition("name", "in", ["a", "b"])], "sort": [("name", True)]},
        {"where": [Condition("seat", "eq", (1, 2))]},
        {"per_page": 1, "page": 2, "count": True},
    ):
        assert await reads_rows(provider, Plain, **query)
    assert await reads_rows(provider, Seat, where=[Condition("takers", "contains", 1)])


HOOKS: dict[str, tuple[Callable[[sa.Select[Any]], sa.Select[Any]], bool]] = {
    "where": (lambda found: found.where(Plain.name == "a"), True),
    "own": (lambda _: sa.select(Plain).where(Plain.name == "a"), True),
    "join": (lambda found: found.join(Seat, Seat.row == Plain.seat_row).where(Seat.place == 2), True),
    "from": (lambda found: found.select_from(Plain).where(Plain.name == "a"), True),
    "distinct": (lambda found: found.distinct().where(Plain.name == "a"), True),
    "options": (lambda found: found.options(joinedload(Plain.seat)), False),
    "criteria": (lambda found: found.options(with_loader_criteria(Plain, Plain.name == "a")), False),
    "columns": (lambda found: found.add_columns(Plain.name), False),
}


@pytest.mark.parametrize("name", HOOKS)
async def test_hooks_find_the_same_rows(database: Database, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow, has_rows = HOOKS[name]
    provider = await filled(database)
    monkeypatch.setattr(Plain, "get_list_queryset", lambda queryset, _: narrow(queryset), raising=False)
    monkeypatch.setattr(Plain, "get_instance_queryset", lambda *given: narrow(given[1]), raising=False)
    assert await reads_rows(provider, Plain) is has_rows


async def test_a_hook_that_compares_with_a_subclass_finds_none_of_its_sisters(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = await filled(database)
    hook = classmethod(lambda _, __, queryset, *___: queryset.where(Cat.id == Plain.id + 1))
    monkeypatch.setattr(Plain, "get_instance_queryset", hook, raising=False)
    schema, work = provider.describe(Plain), UnitOfWork(provider)
    found = await work.get(Address.parse(schema, "1"), needs_instances=False)
    assert found.instance is None, "a cat has the next id"
    with pytest.raises(NotFound):
        await work.get(Address.parse(schema, "2"), needs_instances=False)  # a dog has the next id
    await work.end()
