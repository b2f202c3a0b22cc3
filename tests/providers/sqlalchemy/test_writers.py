"""The writers of a SQLite database wait for each other, in order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

import bzz
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.signals import post_create_instance, pre_create_instance
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.models import Author

on_sqlite = pytest.mark.parametrize("database", ["sqlite", "aiosqlite"], indirect=True)


@on_sqlite
async def test_writes_of_several_providers_are_stored_in_the_order_in_which_they_began(database: Database) -> None:
    hives = [bzz.ModelHive(SQLAlchemyProvider(database.factory), Author) for _ in range(2)]
    names: list[str] = []

    @post_create_instance.connect_via(Author)
    def note(sender: type, instance: Author) -> None:
        names.append(instance.name)

    wanted = [f"author {number}" for number in range(30)]
    await asyncio.gather(*(hives[number % 2].create({"name": name}) for number, name in enumerate(wanted)))
    assert names == wanted


@on_sqlite
async def test_a_writer_that_a_receiver_has_begun_does_not_wait_for_those_that_wait_for_it(database: Database) -> None:
    hive = bzz.ModelHive(SQLAlchemyProvider(database.factory), Author)
    begun = asyncio.Event()

    async def write(sender: type, data: dict[str, Any], unit: Any) -> None:
        if data["name"] == "first":
            unit.add(Author(name="of the receiver"))
            await unit.flush() if isinstance(unit, AsyncSession) else unit.flush()
            begun.set()
            await asyncio.sleep(0)  # the second write waits for the database now

    with pre_create_instance.connected_to(write):
        first = asyncio.ensure_future(hive.create({"name": "first"}))
        await begun.wait()
        second = asyncio.ensure_future(hive.create({"name": "second"}))
        await asyncio.gather(first, second)
    assert [one.name for one in await hive.list(sort="id")] == ["of the receiver", "first", "second"]
