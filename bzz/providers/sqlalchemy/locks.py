"""Row locks.

With a lock, no other transaction can write an instance between its load and the commit.

PostgreSQL, MySQL and others lock the row itself, with ``SELECT ... FOR UPDATE``. SQLite has no row locks. On SQLite,
the transaction begins with a write that changes nothing. This write locks the whole database for other writers until
the commit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session

from bzz.exceptions import NotFound
from bzz.providers.sqlalchemy.codec import SQLITE
from bzz.providers.sqlalchemy.keys import equal, key_from, one_of
from bzz.providers.sqlalchemy.loading import Visible, load_one
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.relationships import ordered_batches
from bzz.providers.values import Address
from bzz.schema.errors import NO_INSTANCE

Rows = dict[Mapper[Any], set[Any]]  # for the base mapper of a class: primary keys; a composite key is a tuple


@dataclass(slots=True)
class Attempt:
    """An attempt to lock all rows that a write needs.

    Args:
        locked: the rows that are locked already.
        wanted: the other rows.
    """

    locked: Rows = field(default_factory=lambda: defaultdict(set))
    wanted: Rows = field(default_factory=lambda: defaultdict(set))

    def note(self, instance: Any) -> None:
        """Note that the row of an instance is locked."""
        state = sa.inspect(instance)
        self.locked[state.mapper.base_mapper].add(key_from(state.identity))


def load_locked(session: Session, mapped_class: MappedClass, address: Address, visible: Visible) -> Any:
    """Load the instance at ``address`` with its present values, and lock it.

    No other transaction can write the instance until this transaction ends.

    Raises:
        NotFound: no such instance exists, or it is not ``visible``.
    """
    lock_database(session, mapped_class)
    instance = load_one(session, select_for_update(mapped_class, address.field), mapped_class, address)
    if visible is not None:
        is_same = equal(mapped_class.key, mapped_class.key_of(instance))
        statement = visible.where(is_same).with_only_columns(*mapped_class.key)
        if session.execute(statement).first() is None:
            raise NotFound(NO_INSTANCE)
    return instance


def lock_attempts(session: Session, mapped_class: MappedClass, *, has_members: bool) -> Iterator[Attempt]:
    """Yield attempts to lock all rows that a write needs, until one succeeds.

    The members that join or leave are known only when the parent is locked. Another transaction may have locked one of
    them, and wait for the parent. So the members are locked without waiting. If that fails, all locks are released. The
    next attempt first waits for all these rows in their order, and so cannot take part in a deadlock. Each attempt that
    fails adds a row, so the attempts end.

    The caller must lock the parents, and note all rows, before it asks for the next attempt.

    Args:
        session: the session. If it is in a transaction, a savepoint keeps what the transaction has written.
        mapped_class: a class of the rows.
        has_members: whether the write may let members join or leave. If not, there is one attempt.
    """
    rows: Rows = {}
    has_row_locks = session.get_bind(mapped_class.mapper).dialect.name != SQLITE
    while True:
        is_part = has_members and has_row_locks and session.in_transaction()
        savepoint = session.begin_nested() if is_part else None
        lock_rows(session, rows)
        attempt = Attempt()
        yield attempt
        others = {mapper: keys - rows.get(mapper, set()) for mapper, keys in attempt.wanted.items()}
        if lock_rows(session, others, skip_locked=True):
            break
        for mapper, keys in (*attempt.locked.items(), *others.items()):
            rows[mapper] = rows.get(mapper, set()) | keys
        (savepoint or session).rollback()
    if savepoint is not None:
        savepoint.commit()


def lock_rows(session: Session, rows: Rows, *, skip_locked: bool = False) -> bool:
    """Lock rows in one order: by the name of the table, then by primary key.

    Transactions that wait for rows only here, and hold no rows before, cannot deadlock.

    Args:
        session: a session in a transaction.
        rows: the rows to lock. Rows that do not exist are ignored.
        skip_locked: whether to skip the rows that other transactions have locked, instead of waiting for them.

    Returns:
        Whether all rows are locked.
    """
    return all(
        _lock_some(session, mapper, some, skip_locked=skip_locked)
        for mapper in sorted(rows, key=lambda mapper: str(mapper.local_table))
        if session.get_bind(mapper).dialect.name != SQLITE
        for some in ordered_batches(rows[mapper])
    )


def _lock_some(session: Session, mapper: Mapper[Any], keys: list[Any], *, skip_locked: bool) -> bool:
    columns, where = [*mapper.primary_key], {"mapper": mapper}
    statement = sa.select(*columns).where(one_of(columns, keys))
    locking = for_update(statement.order_by(*columns), mapper, skip_locked=skip_locked)
    locked = session.execute(locking, bind_arguments=where).all()
    if not skip_locked or len(locked) == len(keys):
        return True
    return len(session.execute(statement, bind_arguments=where).all()) <= len(locked)


def lock_database(session: Session, mapped_class: MappedClass) -> None:
    """Lock SQLite's database for other writers.

    Do nothing on any other database, because other databases lock rows instead.
    """
    if session.get_bind(mapped_class.mapper).dialect.name == SQLITE:
        statement = mapped_class.once("write nothing", lambda: _write_nothing(mapped_class.mapper))
        session.execute(statement, bind_arguments={"mapper": mapped_class.mapper})


def select_for_update(mapped_class: MappedClass, name: str) -> sa.Select[Any]:
    """Return the statement that finds one instance and locks its row.

    The statement finds the instance by the field ``name``. It is built once.
    """
    return mapped_class.once(
        ("for update", name), lambda: for_update(mapped_class.select_by(name), mapped_class.mapper)
    )


def for_update(statement: Any, mapper: Mapper[Any], *, skip_locked: bool = False) -> Any:
    """Return ``statement`` with a lock on the rows that it finds.

    Only the rows in the mapper's table are locked. Other rows may still refer to the locked rows. With
    ``skip_locked``, the statement does not find rows that another transaction has locked.
    """
    return statement.with_for_update(of=mapper.base_mapper.local_table, key_share=True, skip_locked=skip_locked)


def _write_nothing(mapper: Mapper[Any]) -> sa.Update:
    """Return an UPDATE that changes no row."""
    table: Any = mapper.base_mapper.local_table
    pk = mapper.base_mapper.primary_key[0]
    return sa.update(table).values({pk: pk}).where(sa.false())
