"""Functions that load instances with statements.

``to_stored`` returns such instances as ``Stored``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.exceptions import BadRequest, NotFound
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.values import Address, Stored, Undefer
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.schema import Schema

MAX_MEMBERS = 100_000  # keys of members that one read loads
Visible = sa.Select[Any] | None  # finds the instances that the request may see; None if it may see all


def load_all(session: Session, statement: Any, parameters: Any = None) -> Sequence[Any]:
    """Return the instances that ``statement`` finds, as they are stored now.

    If the session already has an instance, its values are loaded again.
    """
    options = {"populate_existing": True} if session.identity_map else {}  # the option costs time
    return session.scalars(statement, parameters, execution_options=options).unique().all()


def load_one(session: Session, statement: Any, mapped_class: MappedClass, address: Address) -> Any:
    """Return the instance that ``statement`` finds for ``address``.

    The parameters of the statement are those of ``MappedClass.equals``, for the field of the address.

    Raises:
        NotFound: the statement finds no instance.
    """
    for instance in load_all(session, statement, mapped_class.parameters(address.field, address.key)):
        return instance
    raise NotFound(NO_INSTANCE)


def to_stored(
    session: Session,
    mapped_class: MappedClass,
    schema: Schema,
    instances: Sequence[Any],
    undefer: Undefer,
    *,
    represent: bool = False,
    is_limited: bool = False,
) -> Sequence[Stored]:
    """Return instances as ``Stored``.

    Query once for each deferred field that ``undefer`` names.

    Args:
        session: the session of the instances.
        mapped_class: the class of the instances.
        schema: the schema with which the provider was called. It makes the representations.
        instances: instances of the class.
        undefer: the deferred fields to load with the instances.
        represent: whether the results contain the representations.
        is_limited: whether ``undefer`` may load at most ``MAX_MEMBERS`` members.

    Raises:
        BadRequest: there are more members.
    """
    values = [mapped_class.values(instance) for instance in instances]
    if undefer and instances:
        keys = [mapped_class.key_of(instance) for instance in instances]
        left = MAX_MEMBERS
        for name, wanted in undefer.items():
            found = mapped_class.relations[name].member_keys(session, keys, wanted, left + 1 if is_limited else None)
            left -= sum(len(held) if isinstance(held, list) else 1 for held in found.values()) if is_limited else 0
            if left < 0:
                raise BadRequest(f"At most {MAX_MEMBERS} members are shown at once; ask for fewer instances or fields.")
            for key, held in zip(keys, values, strict=True):
                held[name] = found[key]
    bodies = map(schema.represent, values, instances) if represent else [None] * len(instances)
    return [Stored(instance, held, body) for instance, held, body in zip(instances, values, bodies, strict=True)]
