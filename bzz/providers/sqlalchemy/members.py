"""Functions that change the members of a relation.

The relation is stored outside the parent's row. In a one-to-many relation, the members' foreign keys are set. In a
many-to-many relation, rows of the association table are written. The collection is never loaded. The members are loaded
only if the application listens for changes of their class. Statements name the members in batches.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from bzz.exceptions import Conflict, Invalid
from bzz.providers.sqlalchemy.association_rows import write_association_rows
from bzz.providers.sqlalchemy.foreign_keys import set_foreign_keys
from bzz.providers.sqlalchemy.holders import leaves_orphans
from bzz.providers.sqlalchemy.keys import key_from, one_of
from bzz.providers.sqlalchemy.locks import Rows
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.proxies import Proxy
from bzz.providers.sqlalchemy.registries import root_of
from bzz.providers.sqlalchemy.relationships import Relationship, batches
from bzz.schema.fields import Values


def add_members(rows: Rows, mapped_class: MappedClass, before: Values, changed: Values) -> None:
    """Add to ``rows`` the members that join or leave.

    Args:
        rows: the rows to lock.
        mapped_class: the class of the parent.
        before: the values of the parent before the change.
        changed: the new values of the fields that change.
    """
    for name in changed.keys() & mapped_class.elsewhere:
        mapper = root_of(mapped_class.relations[name].prop.mapper)
        for keys in _moving(before.get(name), changed[name]):
            rows[mapper].update(keys)


def check_owned(mapped_class: MappedClass, before: Values, changed: Values) -> None:
    """Check that no member leaves a relation with the cascade ``delete-orphan``.

    SQLAlchemy itself would delete this member. bzz deletes the members that leave a one-to-many relation at its path:
    it then writes the members, not the relation.

    Args:
        mapped_class: the class of the parent.
        before: the values of the parent before the change.
        changed: the new values of the fields that change.

    Raises:
        Conflict: a member would leave.
    """
    for name in changed.keys() & mapped_class.once("owned", lambda: frozenset(_owned(mapped_class))):
        leaving, _ = _moving(before.get(name), changed[name])
        if leaving:
            detail = (
                "A member that belongs to this instance alone cannot leave it; delete the member, or this instance."
            )
            raise Conflict(detail, errors={name: ["has a member that cannot leave"]})


def change_members(session: Session, relation: Relationship, parent: Any, before: Any, after: Any) -> None:
    """Let members join and leave a relation, and flush the session.

    The members that are only in ``after`` join. The members that are only in ``before`` leave. Members that the session
    already has are loaded again.

    Args:
        session: a session in a transaction.
        relation: a relation of the parent's class.
        parent: the instance.
        before: primary keys of the members before the change. For a to-one relation, it is a key or None.
        after: primary keys of the members after the change, in the same form.

    Raises:
        Invalid: a member does not exist, its class refused its foreign key, or its primary key fixes another one. The
            reason may also be that the relation is a proxy, whose association objects must be written instead.
        Conflict: the database does not let a member leave or join.
    """
    if isinstance(relation, Proxy):
        raise Invalid(errors={relation.name: ["is read-only"]})
    leaving, joining = _moving(before, after)
    if relation.prop.secondary is not None:
        write_association_rows(session, relation, parent, leaving, joining)
    else:
        try:
            set_foreign_keys(session, relation, parent, leaving, joining)
        except (sa.exc.IntegrityError, StaleDataError) as error:
            raise Conflict("A constraint of the store forbids that a member leaves or joins.") from error
    _load_again(session, relation, {*leaving, *joining})


def _owned(mapped_class: MappedClass) -> Iterator[str]:
    for name, relation in mapped_class.relations.items():
        if not isinstance(relation, Proxy) and leaves_orphans(relation.prop):
            yield name


def _load_again(session: Session, relation: Relationship, keys: Collection[Any]) -> None:
    """Load those members again that the session has, so that it has no old values."""
    members = [one for one in session.identity_map.values() if isinstance(one, relation.model)]
    held = [key for key in (key_from(sa.inspect(one).identity) for one in members) if key in keys]
    statement: Any = sa.select(relation.model).execution_options(populate_existing=True)
    for some in batches(held):
        session.scalars(statement.where(one_of(relation.member_key, some))).unique().all()


def _moving(before: Any, after: Any) -> tuple[list[Any], list[Any]]:
    """Return the keys that are only in ``before``, and those that are only in ``after``."""
    old, new = dict.fromkeys(_as_list(before)), dict.fromkeys(_as_list(after))
    return [key for key in old if key not in new], [key for key in new if key not in old]


def _as_list(keys: Any) -> list[Any]:
    return keys if isinstance(keys, list) else [] if keys is None else [keys]
