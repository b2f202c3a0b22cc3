"""Relationships as references, and the statements that read their keys.

The key of a many-to-one relationship is a foreign key in the instance's own row. The keys of all other relationships
are stored elsewhere: in the rows of the members or in an association table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty, Session, aliased

from bzz.providers.sqlalchemy.associations import association_of
from bzz.providers.sqlalchemy.keys import attribute_of, key_attributes, key_from, one_of, parameters
from bzz.providers.sqlalchemy.orders import Sort, column_order, sort_of
from bzz.providers.sqlalchemy.registries import is_union

BATCH = 1_000  # values in one statement: databases limit their number, and more would keep an event loop for long


@dataclass(frozen=True)
class Relationship:
    """One relationship of a mapped class.

    Args:
        prop: SQLAlchemy's own property.
        keys: the attributes of the foreign key in the instance's own row, in the order of the primary key that it
            refers to. Empty if the keys are stored elsewhere.
    """

    prop: RelationshipProperty[Any]
    keys: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the attribute and of the field."""
        return self.prop.key

    @property
    def model(self) -> type:
        """The class of the members."""
        return self.prop.mapper.class_

    @property
    def many(self) -> bool:
        """Whether an instance can have several members. One foreign key refers to one member."""
        return bool(self.prop.uselist) and self.prop.direction is not RelationshipDirection.MANYTOONE

    @property
    def is_writable(self) -> bool:
        """Whether members can join and leave.

        They cannot if the relationship is view-only, if its members have several tables, if its ``secondary`` is
        neither a table nor an alias of a mapped table, or if the whole foreign key is part of a primary key. Members
        that the relationship owns may leave all the same, because they are deleted then.
        """
        if is_union(self.prop.mapper):
            return False
        own, theirs = self.prop.parent.primary_key, self.prop.mapper.primary_key
        pairs = self.prop.local_remote_pairs or ()
        is_identity = self.prop.secondary is None and all(
            local in own if self.keys else remote in theirs for local, remote in pairs
        )
        is_table = self.prop.secondary is None or isinstance(self.prop.secondary, sa.Table)
        is_stored = is_table or association_of(self.prop) is not None
        return is_stored and not self.prop.viewonly and (not is_identity or self.prop.cascade.delete_orphan)

    @property
    def is_insertable(self) -> bool:
        """Whether a new instance can have members.

        A new instance can also have the member that its primary key contains.
        """
        return self.is_writable or (bool(self.keys) and not self.prop.viewonly)

    @property
    def attribute(self) -> Any:
        """The attribute of the class, to use in statements."""
        return self.prop.class_attribute

    @property
    def member_key(self) -> list[Any]:
        """The columns of the members' primary key."""
        return [getattr(self.model, name) for name in key_attributes(self.prop.mapper)]

    def load(self, session: Session, key: Any) -> Any:
        """Return the member with the primary key ``key``, or None."""
        return None if key is None else session.get(self.model, key)

    @cached_property
    def sort(self) -> Sort | None:
        """The order of the members, as ``orders.sort_of`` returns it."""
        return sort_of(self.prop, covered_attributes(self.prop.mapper))

    def order(self, dialect: str) -> list[Any]:
        """Return the SQL order of the members. Their primary key decides the order of equal members."""
        if self.sort:
            own = [(getattr(self.model, name), descending) for name, descending in self.sort]
            return [*(column_order(column, dialect, descending=down) for column, down in own), *self.member_key]
        return [*self.own_order, *self.member_key]

    @cached_property
    def own_order(self) -> list[Any]:
        """The SQL order of the relationship.

        The order must not contain the association table of a recursive relationship, which occurs under another name.
        """
        is_elsewhere = self.is_recursive and self.prop.secondary is not None and not self.sort
        return [] if is_elsewhere else [*(self.prop.order_by or ())]

    @cached_property
    def is_recursive(self) -> bool:
        """Whether the parents and the members have a common table."""
        return not {*self.prop.parent.tables}.isdisjoint(self.prop.mapper.tables)

    def select_pairs(self, keys: Collection[Any], wanted: Collection[Any] | None = None) -> sa.Select[Any]:
        """Return the statement that finds pairs of primary keys.

        The first key of a pair is a parent's, the second a member's.

        Args:
            keys: primary keys of the parents.
            wanted: primary keys of the members to find. None means all members.
        """
        owner = aliased(self.prop.parent.class_) if self.is_recursive else self.prop.parent.class_
        parent = [getattr(owner, name) for name in key_attributes(self.prop.parent)]
        statement = sa.select(*parent, *self.member_key).select_from(owner)
        if self.prop.secondary is None or self.is_recursive:
            statement = statement.join(getattr(owner, self.name))
        else:  # under its own name, as its columns may be in the order
            statement = statement.join(self.prop.secondary, self.prop.primaryjoin)
            statement = statement.join(self.model, self.prop.secondaryjoin)
        statement = statement.where(one_of(parent, keys)).correlate(None)
        return statement if wanted is None else statement.where(one_of(self.member_key, wanted))

    def select_member_keys(self, key: Any) -> sa.Select[Any]:
        """Return the statement that finds the primary keys of a parent's members."""
        return self.select_pairs([key]).with_only_columns(*self.member_key)

    def select_places(self, key: Any) -> Any:
        """Return the subquery that finds the primary key and the first ``place`` of each member of a parent.

        The places are in the order of the relationship, even if no fields of the members express it.
        """
        names = parameters(None, len(self.member_key))
        columns = [column.label(name) for name, column in zip(names, self.member_key, strict=True)]
        place = sa.func.row_number().over(order_by=[*self.own_order, *self.member_key]).label("place")
        found = self.select_pairs([key]).with_only_columns(*columns, place).subquery()
        keys = [found.c[name] for name in names]
        return sa.select(*keys, sa.func.min(found.c.place).label("place")).group_by(*keys).subquery()

    def member_keys(
        self, session: Session, keys: Collection[Any], wanted: Collection[Any] | None, most: int | None = None
    ) -> dict[Any, Any]:
        """Return a dict from a parent's primary key to its members' keys.

        The value is a list of keys, in the order of the relationship. For a to-one relationship it is a key or None.

        Args:
            session: the session that runs the queries.
            keys: primary keys of the parents.
            wanted: primary keys of the members to find. None means all members.
            most: how many members to load, if all members are wanted. None means no limit.
        """
        found: defaultdict[Any, list[Any]] = defaultdict(list)
        size, order = len(self.prop.parent.primary_key), self.order(session.get_bind(self.prop.parent).dialect.name)
        for some in [None] if wanted is None else batches([*wanted]):
            statement = self.select_pairs(keys, some).order_by(*order)
            for row in session.execute(statement if some is not None or most is None else statement.limit(most)):
                found[key_from(row[:size])].append(key_from(row[size:]))
        if self.many:
            return {key: [*dict.fromkeys(found[key])] for key in keys}  # two rows may name the same member
        return {key: next(iter(found[key]), None) for key in keys}


