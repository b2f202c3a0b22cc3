"""What each operation of the provider does with a session."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.exceptions import Conflict, NotFound
from bzz.providers.changes import Change
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.queries import first_page, narrow, page
from bzz.providers.values import Address, Listing, Query, Stored, Undefer
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

Visible = sa.Select[Any] | None  # what a request may see; None for everything


def get(session: Session, mapped: MappedClass, address: Address, visible: Visible, *, represent: bool) -> Stored:
    """Return the instance at an address; raise NotFound if there is none to be seen."""
    if visible is None:
        instance = _one(session, mapped.at(address.field), mapped, address)
    else:
        statement = visible.where(mapped.column(address.field) == sa.bindparam("key"))
        instance = _one(session, statement, mapped, address)
    [stored] = _stored(session, mapped, address.schema, [instance], address.undefer, represent=represent)
    return stored


def list_(
    session: Session, mapped: MappedClass, schema: Schema, visible: Visible, query: Query, *, represent: bool
) -> Listing:
    """Return the page of what is visible that a query asks for."""
    dialect = session.get_bind(mapped.mapper).dialect.name
    if visible is None and not query.where and query.after is None and query.page == 1:
        wanted, statement = mapped.everything, first_page(mapped, query, dialect)
    else:
        wanted = narrow(_each_once(mapped, visible), mapped, query, dialect)
        statement = page(wanted, mapped, query, dialect)
    found = _found(session, statement)
    items = _stored(session, mapped, schema, found[: query.per_page], query.undefer, represent=represent)
    total = None
    if query.count:
        keys = wanted.with_only_columns(mapped.key).order_by(None).subquery()
        total = session.scalar(sa.select(sa.func.count()).select_from(keys))
    return Listing(items, len(found) > query.per_page, total)


def _each_once(mapped: MappedClass, visible: Visible) -> sa.Select[Any]:
    """Return the statement of what is visible, each instance once: one that joins others may have it several times."""
    if visible is None:
        return mapped.everything
    own = mapped.everything.get_final_froms()
    if visible.get_final_froms() == own:
        return visible.order_by(None)
    keys = visible.with_only_columns(mapped.key).order_by(None)
    return mapped.everything.options(*visible._with_options).where(mapped.key.in_(keys))


def create(session: Session, mapped: MappedClass, data: Values) -> Stored:
    """Insert a new instance, and have what it is kept elsewhere refer to it."""
    own, elsewhere = _split(mapped, data)
    with session.no_autoflush:
        instance = mapped.build(session, own)
        session.add(instance)
    session.flush()
    return _written(session, mapped, instance, elsewhere, {})


def update(
    session: Session, mapped: MappedClass, address: Address, visible: Visible, change: Change, *, given: set[str]
) -> Stored:
    """Store what ``change`` makes of the instance at an address, locked; add to ``given`` the fields that change."""
    session.flush()  # what receivers have begun
    with session.no_autoflush:
        instance = _locked(session, mapped, address, visible)
        [stored] = _stored(session, mapped, address.schema, [instance], address.undefer)
        changed = mapped.schema.changed(stored.values, change(stored.values))
        given.update(changed)
        own, elsewhere = _split(mapped, changed)
        mapped.assign(instance, own)
    session.flush()
    if not changed:
        return replace(stored, previous=stored.values)
    written = _written(session, mapped, instance, elsewhere, stored.values)
    return replace(written, previous=stored.values)


def delete(
    session: Session,
    mapped: MappedClass,
    address: Address,
    visible: Visible,
    check: Callable[[Values], None] | None,
) -> Stored:
    """Delete the instance at an address, locked, if it stands ``check``."""
    session.flush()  # what receivers have begun
    with session.no_autoflush:
        instance = _locked(session, mapped, address, visible)
        values = mapped.values(instance)
        if check is not None:
            check(values)
        session.delete(instance)
    session.flush()
    return Stored(instance, values)


def represent(
    session: Session, mapped: MappedClass, schema: Schema, instances: Sequence[Any], undefer: Undefer
) -> Sequence[Stored]:
    """Return what instances hold, with their representations; nothing that receivers did to them is stored."""
    with session.no_autoflush:
        session.add_all(instance for instance in instances if sa.inspect(instance).detached)
        return _stored(session, mapped, schema, instances, undefer, represent=True)


def detach(session: Session, known: Collection[Any]) -> None:
    """Have the session know no more than the identities it ``known`` before: what was read is there to look at."""
    for key in {*session.identity_map.keys()}.difference(known):
        instance = session.identity_map.get(key)
        if instance is not None:  # else it went with another
            session.expunge(instance)


def _one(session: Session, statement: Any, mapped: MappedClass, address: Address) -> Any:
    key = mapped.bound(address.field, address.key)
    for instance in _found(session, statement, {"key": key}):
        return instance
    raise NotFound(NO_INSTANCE)


def _found(session: Session, statement: Any, parameters: Any = None) -> Sequence[Any]:
    """Return the instances that a statement finds, as they are stored now, be they known to the session or not."""
    options = {"populate_existing": True} if session.identity_map else {}  # which takes time
    return session.scalars(statement, parameters, execution_options=options).unique().all()


def _locked(session: Session, mapped: MappedClass, address: Address, visible: Visible) -> Any:
    """Return the instance at an address as it is now, and will be until the transaction ends."""
    for statement in mapped.write_locks.get(session.get_bind(mapped.mapper).dialect.name, ()):
        session.execute(statement, bind_arguments={"mapper": mapped.mapper})
    instance = _one(session, mapped.locking(address.field), mapped, address)
    if visible is not None:
        key = getattr(instance, mapped.key.key)
        if session.execute(visible.where(mapped.key == key).with_only_columns(mapped.key)).first() is None:
            raise NotFound(NO_INSTANCE)
    return instance


def _split(mapped: MappedClass, data: Values) -> tuple[Values, Values]:
    """Return what an instance holds itself, and what is kept elsewhere."""
    elsewhere = {name: value for name, value in data.items() if name in mapped.schema.deferred}
    return {name: value for name, value in data.items() if name not in elsewhere}, elsewhere


def _written(session: Session, mapped: MappedClass, instance: Any, elsewhere: Values, previous: Values) -> Stored:
    """Return an instance as the database has it now, once what is kept ``elsewhere`` is written, too."""
    for name, value in elsewhere.items():
        mapped.relations[name].change(session, instance, previous.get(name), value)
    key = getattr(instance, mapped.key.key)
    found = _found(session, mapped.at(str(mapped.schema.pk)), {"key": key})
    if not found:
        raise Conflict("The store has not kept it.")
    [instance] = found
    undefer: Undefer = dict.fromkeys(elsewhere)
    [stored] = _stored(session, mapped, mapped.schema, [instance], undefer)
    return stored


def _stored(
    session: Session,
    mapped: MappedClass,
    schema: Schema,
    instances: Sequence[Any],
    undefer: Undefer,
    *,
    represent: bool = False,
) -> Sequence[Stored]:
    values = [mapped.values(instance) for instance in instances]
    if undefer and instances:
        keys = [getattr(instance, mapped.key.key) for instance in instances]
        for name, wanted in undefer.items():
            found = mapped.relations[name].held_keys(session, keys, wanted)
            for key, held in zip(keys, values, strict=True):
                held[name] = found[key]
    bodies = map(schema.represent, values, instances) if represent else [None] * len(instances)
    return [Stored(instance, held, body) for instance, held, body in zip(instances, values, bodies, strict=True)]
