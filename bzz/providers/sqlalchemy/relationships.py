"""Relationships as references: whose keys they are, how they are loaded, and how members join and leave.

The key of a many-to-one relationship is in a column of the instance. All others are kept elsewhere, in the rows of the
members or in an association table, and are read and written there: a collection is never loaded to change it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty, Session, aliased
from sqlalchemy.orm.exc import StaleDataError

from bzz.exceptions import Conflict, Invalid

BATCH = 10_000  # keys in one statement; databases do not take any number


@dataclass(frozen=True)
class Relationship:
    """One relationship of a mapped class.

    Args:
        prop: as SQLAlchemy has it.
        key: the attribute that holds the primary key of whom it refers to; None if that is kept elsewhere.
    """

    prop: RelationshipProperty[Any]
    key: str | None

    @property
    def name(self) -> str:
        """The attribute."""
        return self.prop.key

    @property
    def model(self) -> type:
        """The class it refers to."""
        return self.prop.mapper.class_

    @property
    def many(self) -> bool:
        """Whether it refers to several."""
        return bool(self.prop.uselist)

    @property
    def is_writable(self) -> bool:
        """Whether it may be changed: not what only shows, nor what says which row it is, here or there."""
        own, theirs = self.prop.parent.primary_key, self.prop.mapper.primary_key
        pairs = self.prop.local_remote_pairs or ()
        is_identity = self.prop.secondary is None and any(
            local in own if self.key else remote in theirs for local, remote in pairs
        )
        return not (self.prop.viewonly or is_identity)

    @property
    def attribute(self) -> Any:
        """The attribute of the class."""
        return self.prop.class_attribute

    @property
    def target_key(self) -> Any:
        """The primary key of the class it refers to, as an attribute."""
        return _key(self.prop.mapper)

    def target(self, session: Session, key: Any) -> Any:
        """Return the instance with the primary key ``key``; None if there is none."""
        return None if key is None else session.get(self.model, key)

    def pairs(self, keys: Collection[Any], wanted: Collection[Any] | None = None) -> sa.Select[Any]:
        """Return the statement of who is whose member, in the order of members' keys.

        Args:
            keys: primary keys of instances that have the relationship.
            wanted: primary keys of the members to look for; None for all.
        """
        parent, member = _key(self.prop.parent), aliased(self.prop.mapper.class_)
        key = getattr(member, self.target_key.key)
        statement = sa.select(parent, key).select_from(self.prop.parent.class_)
        statement = statement.join(self.attribute.of_type(member)).where(parent.in_(keys)).order_by(key)
        return statement if wanted is None else statement.where(key.in_(wanted))

    def members(self, key: Any) -> sa.Select[Any]:
        """Return the statement of the primary keys of the members that the instance ``key`` has."""
        statement = self.pairs([key]).order_by(None)
        return statement.with_only_columns(statement.selected_columns[1])

    def held_keys(self, session: Session, keys: Collection[Any], wanted: Collection[Any] | None) -> dict[Any, Any]:
        """Return, by primary key, what each instance of ``keys`` refers to: a list of keys, or one or None."""
        found: defaultdict[Any, list[Any]] = defaultdict(list)
        for some in [None] if wanted is None else _batches([*wanted]):
            for key, member in session.execute(self.pairs(keys, some)):
                found[key].append(member)
        if self.many:
            return {key: found[key] for key in keys}
        return {key: next(iter(found[key]), None) for key in keys}

    def change(self, session: Session, instance: Any, before: Any, after: Any) -> None:
        """Have the members of ``instance`` be those of ``after``, where they were those of ``before``; flushes.

        Raises:
            Invalid: a member does not exist.
            Conflict: one cannot leave, or join.
        """
        old, new = _as_list(before), _as_list(after)
        leaving = [key for key in old if key not in {*new}]
        joining = [key for key in new if key not in {*old}]
        if self.prop.secondary is not None:
            self._write_rows(session, instance, leaving, joining)
        else:
            self._write_members(session, instance, leaving, joining)

    def _write_members(self, session: Session, instance: Any, leaving: list[Any], joining: list[Any]) -> None:
        """Set the foreign keys of the members."""
        pairs = [
            (getattr(instance, _attribute(self.prop.parent, local)), _attribute(self.prop.mapper, remote))
            for local, remote in self.prop.local_remote_pairs or ()
        ]
        found = self._found(session, leaving, joining)
        for keys, is_joining in ((leaving, False), (joining, True)):
            for key in found.keys() & {*keys}:
                for own, remote in pairs:
                    if is_joining or getattr(found[key], remote) == own:  # and has not been taken elsewhere meanwhile
                        setattr(found[key], remote, own if is_joining else None)
            try:
                session.flush()
            except (sa.exc.IntegrityError, StaleDataError) as error:
                raise Conflict("A constraint of the store forbids that a member leaves or joins.") from error

    def _write_rows(self, session: Session, instance: Any, leaving: list[Any], joining: list[Any]) -> None:
        """Write rows of the association table."""
        table: Any = self.prop.secondary
        where = {"mapper": self.prop.parent}
        own = _row(self.prop.parent, self.prop.synchronize_pairs, instance)
        found = self._found(session, leaving, joining)
        rows = {
            key: own | _row(self.prop.mapper, self.prop.secondary_synchronize_pairs or (), member)
            for key, member in found.items()
        }
        for key in rows.keys() & {*leaving}:
            leave = sa.delete(table).where(*(table.c[name] == value for name, value in rows[key].items()))
            session.execute(leave, bind_arguments=where)
        if joining:
            session.execute(sa.insert(table), [rows[key] for key in joining], bind_arguments=where)

    def _found(self, session: Session, leaving: Sequence[Any], joining: Sequence[Any]) -> dict[Any, Any]:
        """Return members by their keys, as they are now, locked in that order, so that nobody waits in a circle."""
        base = self.prop.mapper.base_mapper.local_table
        statement: Any = sa.select(self.model).order_by(self.target_key).with_for_update(of=base, key_share=True)
        statement = statement.execution_options(populate_existing=True)
        found: dict[Any, Any] = {}
        for some in _batches(sorted([*leaving, *joining])):
            members = session.scalars(statement.where(self.target_key.in_(some))).unique()
            found |= {_value(member): member for member in members}
        missing = [str(key) for key in joining if key not in found]  # who leaves may be gone altogether
        if missing:
            raise Invalid(errors={self.name: [f"there is no {self.model.__name__} {', '.join(missing)}"]})
        return found


def _batches(keys: list[Any]) -> Iterator[list[Any]]:
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))


def relationships(mapper: Mapper[Any]) -> Iterator[Relationship]:
    """Yield the relationships of a class that can be served.

    Left out is what refers to a class with a composite primary key, or by another key than the primary one.
    """
    for prop in mapper.relationships:
        if len(prop.mapper.primary_key) != 1 or prop.key.startswith("_"):
            continue
        if prop.direction is not RelationshipDirection.MANYTOONE:
            yield Relationship(prop, None)
            continue
        pairs = prop.local_remote_pairs or []
        if len(pairs) == 1 and _attribute(prop.mapper, pairs[0][1]) == _key(prop.mapper).key:
            yield Relationship(prop, _attribute(mapper, pairs[0][0]))


def _row(mapper: Mapper[Any], pairs: Iterable[tuple[Any, Any]], instance: Any) -> dict[str, Any]:
    """Return what an instance's row of an association table has of it, by the keys of that table's columns."""
    return {str(column.key): getattr(instance, _attribute(mapper, own)) for own, column in pairs}


def _key(mapper: Mapper[Any]) -> Any:
    return getattr(mapper.class_, _attribute(mapper, mapper.primary_key[0]))


def _attribute(mapper: Mapper[Any], column: Any) -> str:
    return mapper.get_property_by_column(column).key


def _value(instance: Any) -> Any:
    [key] = sa.inspect(instance).identity
    return key


def _as_list(held: Any) -> list[Any]:
    return held if isinstance(held, list) else [] if held is None else [held]
