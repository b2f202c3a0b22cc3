"""An application over classes of a test, and the signals that a request to it sends."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import tornado.web
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

import bzz
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.testing import capture, served
from bzz.testing.client import Client
from tests.support.guides import dispose

UPDATED = ("pre_update_instance", "post_update_instance")
MOVED = ("pre_dissociate", "pre_associate", "post_dissociate", "post_associate")


@asynccontextmanager
async def keyed(
    folder: Path, base: Any, rows: Iterable[Any], hives: dict[type, dict[str, Any]]
) -> AsyncIterator[Client]:
    """Yield a client of an application.

    Args:
        folder: where the database lies.
        base: the declarative base of the classes.
        rows: the instances to store, in this order.
        hives: the options of the hive of each class.
    """
    engine = create_async_engine(f"sqlite+aiosqlite:///{folder}/keyed.db")
    async with engine.begin() as connection:
        await connection.run_sync(base.metadata.drop_all)
        await connection.run_sync(base.metadata.create_all)
    sessions = async_sessionmaker(engine)
    async with sessions.begin() as session:
        for row in rows:
            session.add(row)
            await session.flush()
    sql = SQLAlchemyProvider(sessions)
    routes = [bzz.ModelHive.routes_for(sql, model, **options) for model, options in hives.items()]
    try:
        async with served(tornado.web.Application([*routes])) as client:
            yield client
    finally:
        await dispose(engine)


async def told(client: Client, method: str, path: str, body: Any = None, status: int = 201) -> list[Any]:
    """Send a request, and return its signals of updates and moves: name, sender and updated fields or relation."""
    with capture() as sent:
        reply = await client(method, path, json_body=body)
    assert reply.status == status, reply.body
    return [
        (one.signal, one.sender.__name__, one.keywords.get("updated_fields") or one.keywords.get("field"))
        for one in sent
        if one.signal in (*UPDATED, *MOVED)
    ]
