"""The rows that several writes change, locked and loaded before anything is written.

All transactions lock rows in one order: by table, then by primary key. So two of them never wait for each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.exceptions import BzzError, NotFound
from bzz.providers.sqlalchemy.keys import key_from, one_of
from bzz.providers.sqlalchemy.loading import Visible, load_all, to_stored
from bzz.providers.sqlalchemy.locks import (
    Attempt,
    alone,
    for_update,
    is_nested,
    load_locked,
    lock_attempts,
    lock_database,
)
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.members import add_members
from bzz.providers.sqlalchemy.registries import root_of
from bzz.providers.sqlalchemy.relationships import ordered_batches
from bzz.providers.values import Address
from bzz.providers.writes import Create, Delete, Update, Write
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.fields import Values

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class PreparedWrite:
    """One write of several, with its class.

    Args:
        write: the write.
        mapped_class: the class of the instance.
        visible: the instances that the model's hook shows. None if the model has no hook.
    """

    write: Write
    mapped_class: MappedClass
    visible: Visible = None


@dataclass(frozen=True, slots=True)
class Row:
    """The row that an update or a deletion changes.

    Args:
        one: the write.
        address: the address of the instance.
        key: the primary key of the row.
    """

    one: PreparedWrite
    address: Address
    key: Any

    def is_at(self, instance: Any) -> bool:
        """Return whether ``instance`` has the identifier of the address."""
        field, mapped_class = self.address.field, self.one.mapped_class
        return bool(mapped_class.key_of(instance, field) == mapped_class.encode(field, self.address.key))


class HeldRows:
    """The locked rows of updates and deletions.

    Args:
        session: a session in a transaction.
        writes: all writes of the transaction.

    Raises:
        NotFound: an instance is not visible, or no instance can have its identifier.
    """

    def __init__(self, session: Session, writes: Sequence[PreparedWrite]) -> None:
        self.session = session
        self._held = _lock_all(session, writes)
        self._taken: set[int] = set()

    def note_members(self, attempt: Attempt, writes: Sequence[PreparedWrite]) -> None:
        """Note the locked rows, and the rows of the members that join or leave by the writes.

        The rows that only an earlier write makes necessary are not noted.
        """
        for instance in self._held.values():
            attempt.note(instance)
        for one in writes:
            if isinstance(one.write, Create):
                add_members(attempt.wanted, one.mapped_class, {}, one.write.data)
            elif isinstance(one.write, Update) and _has_members(one) and one in self._held:
                with suppress(BzzError):  # an earlier write may make the change possible
                    before = self._values(one, one.write)
                    changed = one.mapped_class.schema.changed(before, one.write.change(before))
                    add_members(attempt.wanted, one.mapped_class, before, changed)

    def _values(self, one: PreparedWrite, update: Update) -> Values:
        schema, undefer = update.address.schema, update.address.undefer
        [stored] = to_stored(self.session, one.mapped_class, schema, [self._held[one]], undefer)
        return stored.values

    def take(self, one: PreparedWrite, address: Address) -> Any:
        """Return the instance that a write changes, with its present values.

        Query only if an earlier write made or changed the instance, or if its row was not found.

        Raises:
            NotFound: no such instance exists, or it is not visible.
        """
        instance = self._held.get(one)
        if instance is None or id(instance) in self._taken or not sa.inspect(instance).persistent:
            self.session.flush()
            instance = load_locked(self.session, one.mapped_class, address, one.visible)
        self._taken.add(id(instance))
        return instance


def hold_rows(session: Session, writes: Sequence[PreparedWrite]) -> HeldRows:
    """Lock the rows that writes change, and the members that join or leave by them.

    Raises:
        NotFound: see ``HeldRows``.
    """
    has_members = any(map(_has_members, writes))
    for attempt in lock_attempts(session, writes[0].mapped_class, has_members=has_members):
        held = HeldRows(session, writes)
        held.note_members(attempt, writes)
    return held


def _has_members(one: PreparedWrite) -> bool:
    """Return whether members may join or leave by a write."""
    if isinstance(one.write, Create):
        return not one.write.data.keys().isdisjoint(one.mapped_class.elsewhere)
    return bool(one.write.address.undefer)


def load_by_keys(
    session: Session, mapped_class: MappedClass, keys: Iterable[Any], *, is_locked: bool = False
) -> dict[Any, Any]:
    """Return a dict from primary key to instance, with present values.

    Args:
        session: the session of the instances.
        mapped_class: the class of the instances.
        keys: the primary keys. A key without an instance is left out.
        is_locked: whether to lock the rows in the order of their keys.
    """
    statement = mapped_class.once(("by keys", is_locked), lambda: _select_by_keys(mapped_class, is_locked=is_locked))
    return {
        mapped_class.key_of(instance): instance
        for some in ordered_batches(keys)
        for instance in load_all(session, mapped_class, statement, {"keys": some})
    }


def grouped(pairs: Iterable[tuple[K, T]]) -> dict[K, list[T]]:
    """Return a dict from each key of ``pairs`` to the values with this key."""
    found: defaultdict[K, list[T]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return found


def _lock_all(session: Session, writes: Sequence[PreparedWrite]) -> dict[PreparedWrite, Any]:
    """Lock the rows of all updates and deletions, and return the instances that are found."""
    for mapped_class in {session.get_bind(one.mapped_class.mapper): one.mapped_class for one in writes}.values():
        lock_database(session, mapped_class)
    rows = [row for one in writes if not isinstance(one.write, Create) for row in _find(session, one, one.write)]
    by_table = grouped((str(root_of(row.one.mapped_class.mapper).local_table), row) for row in rows)
    held: dict[PreparedWrite, Any] = {}
    for _, of_table in sorted(by_table.items()):
        by_class = grouped((row.one.mapped_class.mapper, row) for row in of_table)
        if len(by_class) > 1 or any(map(is_nested, by_class)):  # the rows of all classes are locked in one order
            _lock_keys(session, of_table)
        for of_class in by_class.values():
            held |= _hold(session, of_class)
    return held


def _find(session: Session, one: PreparedWrite, write: Update | Delete) -> Iterator[Row]:
    """Yield the row that a write changes, unless there is none.

    Query only if the address contains no primary key and the act did not load the instance.

    Raises:
        NotFound: no instance can have the identifier.
    """
    address, mapped_class, pk = write.address, one.mapped_class, str(one.mapped_class.schema.pk)
    if address.field == pk or write.loaded is not None:
        key = address.key if write.loaded is None else write.loaded.values[pk]
        yield Row(one, address, mapped_class.encode(pk, key))
        return
    statement = mapped_class.select_by(address.field).with_only_columns(*mapped_class.key)
    for row in session.execute(statement, mapped_class.parameters(address.field, address.key)):
        yield Row(one, address, key_from(row))


def _hold(session: Session, rows: Sequence[Row]) -> dict[PreparedWrite, Any]:
    """Lock and load rows of one class, and check that they are visible.

    An instance that has another identifier than the address is left out.

    Raises:
        NotFound: an instance is not visible.
    """
    mapped_class = rows[0].one.mapped_class
    is_locked = not is_nested(mapped_class.mapper)
    found = load_by_keys(session, mapped_class, (row.key for row in rows), is_locked=is_locked)
    held = [row for row in rows if row.key in found and row.is_at(found[row.key])]
    narrowed = [row for row in held if row.one.visible is not None]
    for _, same in groupby(narrowed, lambda row: identity(row.one.visible)):
        _check_visible(session, [*same])
    return {row.one: found[row.key] for row in held}


def _check_visible(session: Session, rows: Sequence[Row]) -> None:
    """Check that the model's hook shows the instances.

    The hook has returned the same statement for all of them.

    Raises:
        NotFound: the hook does not show an instance.
    """
    visible: Any = rows[0].one.visible
    key = rows[0].one.mapped_class.key
    for some in ordered_batches(row.key for row in rows):
        shown = visible.where(one_of(key, some)).with_only_columns(*key).order_by(None)
        if len({*session.execute(shown)}) < len(some):
            raise NotFound(NO_INSTANCE)


def identity(statement: Any) -> Any:
    """Return a value that is equal for statements that find the same instances."""
    key = statement._generate_cache_key()  # None if the statement contains a part that SQLAlchemy cannot compare
    return statement if key is None else (key.key, [parameter.effective_value for parameter in key.bindparams])


def _select_by_keys(mapped_class: MappedClass, *, is_locked: bool) -> Any:
    statement = mapped_class.select_all.where(one_of(mapped_class.key, sa.bindparam("keys", expanding=True)))
    if not is_locked:
        return statement
    return alone(for_update(statement.order_by(*mapped_class.key), mapped_class.mapper))


def _lock_keys(session: Session, rows: Sequence[Row]) -> None:
    """Lock rows of classes that inherit from each other, in the order of their keys."""
    mapper = root_of(rows[0].one.mapped_class.mapper)
    columns = mapper.primary_key
    for some in ordered_batches(row.key for row in rows):
        statement = sa.select(*columns).where(one_of(columns, some)).order_by(*columns)
        session.execute(for_update(statement, mapper))
