"""Functions that load instances with statements.

``to_stored`` returns such instances as ``Stored``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.exceptions import BadRequest, NotFound
from bzz.providers.sqlalchemy.broken_rows import BROKEN, POPULATE, is_about_a_row, is_broken, load_each, mark_whole
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.values import Address, Stored, Undefer
from bzz.schema.computed import computed_values
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.schema import Schema

MAX_QUERYING = 100  # instances for which a request may ask for a computed field that executes statements
MAX_MEMBERS = 100_000  # keys of members that one read loads
Visible = sa.Select[Any] | None  # finds the instances that the request may see; None if it may see all


def load_all(session: Session, mapped_class: MappedClass, statement: Any, parameters: Any = None) -> Sequence[Any]:
    """Return the instances of a class that ``statement`` finds, as they are stored now.

    If the session already has an instance, its values are loaded again. An instance may be broken.
    """
    try:
        found = populated(session, statement, parameters)
    except Exception as error:
        if not is_about_a_row(error):
            raise
        return [*load_each(session, mapped_class, statement, parameters)]
    if BROKEN in session.info:
        mark_whole(session, found)
    return found


def populated(session: Session, statement: Any, parameters: Any = None) -> Sequence[Any]:
    """Return the instances that ``statement`` finds, as they are stored now. None of them may be broken."""
    options = POPULATE if session.identity_map else {}  # the option costs time
    return session.scalars(statement, parameters, execution_options=options).unique().all()


def load_one(session: Session, statement: Any, mapped_class: MappedClass, address: Address) -> Any:
    """Return the instance that ``statement`` finds for ``address``.

    The parameters of the statement are those of ``MappedClass.equals``, for the field of the address.

    Raises:
        NotFound: the statement finds no instance.
    """
    for instance in load_all(session, mapped_class, statement, mapped_class.parameters(address.field, address.key)):
        return instance
    raise NotFound(NO_INSTANCE)


@contextmanager
def limited(session: Session) -> Iterator[None]:
    """Refuse statements that computed fields execute in the block.

    Raises:
        BadRequest: a computed field has executed one.
    """
    refused = []

    def refuse(_: object) -> None:
        refused.append(BadRequest(f"A field in fields is shown for at most {MAX_QUERYING} instances at once."))
        raise refused[0]

    sa.event.listen(session, "do_orm_execute", refuse)
    try:
        yield
    finally:
        sa.event.remove(session, "do_orm_execute", refuse)
    if refused:
        raise refused[0]


def stored_instances(session: Session, mapped_class: MappedClass, instances: Sequence[Any]) -> Sequence[Stored]:
    """Return instances of a session as ``Stored``, without deferred fields."""
    may_be_broken = BROKEN in session.info
    return [
        Stored(one, mapped_class.values(one), is_broken=may_be_broken and is_broken(session, one)) for one in instances
    ]


def to_stored(
    session: Session, mapped_class: MappedClass, schema: Schema, instances: Sequence[Any], undefer: Undefer
) -> Sequence[Stored]:
    """Return instances as ``Stored``, with the deferred fields that ``undefer`` names. See ``load_deferred``."""
    return load_deferred(session, mapped_class, schema, stored_instances(session, mapped_class, instances), undefer)


def load_deferred(
    session: Session,
    mapped_class: MappedClass,
    schema: Schema,
    items: Sequence[Stored],
    undefer: Undefer,
    *,
    is_limited: bool = False,
) -> Sequence[Stored]:
    """Add deferred fields to the values of stored instances, and return the instances.

    Query once for each relation that ``undefer`` names. Compute the other fields that it names.

    Args:
        session: the session of the instances.
        mapped_class: the class of the instances.
        schema: the schema with which the provider was called.
        items: the instances. An item without an instance has its primary key in ``origin``.
        undefer: the deferred fields to load with the instances. If it names computed fields, no item may lack its
            instance.
        is_limited: whether ``undefer`` may load at most ``MAX_MEMBERS`` members.

    Raises:
        BadRequest: there are more members. The reason may also be that computed fields query the database for too many
            instances.
    """
    if not (undefer and items):
        return items
    keys = [item.origin if item.instance is None else mapped_class.key_of(item.instance) for item in items]
    left, computed = MAX_MEMBERS, computed_among(mapped_class, undefer)
    for name, wanted in undefer.items():
        if name in computed:
            continue
        found = mapped_class.relations[name].member_keys(session, keys, wanted, left + 1 if is_limited else None)
        left -= sum(len(held) if isinstance(held, list) else 1 for held in found.values()) if is_limited else 0
        if left < 0:
            raise BadRequest(f"At most {MAX_MEMBERS} members are shown at once; ask for fewer instances or fields.")
        for key, item in zip(keys, items, strict=True):
            item.values[name] = found[key]
    if computed:
        is_asked = is_limited and not all(schema.fields[name].is_shown for name in computed)
        with limited(session) if is_asked and len(items) > MAX_QUERYING else nullcontext():
            for item in items:
                item.values.update(computed_values(schema, item.instance, computed))
    return items


def computed_among(mapped_class: MappedClass, undefer: Undefer) -> list[str]:
    """Return the names of the computed fields that ``undefer`` names. They need instances."""
    return [name for name in undefer if name not in mapped_class.relations]
