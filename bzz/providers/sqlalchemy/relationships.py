"""Relationships as references, and the statements that read their keys.

The key of a many-to-one relationship is a foreign key in the instance's own row. The keys of all other relationships
are stored elsewhere: in the rows of the members or in an association table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty, Session, aliased

BATCH = 10_000  # keys in one statement; databases limit their number


@dataclass(frozen=True)
class Relationship:
    """One relationship of a mapped class.

    Args:
        prop: SQLAlchemy's own property.
        key: the attribute of the foreign key in the instance's own row. None if the keys are stored elsewhere.
    """

    prop: RelationshipProperty[Any]
    key: str | None

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
        """Whether an instance can have several members."""
        return bool(self.prop.uselist)

    @property
    def is_writable(self) -> bool:
        """Whether members can join and leave.

        They cannot if the relationship is view-only, or if the foreign key is also a primary key.
        """
        own, theirs = self.prop.parent.primary_key, self.prop.mapper.primary_key
        pairs = self.prop.local_remote_pairs or ()
        is_identity = self.prop.secondary is None and any(
            local in own if self.key else remote in theirs for local, remote in pairs
        )
        return not (self.prop.viewonly or is_identity)

    @property
    def attribute(self) -> Any:
        """The attribute of the class, to use in statements."""
        return self.prop.class_attribute

    @property
    def member_key(self) -> Any:
        """The attribute that contains the members' primary key."""
        return key_of(self.prop.mapper)

    def load(self, session: Session, key: Any) -> Any:
        """Return the member with the primary key ``key``, or None."""
        return None if key is None else session.get(self.model, key)

    def select_pairs(self, keys: Collection[Any], wanted: Collection[Any] | None = None) -> sa.Select[Any]:
        """Return the statement that finds pairs of primary keys.

        The first key of a pair is a parent's, the second a member's. The pairs are in the order of the members' keys.

        Args:
            keys: primary keys of the parents.
            wanted: primary keys of the members to find. None means all members.
        """
        parent, member = key_of(self.prop.parent), aliased(self.prop.mapper.class_)
        key = getattr(member, self.member_key.key)
        statement = sa.select(parent, key).select_from(self.prop.parent.class_)
        statement = statement.join(self.attribute.of_type(member)).where(parent.in_(keys)).order_by(key)
        return statement if wanted is None else statement.where(key.in_(wanted))

    def select_member_keys(self, key: Any) -> sa.Select[Any]:
        """Return the statement that finds the primary keys of a parent's members."""
        statement = self.select_pairs([key]).order_by(None)
        return statement.with_only_columns(statement.selected_columns[1])

    def member_keys(self, session: Session, keys: Collection[Any], wanted: Collection[Any] | None) -> dict[Any, Any]:
        """Return a dict from a parent's primary key to its members' keys.

        The value is a list of keys. For a to-one relationship it is a key or None.

        Args:
            session: the session that runs the queries.
            keys: primary keys of the parents.
            wanted: primary keys of the members to find. None means all members.
        """
        found: defaultdict[Any, list[Any]] = defaultdict(list)
        for some in [None] if wanted is None else batches([*wanted]):
            for key, member in session.execute(self.select_pairs(keys, some)):
                found[key].append(member)
        if self.many:
            return {key: found[key] for key in keys}
        return {key: next(iter(found[key]), None) for key in keys}


def relationships(mapper: Mapper[Any]) -> Iterator[Relationship]:
    """Yield those relationships of a class that bzz can serve.

    A relationship is omitted if its members have a composite primary key. It is also omitted if its foreign key does
    not contain the members' primary key.
    """
    for prop in mapper.relationships:
        if len(prop.mapper.primary_key) != 1 or prop.key.startswith("_"):
            continue
        if prop.direction is not RelationshipDirection.MANYTOONE:
            yield Relationship(prop, None)
            continue
        pairs = prop.local_remote_pairs or []
        if len(pairs) == 1 and attribute_of(prop.mapper, pairs[0][1]) == key_of(prop.mapper).key:
            yield Relationship(prop, attribute_of(mapper, pairs[0][0]))


def batches(keys: list[Any]) -> Iterator[list[Any]]:
    """Yield the ``keys`` as several lists.

    Each list is short enough for one statement.
    """
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))


def key_of(mapper: Mapper[Any]) -> Any:
    """Return the attribute that contains a class's primary key."""
    return getattr(mapper.class_, attribute_of(mapper, mapper.primary_key[0]))


def attribute_of(mapper: Mapper[Any], column: Any) -> str:
    """Return the name of the attribute that contains ``column``."""
    return mapper.get_property_by_column(column).key
