"""Functions that change the members of a relation.

The relation is stored outside the parent's row. In a one-to-many relation, the members' foreign keys are set. In a
many-to-many relation, rows of the association table are written. The collection is never loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.exc import StaleDataError

from bzz.exceptions import Conflict, Invalid
from bzz.providers.sqlalchemy.keys import attribute_of, key_attributes, key_from, one_of
from bzz.providers.sqlalchemy.locks import for_update
from bzz.providers.sqlalchemy.relationships import Relationship, batches, clearable
from bzz.schema.composite_keys import join

Pairs = Sequence[tuple[Any, str]]  # pairs of a parent's value and the member's attribute that refers to it


def change_members(session: Session, relation: Relationship, parent: Any, before: Any, after: Any) -> None:
    """Let members join and leave a relation, and flush the session.

    The members that are only in ``after`` join. The members that are only in ``before`` leave.

    Args:
        session: a session in a transaction.
        relation: a relation of the parent's class.
        parent: the instance.
        before: primary keys of the members before the change. For a to-one relation, it is a key or None.
        after: primary keys of the members after the change, in the same form.

    Raises:
        Invalid: a member does not exist.
        Conflict: the database does not let a member leave or join.
    """
    old, new = _as_list(before), _as_list(after)
    leaving = [key for key in old if key not in {*new}]
    joining = [key for key in new if key not in {*old}]
    write = _set_foreign_keys if relation.prop.secondary is None else _write_association_rows
    write(session, relation, parent, leaving, joining)


def _set_foreign_keys(
    session: Session, relation: Relationship, parent: Any, leaving: list[Any], joining: list[Any]
) -> None:
    prop = relation.prop
    pairs = [
        (getattr(parent, attribute_of(prop.parent, local)), attribute_of(prop.mapper, remote))
        for local, remote in prop.local_remote_pairs or ()
    ]
    members = _load_locked(session, relation, leaving, joining)
    for keys, change in ((leaving, _clear_foreign_key), (joining, _set_foreign_key)):
        for key in members.keys() & {*keys}:
            change(relation, members[key], pairs)
        try:
            session.flush()
        except (sa.exc.IntegrityError, StaleDataError) as error:
            raise Conflict("A constraint of the store forbids that a member leaves or joins.") from error


def _clear_foreign_key(relation: Relationship, member: Any, pairs: Pairs) -> None:
    if all(getattr(member, remote) == own for own, remote in pairs):  # else another request has moved the member
        for remote in clearable(relation.prop.mapper, [remote for _, remote in pairs]):
            setattr(member, remote, None)


def _set_foreign_key(relation: Relationship, member: Any, pairs: Pairs) -> None:
    fixed = key_attributes(relation.prop.mapper)
    for own, remote in pairs:
        if remote not in fixed:
            setattr(member, remote, own)
        elif getattr(member, remote) != own:
            key = _text(key_from(sa.inspect(member).identity))
            raise Invalid(errors={relation.name: [f"{key} has another {remote}, which is part of its key"]})


def _write_association_rows(
    session: Session, relation: Relationship, parent: Any, leaving: list[Any], joining: list[Any]
) -> None:
    prop = relation.prop
    table: Any = prop.secondary
    where = {"mapper": prop.parent}
    own = _association_values(prop.parent, prop.synchronize_pairs, parent)
    rows = {
        key: own | _association_values(prop.mapper, prop.secondary_synchronize_pairs or (), member)
        for key, member in _load_locked(session, relation, leaving, joining).items()
    }
    for key in rows.keys() & {*leaving}:
        leave = sa.delete(table).where(*(table.c[name] == value for name, value in rows[key].items()))
        session.execute(leave, bind_arguments=where)
    if joining:
        session.execute(sa.insert(table), [rows[key] for key in joining], bind_arguments=where)


def _load_locked(
    session: Session, relation: Relationship, leaving: Sequence[Any], joining: Sequence[Any]
) -> dict[Any, Any]:
    """Lock members and return a dict from primary key to member.

    The members have their present values. The rows are locked in the order of their keys, which avoids deadlocks.

    Raises:
        Invalid: a joining member does not exist. If a leaving member does not exist, nothing is raised.
    """
    statement = for_update(sa.select(relation.model).order_by(*relation.member_key), relation.prop.mapper)
    statement = statement.execution_options(populate_existing=True)
    found: dict[Any, Any] = {}
    for some in batches(sorted([*leaving, *joining])):
        members = session.scalars(statement.where(one_of(relation.member_key, some))).unique()
        found |= {key_from(sa.inspect(member).identity): member for member in members}
    missing = [_text(key) for key in joining if key not in found]
    if missing:
        raise Invalid(errors={relation.name: [f"there is no {relation.model.__name__} {', '.join(missing)}"]})
    return found


def _association_values(mapper: Mapper[Any], pairs: Iterable[tuple[Any, Any]], instance: Any) -> dict[str, Any]:
    """Return a dict from column to value, for the association table.

    It contains the columns that refer to ``instance``.
    """
    return {str(column.key): getattr(instance, attribute_of(mapper, own)) for own, column in pairs}


def _text(key: Any) -> str:
    return join(map(str, key)) if isinstance(key, tuple) else str(key)


def _as_list(keys: Any) -> list[Any]:
    return keys if isinstance(keys, list) else [] if keys is None else [keys]