def relationships(mapper: Mapper[Any]) -> Iterator[Relationship]:
    """Yield those relationships of a class that bzz can serve.

    A relationship is omitted if its foreign key does not contain the members' primary key.
    """
    for prop in mapper.relationships:
        if prop.key.startswith("_"):
            continue
        if prop.direction is not RelationshipDirection.MANYTOONE:
            yield Relationship(prop)
            continue
        pairs = {
            attribute_of(prop.mapper, remote): attribute_of(mapper, local)
            for local, remote in prop.local_remote_pairs or ()
        }
        key = key_attributes(prop.mapper)
        if pairs.keys() == {*key}:
            yield Relationship(prop, tuple(pairs[name] for name in key))


def shows_all(prop: RelationshipProperty[Any]) -> bool:
    """Return whether a relationship's join conditions compare only its keys."""
    pairs = [*prop.synchronize_pairs, *(prop.secondary_synchronize_pairs or ())]
    conditions = [prop.primaryjoin, *([] if prop.secondaryjoin is None else [prop.secondaryjoin])]
    compared = {part for one in conditions for part in sa.sql.visitors.iterate(one) if isinstance(part, sa.Column)}
    return compared <= {column for pair in pairs for column in pair}


def covered_attributes(mapper: Mapper[Any]) -> set[str]:
    """Return the attributes of a class that are no fields, because a writable reference shows them.

    Parts of the primary key are fields, too.
    """
    keys = {key for one in relationships(mapper) if one.is_writable for key in one.keys}
    return keys.difference(key_attributes(mapper))


def clearable(mapper: Mapper[Any], keys: Sequence[str]) -> list[str]:
    """Return those attributes of a foreign key that are set to null to clear it.

    They are not part of the primary key. Other foreign keys do not contain them, unless others contain all of them.
    """
    fixed, shared = {*key_attributes(mapper)}, set[str]()
    for prop in mapper.relationships:
        if prop.direction is RelationshipDirection.MANYTOONE:
            others = {attribute_of(mapper, column) for column in prop.local_columns}
            shared |= others if others != {*keys} else set()
    return [key for key in keys if key not in fixed | shared] or [key for key in keys if key not in fixed]


def batches(keys: list[Any], values: int = BATCH) -> Iterator[list[Any]]:
    """Yield the ``keys`` as several lists.

    Each list is short enough for one statement. It contains at most ``values`` values.
    """
    size = values // len(keys[0]) if keys and isinstance(keys[0], tuple) else values
    return (keys[start : start + size] for start in range(0, len(keys), size))


def ordered_batches(keys: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield each key once, in lists that are short enough for one statement.

    The keys of several lists are in their order.
    """
    distinct = [*dict.fromkeys(keys)]
    is_short = len([*batches(distinct)]) <= 1
    return batches(distinct if is_short else sorted(distinct))
