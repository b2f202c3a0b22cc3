"""Several writes in one transaction.

The writes are performed in their order. Neighbours of one kind and one class are flushed together, so that they take
few statements. They are flushed one by one only where the database may care about their order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.exceptions import Conflict
from bzz.providers.sqlalchemy.broken_rows import related_rows
from bzz.providers.sqlalchemy.errors import translated
from bzz.providers.sqlalchemy.held_rows import HeldRows, PreparedWrite, grouped, hold_rows, load_by_keys
from bzz.providers.sqlalchemy.keys import parameters
from bzz.providers.sqlalchemy.loading import Visible, load_all, to_stored
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.members import change_members, check_owned
from bzz.providers.sqlalchemy.operations import split
from bzz.providers.sqlalchemy.places import Taking, check_places, takings
from bzz.providers.sqlalchemy.row_order import refers_to_itself, unique_fields
from bzz.providers.values import Stored, Undefer
from bzz.providers.writes import Create, Delete, Update, Write
from bzz.schema.fields import Values


def prepare(
    writes: Sequence[Write], visible: Sequence[Visible], mapped_class_of: Callable[[type], MappedClass]
) -> list[PreparedWrite]:
    """Return writes with their classes, and with the instances that the hooks of the classes show.

    Args:
        writes: the writes.
        visible: one item for each write. It is None for the creation of an instance.
        mapped_class_of: a function that returns the ``MappedClass`` of a class.
    """
    schemas = (write.schema if isinstance(write, Create) else write.address.schema for write in writes)
    classes = (mapped_class_of(schema.model) for schema in schemas)
    return [PreparedWrite(*one) for one in zip(writes, classes, visible, strict=True)]


def write_all(session: Session, writes: Sequence[PreparedWrite]) -> Sequence[Stored]:
    """Perform writes and return their results in order.

    The results are as the database has them after the last write.

    Raises:
        NotFound, Invalid, Conflict: see ``operations``.
    """
    session.flush()  # writes the changes of receivers
    with session.no_autoflush:
        rows, performed = hold_rows(session, writes), list[Performed]()
        for (kind, _), run in groupby(writes, lambda one: (type(one.write), one.mapped_class.mapper)):
            some = [*run]
            neighbours = Neighbours(rows, some[0].mapped_class)
            with translated(neighbours.mapped_class, is_write=True, is_delete=kind is Delete):
                performed += map(neighbours.perform, some)
                session.flush()
        check_places(session, (taking for one in performed for taking in one.taken))
        return _results(session, performed)


@dataclass(frozen=True, slots=True)
class Performed:
    """A write that was performed.

    Args:
        mapped_class: the class of the instance.
        instance: the instance.
        values: the values that the write itself knows.
        undefer: the deferred fields of the result. None for a deletion.
        previous: the values that an update found.
        taken: the places that the instance takes.
    """

    mapped_class: MappedClass
    instance: Any
    values: Values
    undefer: Undefer | None = None
    previous: Values | None = None
    taken: Sequence[Taking] = ()

    @property
    def key(self) -> Any:
        """The primary key of the instance."""
        return self.mapped_class.key_of(self.instance)

    @property
    def is_deleted(self) -> bool:
        """Whether this write or a later one has deleted the instance."""
        return self.undefer is None or not sa.inspect(self.instance).persistent


@dataclass(slots=True)
class Neighbours:
    """Writes of one kind and one class that follow each other.

    Args:
        rows: the locked rows.
        mapped_class: the class.
        changed: the values that the last update set.
    """

    rows: HeldRows
    mapped_class: MappedClass
    changed: Values = field(default_factory=dict)

    def perform(self, one: PreparedWrite) -> Performed:
        """Perform a write. Its flush may be left to the next write or to the caller.

        Raises:
            NotFound, Invalid, Conflict: see ``operations``.
        """
        write = one.write
        if isinstance(write, Create):
            return self._create(write.data)
        instance = self.rows.take(one, write.address)
        return self._update(instance, write) if isinstance(write, Update) else self._delete(instance, write)

    def _create(self, data: Values) -> Performed:
        own, deferred = split(self.mapped_class, data)
        instance = self.mapped_class.build(self.rows.session, own)
        self.rows.session.add(instance)
        taken = takings(self.mapped_class, instance)
        self.mapped_class.keep_nulls(instance, own)
        self._flush_references()
        self._change_members(instance, {}, deferred)
        return Performed(self.mapped_class, instance, data, dict.fromkeys(deferred), taken=taken)

    def _update(self, instance: Any, write: Update) -> Performed:
        undefer, stored = write.address.undefer, self._stored(instance, write)
        changed = self.mapped_class.schema.changed(stored.values, write.change(stored.values))
        check_owned(self.mapped_class, stored.values, changed)
        own, deferred = split(self.mapped_class, changed)
        if not unique_fields(self.mapped_class).isdisjoint(own) and own != self.changed:
            self.rows.session.flush()  # the row may take a unique value that a row before it has left
        self.mapped_class.assign(instance, own)
        self.changed, taken = own, takings(self.mapped_class, instance)
        self._change_members(instance, stored.values, deferred)
        undefer = {**undefer, **dict.fromkeys(deferred)}
        return Performed(self.mapped_class, instance, stored.values | changed, undefer, stored.values, taken)

    def _delete(self, instance: Any, write: Delete) -> Performed:
        stored = self._stored(instance, write)
        if write.check is not None:
            write.check(stored.values)
        with related_rows():
            self.rows.session.delete(instance)
        self._flush_references()
        return Performed(self.mapped_class, instance, stored.values)

    def _stored(self, instance: Any, write: Update | Delete) -> Stored:
        """Return an instance with the deferred fields that a write names."""
        address = write.address
        if address.undefer:
            self.rows.session.flush()
        [stored] = to_stored(self.rows.session, self.mapped_class, address.schema, [instance], address.undefer)
        return stored

    def _flush_references(self) -> None:
        """Flush, if rows of the class may refer to each other."""
        if refers_to_itself(self.mapped_class):
            self.rows.session.flush()

    def _change_members(self, instance: Any, before: Values, deferred: Values) -> None:
        if deferred:
            self.rows.session.flush()
        for name, value in deferred.items():
            relation = self.mapped_class.relations[name]
            change_members(self.rows.session, relation, instance, before.get(name), value)


def _results(session: Session, performed: Sequence[Performed]) -> Sequence[Stored]:
    """Return the results of writes, as the database has them now.

    Raises:
        Conflict: an instance is not stored any more, although no write of the session deleted it.
    """
    kept = grouped((one.mapped_class.mapper, one) for one in performed if not one.is_deleted)
    found = {
        mapper: load_by_keys(session, some[0].mapped_class, (one.key for one in some)) for mapper, some in kept.items()
    }
    return [
        Stored(one.instance, one.values, previous=one.previous)
        if one.is_deleted
        else _result(session, one, found[one.mapped_class.mapper].get(one.key))
        for one in performed
    ]


def _result(session: Session, one: Performed, instance: Any) -> Stored:
    """Return the result of a write.

    Args:
        session: the session of the instance.
        one: the write.
        instance: the instance. None if the database keeps its key in another form.
    """
    mapped_class = one.mapped_class
    statement, key = mapped_class.select_by(str(mapped_class.schema.pk)), parameters(one.key, len(mapped_class.key))
    instances = [instance] if instance is not None else load_all(session, mapped_class, statement, key)
    if not instances:
        raise Conflict("The store did not keep the instance.")
    [stored] = to_stored(session, mapped_class, mapped_class.schema, instances, one.undefer or {})
    return replace(stored, previous=one.previous)
