"""Row locks of each database."""

from __future__ import annotations

import asyncio
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

import bzz
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.locks import lock_database, select_for_update
from bzz.signals import (
    pre_update_instance,
)
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.models import Author, Priced
from tests.support.client import Api

DIALECT: Any = postgresql


def listen(sender: Any) -> None:
    """Make the update load the instance before it writes."""


async def test_fifty_concurrent_updates_of_one_row_all_count(api: Api, database: Database) -> None:
    with pre_update_instance.connected_to(listen):
        api.mount(bzz.ModelHive.routes_for("sqlalchemy", Priced, session_factory=database.factory, timeout=60))
        await api.create("/priced", name="Tea", net=1)
        replies = await asyncio.gather(*(api("PUT", "/priced/1", json_body={"net": n}) for n in range(2, 52)))
        assert {reply.status for reply in replies} == {200}
    assert (await api("GET", "/priced/1")).json["revision"] == 51


def test_other_databases_than_sqlite_lock_the_row() -> None:
    mapped_class = SQLAlchemyProvider().mapped_class(Author)
    statement = select_for_update(mapped_class, "id")
    assert str(statement.compile(dialect=DIALECT.dialect())).endswith("FOR NO KEY UPDATE OF author")
    assert select_for_update(mapped_class, "id") is statement, "it is built once"


def test_other_databases_than_sqlite_are_not_locked_as_a_whole() -> None:
    engine = sa.create_engine("postgresql+psycopg://nowhere")
    with Session(engine) as session:
        lock_database(session, SQLAlchemyProvider().mapped_class(Author))
        assert not session.in_transaction()
    engine.dispose()


async def test_sqlite_is_locked_by_a_write_before_the_instance_is_loaded(sql: Api, database: Database) -> None:
    await sql.create("/author", name="Ada")
    database.statements.clear()
    assert (await sql("PUT", "/author/1", json_body={"name": "Eve"})).status == 200
    first, second, *_ = database.statements
    if database.sync_engine.dialect.name == "sqlite":
        assert first.startswith("UPDATE author SET id=")
        assert first.endswith("WHERE 0 = 1")
        assert second.startswith("SELECT")
    else:
        assert "FOR NO KEY UPDATE" in first
