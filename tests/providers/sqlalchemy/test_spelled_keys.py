"""Keys that other programs have stored in another form."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

import bzz
from tests.providers.sqlalchemy.conftest import Database, mount
from tests.support.client import Api
from tests.support.teams import walk


class Base(DeclarativeBase):
    pass


class Token(Base):
    __tablename__ = "token"
    key: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class Tick(Base):
    __tablename__ = "tick"
    at: Mapped[datetime] = mapped_column(primary_key=True)
    name: Mapped[str]

    @classmethod
    def get_instance_queryset(cls, model: object, queryset: sa.Select[Tick], key: str, handler: object) -> object:
        return queryset.where(Tick.name != "hidden")


def perform(session: Session, statement: sa.Executable) -> None:
    session.execute(statement)
    session.commit()


class Log(Base):
    __tablename__ = "log"
    at: Mapped[datetime] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


TIMES = ["2024-01-01 10:00:00", "2024-01-01T10:00:00Z", "2024-01-01 10:00:01.5", "2024-01-01 10:00:00.000000"]


@pytest.mark.parametrize("database", ["sqlite", "aiosqlite"], indirect=True)
async def test_a_key_in_another_form_is_found_but_cannot_be_written(api: Api, database: Database) -> None:
    await mount(api, database, Base, Token, Tick)
    key = uuid4()
    rows = [
        ("token", "key", str(key).upper()),
        ("tick", "at", "2024-01-01T10:00:00Z"),
    ]
    for table, column, value in rows:
        statement = sa.insert(sa.table(table, sa.column(column), sa.column("name"))).values(
            {column: value, "name": "x"}
        )
        await database.run(partial(perform, statement=statement))
    for path in (f"/token/{key}", "/tick/2024-01-01T10:00:00Z"):
        assert (await api("GET", path)).json["name"] == "x"
        for method in ("PATCH", "DELETE"):
            reply = await api(method, path, json_body={"name": "y"} if method == "PATCH" else None)
            assert (reply.status, "in a form that" in reply.json["detail"]) == (409, True), method
        assert (await api("GET", path)).json["name"] == "x"
    for path in (f"/token/{uuid4()}", "/tick/2024-01-01T10:00:01Z"):
        assert (await api("GET", path)).status == 404
        assert (await api("DELETE", path)).status == 404
    hidden = sa.update(sa.table("tick", sa.column("name"))).values(name="hidden")
    await database.run(partial(perform, statement=hidden))
    for method in ("GET", "DELETE"):
        assert (await api(method, "/tick/2024-01-01T10:00:00Z")).status == 404


async def test_a_key_of_plain_text_is_not_looked_for_twice(sql: Api, database: Database) -> None:
    database.statements.clear()
    assert (await sql("GET", "/author/4711")).status == 404
    assert len([statement for statement in database.statements if "FROM author" in statement]) == 1


@pytest.mark.parametrize("database", ["sqlite", "aiosqlite"], indirect=True)
async def test_a_composite_key_in_another_form_is_found(api: Api, database: Database) -> None:
    await mount(api, database, Base, Log)
    table = sa.table("log", sa.column("at"), sa.column("number"), sa.column("name"))
    for number in range(8):
        row = {"at": TIMES[number % 4], "number": number, "name": str(number)}
        await database.run(partial(perform, statement=sa.insert(table).values(row)))
    for sort in ("id", "-id", "at,-number", "name"):
        assert sorted(await walk(api, f"/log?sort={sort}&per_page=3")) == [*map(str, range(8))], sort
    listed = (await api("GET", "/log")).json
    for row in listed:
        assert (await api("GET", f"/log/{row['id']}")).json == row
    ids = [row["id"] for row in listed]
    assert len((await api("GET", f"/log?id__in={','.join(ids[:3])}")).json) == 3
    assert len((await api("GET", f"/log?id__ne={ids[0]}")).json) == 7


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_walk_meets_each_row_where_the_dialect_is_not_known(api: Api, database: Database) -> None:
    await database.create(Base)
    table = sa.table("log", sa.column("at"), sa.column("number"), sa.column("name"))
    for number in range(8):
        row = {"at": TIMES[number % 4], "number": number, "name": str(number)}
        await database.run(partial(perform, statement=sa.insert(table).values(row)))
    factory: Any = sessionmaker(binds={Base: database.engine})
    api.mount(bzz.ModelHive.routes_for("sqlalchemy", Log, session_factory=factory))
    for sort in ("id", "-id", "at,-number"):
        assert sorted(await walk(api, f"/log?sort={sort}&per_page=3")) == [*map(str, range(8))], sort
