"""Association proxies as the relations they stand for.

A proxy leads through association objects to their members: ``Team.people`` through ``Membership`` to ``User``. Members
join and leave by the creation and deletion of association objects, never by a change of the collection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.associationproxy import AssociationProxyExtensionType
from sqlalchemy.orm import Mapper, RelationshipDirection, RelationshipProperty, aliased

from bzz.providers.sqlalchemy.holders import holder_of
from bzz.providers.sqlalchemy.keys import key_attributes, one_of
from bzz.providers.sqlalchemy.orders import Sort
from bzz.providers.sqlalchemy.relationships import Relationship, relationships, shows_all
from bzz.schema.fields import Holder

ASSOCIATION_PROXY = AssociationProxyExtensionType.ASSOCIATION_PROXY


@dataclass(frozen=True)
class Proxy(Relationship):
    """One association proxy of a mapped class.

    Its ``prop`` is the relationship to the association objects.

    Args:
        key: the name of the proxy.
        target: the relationship from the association objects to the members.
    """

    key: str = field(kw_only=True)
    target: RelationshipProperty[Any] = field(kw_only=True)

    @property
    def name(self) -> str:
        """The name of the proxy and of the field."""
        return self.key

    @property
    def model(self) -> type:
        """The class of the members."""
        return self.target.mapper.class_

    @property
    def is_writable(self) -> bool:
        """Whether members can join and leave: whether the proxy shows all rows between, and they show both sides."""
        holder, steps = self.holder(self.prop.parent), (self.prop, self.target)
        is_shown = self.many and holder is not None and holder.field is not None
        return is_shown and all(shows_all(step) and not step.viewonly for step in steps)

    @property
    def attribute(self) -> Any:
        """The proxy, to use in statements."""
        return getattr(self.prop.parent.class_, self.key)

    @property
    def member_key(self) -> list[Any]:
        """The columns of the members' primary key."""
        return [getattr(self.model, name) for name in key_attributes(self.target.mapper)]

    @property
    def sort(self) -> Sort:
        """The order of the members: a proxy has none of its own."""
        return ()

    @property
    def own_order(self) -> list[Any]:
        """The SQL order of the proxy, which has none."""
        return []

    def select_pairs(self, keys: Collection[Any], wanted: Collection[Any] | None = None) -> sa.Select[Any]:
        """Return the statement that finds pairs of primary keys, each pair once.

        The first key of a pair is a parent's, the second a member's.

        Args:
            keys: primary keys of the parents.
            wanted: primary keys of the members to find. None means all members.
        """
        owner, association = aliased(self.prop.parent.class_), aliased(self.prop.mapper.class_)
        parent = [getattr(owner, name) for name in key_attributes(self.prop.parent)]
        statement = sa.select(*parent, *self.member_key).distinct().select_from(owner)
        statement = statement.join(getattr(owner, self.prop.key).of_type(association))
        statement = statement.join(getattr(association, self.target.key)).where(one_of(parent, keys)).correlate(None)
        return statement if wanted is None else statement.where(one_of(self.member_key, wanted))

    def holder(self, mapper: Mapper[Any]) -> Holder | None:
        """Return the association objects as the rows that store the relation of ``mapper``'s class."""
        holder = holder_of(mapper, self.prop)
        return holder and replace(holder, member_field=self.target.key, is_owner=False)


def proxies(mapper: Mapper[Any]) -> Iterator[Proxy]:
    """Yield those association proxies of a class that lead through rows of a mapped class to its references."""
    for name, descriptor in mapper.all_orm_descriptors.items():
        if descriptor.extension_type is not ASSOCIATION_PROXY or name.startswith("_"):
            continue
        proxy: Any = descriptor
        prop = mapper.relationships.get(proxy.target_collection)
        if prop is not None and prop.direction is RelationshipDirection.ONETOMANY:
            targets = {one.name: one.prop for one in relationships(prop.mapper) if one.keys}
            if proxy.value_attr in targets:
                yield Proxy(prop, key=name, target=targets[proxy.value_attr])
