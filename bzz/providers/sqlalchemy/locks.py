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
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session, lazyload

from bzz.exceptions import Conflict, NotFound
from bzz.providers.sqlalchemy.codec import SQLITE
from bzz.providers.sqlalchemy.keys import equal, key_from, one_of
from bzz.providers.sqlalchemy.keys import parameters as parameters_of
from bzz.providers.sqlalchemy.loading import Visible, load_all, load_one
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.registries import is_union, root_of
from bzz.providers.sqlalchemy.relationships import ordered_batches
from bzz.providers.sqlalchemy.spelled_keys import SPELLED, load_spelled
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
        self.locked[root_of(state.mapper)].add(key_from(state.identity))


def load_locked(session: Session, mapped_class: MappedClass, address: Address, visible: Visible) -> Any:
    """Load the instance at ``address`` with its present values, and lock it.

    No other transaction can write the instance until this transaction ends.

    Raises:
        NotFound: no such instance exists, or it is not ``visible``.
        Conflict: the instance has its row in the table of another class, or SQLAlchemy cannot write the instance, as
            its key is stored in another form.
    """
    if is_nested(mapped_class.mapper):
        instance = _load_nested(session, mapped_class, address)
    else:
        lock_database(session, mapped_class)
        instance = _load_for_update(session, mapped_class, address, visible)
    if visible is not None:
        is_same = equal(mapped_class.key, mapped_class.key_of(instance))
        statement = visible.where(is_same).with_only_columns(*mapped_class.key)
        if session.execute(statement).first() is None:
            raise NotFound(NO_INSTANCE)
    return instance


def _load_nested(session: Session, mapped_class: MappedClass, address: Address) -> Any:
    """Load an instance of a class that ``is_nested``, and lock its row.

    Raises:
        NotFound: no such instance exists.
        Conflict: the instance has its row in the table of another class.
    """
    mapper, parameters = mapped_class.mapper, mapped_class.parameters(address.field, address.key)
    if isinstance(root_of(mapper).local_table, sa.Table):
        lock_database(session, mapped_class)
        session.execute(select_for_update(mapped_class, address.field), parameters)
    found = load_all(session, mapped_class, mapped_class.select_by(address.field), parameters)
    own = next((instance for instance in found if type(instance) is mapper.class_), None)
    if found and own is None:
        name = type(found[0]).__name__
        raise Conflict(f"This instance is a {name}; only a path of {name} itself can write it.")
    if own is None:
        raise NotFound(NO_INSTANCE)
    return own


def _load_for_update(session: Session, mapped_class: MappedClass, address: Address, visible: Visible) -> Any:
    try:
        return load_one(session, select_for_update(mapped_class, address.field), mapped_class, address)
    except NotFound:
        if load_spelled(session, mapped_class, address, visible) is None:
            raise
        raise Conflict(SPELLED) from None


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

    The statement finds the instance by the field ``name``. It is built once. It loads no relationships, because the
    statements of their loaders cannot contain the lock. If the class ``is_nested``, it finds only the primary key.
    """
    return mapped_class.once(("for update", name), lambda: _select_for_update(mapped_class, name))


def _select_for_update(mapped_class: MappedClass, name: str) -> sa.Select[Any]:
    mapper = mapped_class.mapper
    if not is_nested(mapper):
        return alone(for_update(mapped_class.select_by(name), mapper))
    columns = [mapper.column_attrs[attribute].columns[0] for attribute in mapped_class.attributes(name)]
    keys: list[Any] = [sa.bindparam(parameter) for parameter in parameters_of(None, len(columns))]
    found: sa.Select[Any] = for_update(sa.select(*mapper.primary_key).where(equal(columns, key_from(keys))), mapper)
    return found


def is_nested(mapper: Mapper[Any]) -> bool:
    """Return whether SQLAlchemy selects a class from a subquery, in which no row can be locked."""
    return mapper.with_polymorphic is not None and (mapper.concrete or is_union(mapper))


def alone(statement: sa.Select[Any]) -> sa.Select[Any]:
    """Return a statement that finds the same instances, and loads no relationships with them."""
    return statement.options(lazyload("*"))


def for_update(statement: Any, mapper: Mapper[Any], *, skip_locked: bool = False) -> Any:
    """Return ``statement`` with a lock on the rows that it finds.

    Only the rows in the mapper's table are locked. Other rows may still refer to the locked rows. With
    ``skip_locked``, the statement does not find rows that another transaction has locked.
    """
    return statement.with_for_update(of=root_of(mapper).local_table, key_share=True, skip_locked=skip_locked)


def _write_nothing(mapper: Mapper[Any]) -> sa.Update:
    """Return an UPDATE that changes no row."""
    root = root_of(mapper)
    table, pk = root.local_table, root.primary_key[0]
    return sa.update(cast("sa.Table", table)).values({pk: pk}).where(sa.false())
