"""Walks over rows that other programs have written in forms of their own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import bzz
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.pages import page_of
from bzz.providers.sqlalchemy.positions import position_of
from bzz.providers.values import Query, Stored
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.providers.sqlalchemy.databases import mariadb, needs_mariadb
from tests.providers.sqlalchemy.readings import BROKEN, FIELDS, Base, Halved, Reading, fill
from tests.support.client import Api
from tests.support.teams import walk


async def test_a_walk_by_each_field_in_each_direction_meets_each_row_once(api: Api, database: Database) -> None:
    await mount(api, database, Base, Reading)
    count = await fill(database)
    for order in [*FIELDS, *(f"-{name}" for name in FIELDS), "at,-price", "-token,number,-id"]:
        met = await walk(api, f"/reading?per_page=5&sort={order}")
        assert sorted(met, key=int) == [str(index) for index in range(count)], order
        listed = (await api("GET", f"/reading?per_page=100&sort={order}")).json
        assert met == [row["name"] for row in listed], order


async def test_a_walk_passes_rows_that_cannot_be_loaded(api: Api, database: Database) -> None:
    await mount(api, database, Base, Reading)
    broken = BROKEN[database.sync_engine.dialect.name]
    count = await fill(database, {database.sync_engine.dialect.name: broken}, 8)
    for order in [*broken, f"-{next(iter(broken))}"]:
        met = await walk(api, f"/reading?per_page=3&sort={order}")
        assert sorted(met, key=int) == [str(index) for index in range(count)], order


async def test_a_row_that_is_deleted_meanwhile_has_its_typed_values_as_position(api: Api, database: Database) -> None:
    await mount(api, database, Base, Reading)
    mapped_class = SQLAlchemyProvider(database.factory).mapped_class(Reading)
    gone, query = Stored(None, {"id": 4711, "half": 2}), Query(sort=[("half", False)])
    page = page_of(mapped_class, None, query, database.sync_engine.dialect.name, None)

    def found(last: Stored) -> Any:
        return database.run(lambda session: position_of(session, mapped_class, query, last, page))

    assert await found(gone) == {}
    assert await found(replace(gone, is_broken=True)) is None


class Own(DeclarativeBase):
    pass


class Sample(Own):
    __tablename__ = "sample"
    id: Mapped[int] = mapped_column(primary_key=True)
    small: Mapped[float | None] = mapped_column(sa.Float)
    exact: Mapped[float | None] = mapped_column(sa.Numeric(30, 20, asdecimal=False))
    flag: Mapped[bool | None]
    half: Mapped[int | None] = mapped_column(Halved)


MARIADB: dict[str, list[Any]] = {
    "small": [None, "0.1", "1.2345678", "1.2345679", "123456789", "123456790", "1e-30", "16777217"],
    "exact": [None, "0.12345678901234567890", "0.12345678901234567891", "0.1"],
    "flag": [None, 0, 1, 2],
    "half": [1, 2, 3, 4, 5],
}


@needs_mariadb
async def test_a_walk_on_mariadb_meets_each_row_once() -> None:
    async with mariadb(Own.metadata) as factory:
        with factory() as session, session.begin():
            for index in range(24):
                row = {name: values[index % len(values)] for name, values in MARIADB.items()}
                session.execute(
                    sa.text("INSERT INTO sample (small, exact, flag, half) VALUES (:small, :exact, :flag, :half)"), row
                )
        samples = bzz.ModelHive("sqlalchemy", Sample, session_factory=factory)
        for sort in (*MARIADB, *(f"-{name}" for name in MARIADB)):
            page = await samples.list(sort=sort, per_page=5)
            met = [one.id for one in page]
            while page.cursor:
                page = await samples.list(sort=sort, per_page=5, after=page.cursor)
                met += [one.id for one in page]
            assert sorted(met) == [*range(1, 25)], sort
        await samples.close()
