"""Locks on a parent and its members, in the order of all rows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import ORMExecuteState, Session, class_mapper

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.locks import lock_attempts, lock_rows
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.databases import needs_postgres
from tests.providers.sqlalchemy.models import Author, Base, Book, Pair
from tests.providers.sqlalchemy.units import Writer

AUTHORS = SQLAlchemyProvider().mapped_class(Author)
AUTHOR, BOOK, PAIR = (class_mapper(model) for model in (Author, Book, Pair))


class Locks:
    """The row locks of a database that has none; the statements are those for a database that has.

    Args:
        session: the session of a transaction.

    Attributes:
        foreign: the keys that another transaction has locked until somebody waits for them.
        taken: the table of each statement that locks rows, and whether the statement waits.
    """

    def __init__(self, session: Session) -> None:
        self.foreign: set[int] = set()
        self.taken: list[tuple[str, bool]] = []
        sa.event.listen(session, "do_orm_execute", self.execute)

    def execute(self, state: ORMExecuteState) -> Any:
        statement: Any = state.statement
        lock = getattr(statement, "_for_update_arg", None)
        if lock is None:
            return None
        [table] = lock.of
        self.taken.append((table.name, not lock.skip_locked))
        if not lock.skip_locked:
            self.foreign.clear()
        return state.invoke_statement(statement.where(table.primary_key.columns[0].not_in(self.foreign)))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Author(name=name) for name in "abc")
        session.commit()
        engine.dialect.name = "other"
        yield session
    engine.dispose()


@pytest.fixture
def locks(session: Session) -> Locks:
    return Locks(session)


def test_rows_are_locked_by_table_and_then_by_key(session: Session, locks: Locks) -> None:
    session.add(Pair(one=1, other=b"2"))
    session.flush()
    assert lock_rows(session, {PAIR: {(1, b"2"), (1, b"3")}, BOOK: {1}, AUTHOR: {2, 1}})
    assert locks.taken == [("author", True), ("book", True), ("pair", True)]
    locks.taken.clear()
    assert lock_rows(session, {AUTHOR: {*range(2001)}})
    assert locks.taken == [("author", True)] * 3


def test_a_row_that_does_not_exist_is_not_one_that_another_transaction_has_locked(
    session: Session, locks: Locks
) -> None:
    assert lock_rows(session, {AUTHOR: {1, 7}}, skip_locked=True)
    locks.foreign = {1}
    assert not lock_rows(session, {AUTHOR: {1, 7}, BOOK: {1}}, skip_locked=True)
    assert locks.taken == [("author", False)] * 2, "nothing is locked after the first failure"


def test_the_first_attempt_locks_members_without_waiting(session: Session, locks: Locks) -> None:
    for attempt in lock_attempts(session, AUTHORS, has_members=True):
        attempt.note(session.get_one(Author, 1))
        attempt.wanted[AUTHOR].add(2)
    assert locks.taken == [("author", False)]


def test_the_second_attempt_waits_for_parents_and_members_in_order(session: Session, locks: Locks) -> None:
    locks.foreign, attempts = {2}, 0
    for attempt in lock_attempts(session, AUTHORS, has_members=True):
        attempts += 1
        attempt.note(session.get_one(Author, 3))
        attempt.wanted[AUTHOR].add(2)
        attempt.wanted[BOOK].add(5)
    assert (attempts, locks.taken) == (2, [("author", False), ("author", True), ("book", True)])


def test_a_row_that_no_transaction_can_lock_ends_the_attempts(session: Session, locks: Locks) -> None:
    """A policy of the database may show a row to those who may not change it, and so may not lock it."""
    attempts = 0
    for attempt in lock_attempts(session, AUTHORS, has_members=True):
        attempts, locks.foreign = attempts + 1, {2}
        attempt.wanted[AUTHOR].add(2)
    assert attempts == 2


def test_what_the_transaction_has_written_survives_an_attempt_that_fails(session: Session, locks: Locks) -> None:
    locks.foreign = {2}
    session.add(Book(title="A"))
    session.flush()
    for attempt in lock_attempts(session, AUTHORS, has_members=True):
        attempt.wanted[AUTHOR].add(2)
    assert not session.in_nested_transaction()
    session.commit()
    assert session.scalars(sa.select(Book.title)).all() == ["A"]


def test_a_write_without_members_makes_one_attempt_and_no_savepoint(session: Session, locks: Locks) -> None:
    session.begin()
    nested = [session.in_nested_transaction() for _ in lock_attempts(session, AUTHORS, has_members=False)]
    assert (nested, locks.taken) == ([False], [])


@needs_postgres
@pytest.mark.parametrize("database", ["psycopg", "asyncpg"], indirect=True)
@pytest.mark.parametrize("together", [False, True])
async def test_a_write_that_finds_a_member_locked_releases_its_parent(database: Database, together: bool) -> None:
    """Another transaction has locked the member, and locks the parent afterwards; neither is a deadlock."""
    write = Writer(database)
    await write(*(write.create(Author, name=name) for name in "ab"))

    change = write.update(Author, 2, friends=[1])
    other = database.factory()

    async def scalar(session: Any, statement: Any) -> Any:
        found = session.scalar(statement) if database.is_async else asyncio.to_thread(session.scalar, statement)
        return await found

    lock = sa.select(Author.id).with_for_update(key_share=True)
    await scalar(other, lock.where(Author.id == 1))
    waiting = asyncio.ensure_future(write(change) if together else write.alone(change))
    other_pid = await scalar(other, sa.func.pg_backend_pid())
    is_waited_for = sa.text("SELECT count(*) FROM pg_stat_activity WHERE :pid = ANY(pg_blocking_pids(pid))")
    while not await database.run(lambda session: session.scalar(is_waited_for, {"pid": other_pid})):
        assert not waiting.done()
    await scalar(other, lock.where(Author.id == 2))
    await (other.close() if database.is_async else asyncio.to_thread(other.close))
    await waiting
    assert (await write.values(Author, 2, friends=None))["friends"] == [1]
