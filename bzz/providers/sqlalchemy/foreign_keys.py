"""The foreign keys of a one-to-many relation's members."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy.keys import attribute_of, key_attributes, key_from, one_of
from bzz.providers.sqlalchemy.locks import for_update
from bzz.providers.sqlalchemy.member_rows import check_fixed, check_found, find
from bzz.providers.sqlalchemy.relationships import Relationship, batches, clearable

INSTANCES = 250  # in one flush, which must not keep the loop of an asynchronous session for long
EVENTS = ("before_update", "after_update")
SESSION_EVENTS = ("before_flush", "after_flush", "after_flush_postexec")


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """The foreign key by which members refer to one parent.

    Args:
        columns: the column of each attribute of the members.
        values: the value of each attribute.
        fixed: the values of the attributes that are part of the members' primary key.
        cleared: the values of the attributes that change when a member leaves.
    """

    columns: dict[str, Any]
    values: dict[str, Any]
    fixed: dict[str, Any]
    cleared: dict[str, Any]

    @property
    def changing(self) -> dict[str, Any]:
        """The values of the attributes that change when a member joins."""
        return {name: value for name, value in self.values.items() if name not in self.fixed}

    def row(self, values: dict[str, Any]) -> dict[Any, Any]:
        """Return a dict from column to value."""
        return {self.columns[name]: value for name, value in values.items()}


def set_foreign_keys(
    session: Session, relation: Relationship, parent: Any, leaving: list[Any], joining: list[Any]
) -> None:
    """Let members leave, and after that let members join.

    A member that another request moved to another parent does not leave.

    Raises:
        Invalid: a joining member does not exist, its class refused its foreign key, or its primary key fixes another.
        IntegrityError, StaleDataError: the database does not let a member leave or join.
    """
    key = _foreign_key(relation, parent)
    write = _update_instances if _has_listeners(session, relation, key.columns) else _update_rows
    write(session, relation, key, leaving, joining)


def _foreign_key(relation: Relationship, parent: Any) -> ForeignKey:
    prop = relation.prop
    pairs = [(attribute_of(prop.mapper, remote), local, remote) for local, remote in prop.local_remote_pairs or ()]
    values = {name: getattr(parent, attribute_of(prop.parent, local)) for name, local, _ in pairs}
    primary = key_attributes(prop.mapper)
    return ForeignKey(
        columns={name: remote for name, _, remote in pairs},
        values=values,
        fixed={name: value for name, value in values.items() if name in primary},
        cleared=dict.fromkeys(clearable(prop.mapper, [*values])),
    )


def _update_rows(
    session: Session, relation: Relationship, key: ForeignKey, leaving: list[Any], joining: list[Any]
) -> None:
    """Change the foreign keys of rows.

    The statements name the rows by their primary keys alone, so that any database finds them by its index.
    """
    primary, where = relation.prop.mapper.primary_key, {"mapper": relation.prop.mapper}
    update, values = sa.update(primary[0].table), tuple(key.values.values())
    for some in batches(leaving):
        found = find(session, relation, some, key.values)
        mine = [each for each, held in found.items() if tuple(held) == values]
        leave = update.where(one_of(primary, mine)).values(key.row(key.cleared))
        session.execute(leave, bind_arguments=where)
    for some in batches(joining):
        found = find(session, relation, some, key.fixed)
        check_found(relation, some, found)
        for each, held in found.items():
            check_fixed(relation, each, dict(zip(key.fixed, held, strict=True)), key.fixed)
        join = update.where(one_of(primary, some)).values(key.row(key.changing))
        session.execute(join, bind_arguments=where)


def _update_instances(
    session: Session, relation: Relationship, key: ForeignKey, leaving: list[Any], joining: list[Any]
) -> None:
    """Change the foreign keys of instances.

    So the events of their class run, and their versions change.
    """
    for some in batches(leaving, INSTANCES):
        for member in _load_locked(session, relation, some).values():
            if all(getattr(member, name) == value for name, value in key.values.items()):
                _set(relation, member, key.cleared)
        session.flush()
    for some in batches(joining, INSTANCES):
        found = _load_locked(session, relation, some)
        check_found(relation, some, found)
        for each, member in found.items():
            check_fixed(relation, each, {name: getattr(member, name) for name in key.fixed}, key.fixed)
            _set(relation, member, key.changing)
        session.flush()


def _load_locked(session: Session, relation: Relationship, keys: list[Any]) -> dict[Any, Any]:
    """Lock members, and return a dict from primary key to member, with its present values."""
    statement: Any = sa.select(relation.model).where(one_of(relation.member_key, keys)).order_by(*relation.member_key)
    statement = for_update(statement, relation.prop.mapper).execution_options(populate_existing=True)
    return {key_from(sa.inspect(member).identity): member for member in session.scalars(statement).unique()}


def _set(relation: Relationship, member: Any, values: dict[str, Any]) -> None:
    """Set attributes of a member.

    Raises:
        Invalid: a validator of the member's class refused a value.
    """
    try:
        for name, value in values.items():
            setattr(member, name, value)
    except ValueError as error:
        raise Invalid(errors={relation.name: [str(error)]}) from error


def _has_listeners(session: Session, relation: Relationship, columns: dict[str, Any]) -> bool:
    """Return whether a change of ``columns`` must go through instances.

    It must if the application listens for such changes, or if the ORM makes other values from them.
    """
    mapper = relation.prop.mapper
    table: Any = mapper.primary_key[0].table
    return (
        mapper.version_id_col is not None
        or any(column.table is not table for column in (*columns.values(), *mapper.primary_key))
        or any(column.onupdate is not None and column.onupdate.is_callable for column in table.columns)
        or any(getattr(session.dispatch, name) for name in SESSION_EVENTS)
        or any(getattr(each.dispatch, name) for each in mapper.self_and_descendants for name in EVENTS)
        or any(getattr(each.class_, name).dispatch.set for each in mapper.self_and_descendants for name in columns)
    )
