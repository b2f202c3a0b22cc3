"""The provider's calls on a synchronous session.

They are get, list, create, update, delete and run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.exceptions import Conflict, NotFound
from bzz.providers.changes import Change
from bzz.providers.sqlalchemy.broken_rows import related_rows
from bzz.providers.sqlalchemy.errors import all_missing, untyped
from bzz.providers.sqlalchemy.keys import one_of, parameters
from bzz.providers.sqlalchemy.loading import (
    Visible,
    computed_among,
    load_all,
    load_deferred,
    stored_instances,
    to_stored,
)
from bzz.providers.sqlalchemy.locks import Rows, load_locked, lock_attempts, lock_rows
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.members import add_members, change_members, check_owned
from bzz.providers.sqlalchemy.pages import page_of
from bzz.providers.sqlalchemy.places import check_places, takings
from bzz.providers.sqlalchemy.positions import position_of
from bzz.providers.sqlalchemy.registries import is_union
from bzz.providers.sqlalchemy.rows import read
from bzz.providers.sqlalchemy.spelled_keys import load_spelled
from bzz.providers.values import Address, Listing, Query, Stored, Undefer
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

T = TypeVar("T")


def get(
    session: Session,
    mapped_class: MappedClass,
    address: Address,
    visible: Visible,
    *,
    needs_instances: bool = True,
    is_limited: bool = False,
) -> Stored:
    """Return the instance at ``address``.

    Raises:
        NotFound: no such instance exists, or it is not ``visible``.
        BadRequest: raised by ``load_deferred``.
    """
    if visible is None or mapped_class.keeps(visible):
        statement = mapped_class.select_by(address.field, visible)
    else:
        statement = visible.where(mapped_class.equals(address.field))
    schema, undefer, where = address.schema, address.undefer, mapped_class.parameters(address.field, address.key)
    needs_instances = needs_instances or bool(computed_among(mapped_class, undefer))
    found = read(session, mapped_class, statement, where, needs_instances=needs_instances)[:1]
    if not found:
        instance = load_spelled(session, mapped_class, address, visible)
        if instance is None:
            raise NotFound(NO_INSTANCE)
        found = stored_instances(session, mapped_class, [instance])
    [stored] = load_deferred(session, mapped_class, schema, found, undefer, is_limited=is_limited)
    return stored


def list_(
    session: Session,
    mapped_class: MappedClass,
    schema: Schema,
    visible: Visible,
    query: Query,
    *,
    places: Any,
    needs_instances: bool,
) -> Listing:
    """Return the page of ``visible`` instances that ``query`` asks for.

    If ``places`` is not None, it is the subquery of ``Relationship.select_places``. It has the order of the page.

    Raises:
        BadRequest: raised by ``load_deferred``.
    """
    dialect = session.get_bind(mapped_class.mapper).dialect.name
    wanted, undefer = page_of(mapped_class, visible, query, dialect, places), query.undefer
    needs_instances = needs_instances or bool(computed_among(mapped_class, undefer))
    found = read(session, mapped_class, wanted.select, wanted.parameters, needs_instances=needs_instances)
    items = load_deferred(session, mapped_class, schema, found[: query.per_page], undefer, is_limited=True)
    total = session.scalar(wanted.count, wanted.parameters) if query.count else None
    more = len(found) > query.per_page
    has_cursor = more and places is None
    position = position_of(session, mapped_class, query, items[-1], wanted) if has_cursor else {}
    return Listing(items, more, total, position)


def select_members(
    mapped_class: MappedClass, visible: Visible, parent: MappedClass, query: Query
) -> tuple[sa.Select[Any], Any]:
    """Return the statement that finds the ``visible`` members of the relation ``query.within``.

    The second result is for the argument ``places`` of ``list_``.
    """
    within: Any = query.within
    relation, key = parent.relations[within.field], parent.encode(str(parent.schema.pk), within.key)
    base = mapped_class.select_all if visible is None else visible
    statement = base.where(one_of(mapped_class.key, relation.select_member_keys(key)))
    return statement, relation.select_places(key) if relation.sort is None and not query.sort else None


def create(session: Session, mapped_class: MappedClass, data: Values) -> Stored:
    """Insert a new instance and let its members join.

    Raises:
        Invalid: see ``MappedClass.build`` and ``change_members``.
        Conflict: a trigger or an event of the application deleted the instance. See also ``change_members`` and
            ``check_places``.
    """
    own, deferred = split(mapped_class, data)
    rows: Rows = defaultdict(set)
    add_members(rows, mapped_class, {}, deferred)
    lock_rows(session, rows)
    with session.no_autoflush:
        instance = mapped_class.build(session, own)
        session.add(instance)
        taken = takings(mapped_class, instance)
        mapped_class.keep_nulls(instance, own)
    with all_missing(mapped_class, instance), untyped(mapped_class, own):
        session.flush()
    check_places(session, taken)
    undefer = dict.fromkeys(deferred)
    return _written(session, mapped_class, instance, deferred, {}, schema=mapped_class.schema, undefer=undefer)


def update(session: Session, mapped_class: MappedClass, address: Address, visible: Visible, change: Change) -> Stored:
    """Lock the instance at ``address``, apply ``change`` and store the result.

    Args:
        session: the session of the act.
        mapped_class: the class of the instance.
        address: the address of the instance.
        visible: the statement that finds the instances that the request may see. None means all instances.
        change: a function from the stored values to the new ones.

    Raises:
        NotFound: no such instance exists, or it is not ``visible``.
        Invalid, Conflict: see ``create`` and ``check_owned``.
    """
    session.flush()  # writes the changes of receivers
    with session.no_autoflush:
        for attempt in lock_attempts(session, mapped_class, has_members=bool(address.undefer)):
            instance = load_locked(session, mapped_class, address, visible)
            [stored] = to_stored(session, mapped_class, address.schema, [instance], address.undefer)
            changed = mapped_class.schema.changed(stored.values, change(stored.values))
            check_owned(mapped_class, stored.values, changed)
            attempt.note(instance)
            add_members(attempt.wanted, mapped_class, stored.values, changed)
        own, deferred = split(mapped_class, changed)
        mapped_class.assign(instance, own)
        if not mapped_class.setters.keys().isdisjoint(own):
            session.add(instance)  # with the new instances that a setter has made
        taken = takings(mapped_class, instance)
    with untyped(mapped_class, own):
        session.flush()
    check_places(session, taken)
    if not changed:
        return replace(stored, previous=stored.values)
    names = (name for name in address.undefer if name not in mapped_class.elsewhere)
    again = {**dict.fromkeys(deferred), **dict.fromkeys(names)}
    before = stored.values
    written = _written(session, mapped_class, instance, deferred, before, schema=address.schema, undefer=again)
    kept = {name: stored.values[name] for name in address.undefer if name not in again}
    return replace(written, values={**written.values, **kept}, previous=stored.values)


def delete(
    session: Session,
    mapped_class: MappedClass,
    address: Address,
    visible: Visible,
    check: Callable[[Values], None] | None,
) -> Stored:
    """Lock the instance at ``address`` and delete it, unless ``check`` raises.

    Raises:
        NotFound: no such instance exists, or it is not ``visible``.
        BzzError: raised by ``check``.
    """
    session.flush()  # writes the changes of receivers
    with session.no_autoflush:
        instance = load_locked(session, mapped_class, address, visible)
        [stored] = to_stored(session, mapped_class, address.schema, [instance], address.undefer)
        if check is not None:
            check(stored.values)
        with related_rows():
            session.delete(instance)
            session.flush()
    return stored


def run(session: Session, instances: Sequence[Any], function: Callable[[], T]) -> T:
    """Return ``function()``, which may query the database through the instances.

    Changes to the instances are not stored.
    """
    with session.no_autoflush:
        session.add_all(instance for instance in instances if sa.inspect(instance).detached)
        return function()


def split(mapped_class: MappedClass, data: Values) -> tuple[Values, Values]:
    """Return two dicts of values.

    The first is for the instance's own row, the second for the deferred fields.
    """
    deferred = {name: value for name, value in data.items() if name in mapped_class.elsewhere}
    return {name: value for name, value in data.items() if name not in deferred}, deferred


def _written(
    session: Session,
    mapped_class: MappedClass,
    instance: Any,
    deferred: Values,
    previous: Values,
    *,
    schema: Schema,
    undefer: Undefer,
) -> Stored:
    """Write the members of ``deferred`` relations and return the stored instance.

    The instance has the values that the database has now.

    Args:
        session: the session of the instance.
        mapped_class: the class of the instance.
        instance: the instance.
        deferred: a dict from relation to its new members.
        previous: the values before the write.
        schema: the schema with which the provider was called.
        undefer: the deferred fields of the result.

    Raises:
        Conflict: the instance is not stored any more.
    """
    for name, value in deferred.items():
        change_members(session, mapped_class.relations[name], instance, previous.get(name), value)
    key = parameters(mapped_class.key_of(instance), len(mapped_class.key))
    found = load_all(session, mapped_class, mapped_class.select_by(str(mapped_class.schema.pk)), key)
    if is_union(mapped_class.mapper):  # another class may have a row with this key
        found = [one for one in found if type(one) is type(instance)]
    if not found:
        raise Conflict("The store did not keep the instance.")
    [stored] = to_stored(session, mapped_class, schema, found, undefer)
    return stored
