"""Relationships as references, and the statements that read their keys.

The key of a many-to-one relationship is a foreign key in the instance's own row. The keys of all other relationships
are stored elsewhere: in the rows of the members or in an association table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty, Session, aliased

from bzz.providers.sqlalchemy.keys import attribute_of, key_attributes, key_from, one_of

BATCH = 10_000  # values in one statement; databases limit their number


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
        """Whether an instance can have several members."""
        return bool(self.prop.uselist)

    @property
    def is_writable(self) -> bool:
        """Whether members can join and leave.

        They cannot if the relationship is view-only, or if the whole foreign key is part of a primary key.
        """
        own, theirs = self.prop.parent.primary_key, self.prop.mapper.primary_key
        pairs = self.prop.local_remote_pairs or ()
        is_identity = self.prop.secondary is None and all(
            local in own if self.keys else remote in theirs for local, remote in pairs
        )
        return not (self.prop.viewonly or is_identity)

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

    def select_pairs(self, keys: Collection[Any], wanted: Collection[Any] | None = None) -> sa.Select[Any]:
        """Return the statement that finds pairs of primary keys.

        The first key of a pair is a parent's, the second a member's. The pairs are in the order of the members' keys.

        Args:
            keys: primary keys of the parents.
            wanted: primary keys of the members to find. None means all members.
        """
        owner, member = self.prop.parent.class_, aliased(self.prop.mapper.class_)
        parent = [getattr(owner, name) for name in key_attributes(self.prop.parent)]
        key = [getattr(member, name) for name in key_attributes(self.prop.mapper)]
        statement = sa.select(*parent, *key).select_from(owner).join(self.attribute.of_type(member))
        statement = statement.where(one_of(parent, keys)).order_by(*key)
        return statement if wanted is None else statement.where(one_of(key, wanted))

    def select_member_keys(self, key: Any) -> sa.Select[Any]:
        """Return the statement that finds the primary keys of a parent's members."""
        statement = self.select_pairs([key]).order_by(None)
        return statement.with_only_columns(*[*statement.selected_columns][len(self.prop.parent.primary_key) :])

    def member_keys(self, session: Session, keys: Collection[Any], wanted: Collection[Any] | None) -> dict[Any, Any]:
        """Return a dict from a parent's primary key to its members' keys.

        The value is a list of keys. For a to-one relationship it is a key or None.

        Args:
            session: the session that runs the queries.
            keys: primary keys of the parents.
            wanted: primary keys of the members to find. None means all members.
        """
        found: defaultdict[Any, list[Any]] = defaultdict(list)
        size = len(self.prop.parent.primary_key)
        for some in [None] if wanted is None else batches([*wanted]):
            for row in session.execute(self.select_pairs(keys, some)):
                found[key_from(row[:size])].append(key_from(row[size:]))
        if self.many:
            return {key: found[key] for key in keys}
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


def batches(keys: list[Any]) -> Iterator[list[Any]]:
    """Yield the ``keys`` as several lists.

    Each list is short enough for one statement.
    """
    size = BATCH // len(keys[0]) if keys and isinstance(keys[0], tuple) else BATCH
    return (keys[start : start + size] for start in range(0, len(keys), size))
