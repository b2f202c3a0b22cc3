"""What each operation of the provider does with a session."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.changes import Change
from bzz.exceptions import Conflict, NotFound
from bzz.interfaces import Address, Listing, Load, Query, Stored
from bzz.providers.sqlalchemy.queries import first_page, narrow, page
from bzz.providers.sqlalchemy.schemas import Schema
from bzz.resources import NO_INSTANCE, Resource, Values

Visible = sa.Select[Any] | None  # what a request may see; None for everything


def get(session: Session, schema: Schema, address: Address, visible: Visible, *, represent: bool) -> Stored:
    """Return the instance at an address; raise NotFound if there is none to be seen."""
    if visible is None:
        instance = _one(session, schema.at(address.field), schema, address)
    else:
        statement = visible.where(schema.column(address.field) == sa.bindparam("key"))
        instance = _one(session, statement, schema, address)
    [stored] = _stored(session, schema, address.resource, [instance], address.load, represent=represent)
    return stored


def list_(
    session: Session, schema: Schema, resource: Resource, visible: Visible, query: Query, *, represent: bool
) -> Listing:
    """Return the page of what is visible that a query asks for."""
    dialect = session.get_bind(schema.mapper).dialect.name
    if visible is None and not query.where and query.after is None and query.page == 1:
        wanted, statement = schema.everything, first_page(schema, query, dialect)
    else:
        wanted = narrow(_each_once(schema, visible), schema, query, dialect)
        statement = page(wanted, schema, query, dialect)
    found = _found(session, statement)
    items = _stored(session, schema, resource, found[: query.per_page], query.load, represent=represent)
    total = None
    if query.count:
        keys = wanted.with_only_columns(schema.key).order_by(None).subquery()
        total = session.scalar(sa.select(sa.func.count()).select_from(keys))
    return Listing(items, len(found) > query.per_page, total)


def _each_once(schema: Schema, visible: Visible) -> sa.Select[Any]:
    """Return the statement of what is visible, each instance once: one that joins others may have it several times."""
    if visible is None:
        return schema.everything
    own = schema.everything.get_final_froms()
    if visible.get_final_froms() == own:
        return visible.order_by(None)
    keys = visible.with_only_columns(schema.key).order_by(None)
    return schema.everything.options(*visible._with_options).where(schema.key.in_(keys))


def create(session: Session, schema: Schema, data: Values) -> Stored:
    """Insert a new instance, and have what it is kept elsewhere refer to it."""
    own, elsewhere = _split(schema, data)
    with session.no_autoflush:
        instance = schema.build(session, own)
        session.add(instance)
    session.flush()
    return _written(session, schema, instance, elsewhere, {})


def update(
    session: Session, schema: Schema, address: Address, visible: Visible, change: Change, *, given: set[str]
) -> Stored:
    """Store what ``change`` makes of the instance at an address, locked; add to ``given`` the fields that change."""
    session.flush()  # what receivers have begun
    with session.no_autoflush:
        instance = _locked(session, schema, address, visible)
        [stored] = _stored(session, schema, address.resource, [instance], address.load)
        changed = schema.resource.changed(stored.values, change(stored.values))
        given.update(changed)
        own, elsewhere = _split(schema, changed)
        schema.assign(instance, own)
    session.flush()
    if not changed:
        return replace(stored, previous=stored.values)
    written = _written(session, schema, instance, elsewhere, stored.values)
    return replace(written, previous=stored.values)


def delete(
    session: Session,
    schema: Schema,
    address: Address,
    visible: Visible,
    check: Callable[[Values], None] | None,
) -> Stored:
    """Delete the instance at an address, locked, if it stands ``check``."""
    session.flush()  # what receivers have begun
    with session.no_autoflush:
        instance = _locked(session, schema, address, visible)
        values = schema.values(instance)
        if check is not None:
            check(values)
        session.delete(instance)
    session.flush()
    return Stored(instance, values)


def represent(
    session: Session, schema: Schema, resource: Resource, instances: Sequence[Any], load: Load
) -> Sequence[Stored]:
    """Return what instances hold, with their representations; nothing that receivers did to them is stored."""
    with session.no_autoflush:
        session.add_all(instance for instance in instances if sa.inspect(instance).detached)
        return _stored(session, schema, resource, instances, load, represent=True)


def detach(session: Session, known: Collection[Any]) -> None:
    """Have the session know no more than the identities it ``known`` before: what was read is there to look at."""
    for key in {*session.identity_map.keys()}.difference(known):
        instance = session.identity_map.get(key)
        if instance is not None:  # else it went with another
            session.expunge(instance)


def _one(session: Session, statement: Any, schema: Schema, address: Address) -> Any:
    key = schema.bound(address.field, address.key)
    for instance in _found(session, statement, {"key": key}):
        return instance
    raise NotFound(NO_INSTANCE)


def _found(session: Session, statement: Any, parameters: Any = None) -> Sequence[Any]:
    """Return the instances that a statement finds, as they are stored now, be they known to the session or not."""
    options = {"populate_existing": True} if session.identity_map else {}  # which takes time
    return session.scalars(statement, parameters, execution_options=options).unique().all()


def _locked(session: Session, schema: Schema, address: Address, visible: Visible) -> Any:
    """Return the instance at an address as it is now, and will be until the transaction ends."""
    for statement in schema.write_locks.get(session.get_bind(schema.mapper).dialect.name, ()):
        session.execute(statement, bind_arguments={"mapper": schema.mapper})
    instance = _one(session, schema.locking(address.field), schema, address)
    if visible is not None:
        key = getattr(instance, schema.key.key)
        if session.execute(visible.where(schema.key == key).with_only_columns(schema.key)).first() is None:
            raise NotFound(NO_INSTANCE)
    return instance


def _split(schema: Schema, data: Values) -> tuple[Values, Values]:
    """Return what an instance holds itself, and what is kept elsewhere."""
    elsewhere = {name: value for name, value in data.items() if name in schema.resource.deferred}
    return {name: value for name, value in data.items() if name not in elsewhere}, elsewhere


def _written(session: Session, schema: Schema, instance: Any, elsewhere: Values, previous: Values) -> Stored:
    """Return an instance as the database has it now, once what is kept ``elsewhere`` is written, too."""
    for name, value in elsewhere.items():
        schema.relations[name].change(session, instance, previous.get(name), value)
    key = getattr(instance, schema.key.key)
    found = _found(session, schema.at(str(schema.resource.pk)), {"key": key})
    if not found:
        raise Conflict("The store has not kept it.")
    [instance] = found
    load: Load = dict.fromkeys(elsewhere)
    [stored] = _stored(session, schema, schema.resource, [instance], load)
    return stored


def _stored(
    session: Session,
    schema: Schema,
    resource: Resource,
    instances: Sequence[Any],
    load: Load,
    *,
    represent: bool = False,
) -> Sequence[Stored]:
    values = [schema.values(instance) for instance in instances]
    if load and instances:
        keys = [getattr(instance, schema.key.key) for instance in instances]
        for name, wanted in load.items():
            found = schema.relations[name].load(session, keys, wanted)
            for key, held in zip(keys, values, strict=True):
                held[name] = found[key]
    bodies = map(resource.represent, values, instances) if represent else [None] * len(instances)
    return [Stored(instance, held, body) for instance, held, body in zip(instances, values, bodies, strict=True)]
