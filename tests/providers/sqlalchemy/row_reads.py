"""Reads of ``row_models`` with and without instances."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.values import Address, Query, Stored
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.row_models import ROWS, Base


async def filled(database: Database) -> SQLAlchemyProvider:
    """Return a provider of a database with the rows."""
    await database.create(Base)

    def store(session: Session) -> None:
        for make in ROWS:
            session.add(make())
            session.flush()
        session.commit()

    await database.run(store)
    return SQLAlchemyProvider(database.factory)


async def reads(
    provider: SQLAlchemyProvider, model: type, *, needs_instances: bool, unit: Any = None, **query: Any
) -> list[Stored]:
    """Return the items of a list, and of a get for each of them."""
    schema, work = provider.describe(model), UnitOfWork(provider)
    work.state.unit = unit
    found = [*(await work.list(schema, Query(**query), needs_instances=needs_instances)).items]
    for item in [*found]:
        address = Address.parse(schema, str(schema.id_of(item.values)))
        found.append(await work.get(address, needs_instances=needs_instances))
    await work.end()
    return found


async def reads_rows(provider: SQLAlchemyProvider, model: type, **query: Any) -> bool:
    """Return whether all reads without instances read rows, after a check that they show what instances do."""
    rows = await reads(provider, model, needs_instances=False, **query)
    instances = await reads(provider, model, needs_instances=True, **query)
    assert rows
    for row, other in zip(rows, instances, strict=True):
        assert (row.values, row.own_class, row.is_broken) == (other.values, other.own_class, other.is_broken)
        assert other.instance is not None
    return all(row.instance is None for row in rows)


async def execute(database: Database, statement: str) -> None:
    """Execute a statement and commit it."""

    def run(session: Session) -> None:
        session.execute(sa.text(statement))
        session.commit()

    await database.run(run)


@contextmanager
def listening(target: Any, event: str, listener: Any) -> Iterator[None]:
    """Let a function listen to an event of SQLAlchemy in the block."""
    sa.event.listen(target, event, listener)
    try:
        yield
    finally:
        sa.event.remove(target, event, listener)
