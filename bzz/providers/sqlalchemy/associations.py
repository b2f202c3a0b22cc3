"""The classes that map the association tables of relationships."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, RelationshipProperty

from bzz.providers.sqlalchemy.registries import mappers_of


def association_of(prop: RelationshipProperty[Any]) -> Mapper[Any] | None:
    """Return the mapper of a many-to-many relationship's table, or of the table of which it uses an alias.

    Return None if no class maps the table.
    """
    table = table_of(prop)
    mappers = [
        mapper
        for registry in {prop.parent.registry, prop.mapper.registry}
        for mapper in mappers_of(registry)
        if mapper.local_table is table and not mapper.single
    ]
    return min(mappers, key=lambda mapper: (mapper.class_.__module__, mapper.class_.__qualname__), default=None)


def table_of(prop: RelationshipProperty[Any]) -> Any:
    """Return the table of a many-to-many relationship. If the relationship has an alias, return the alias's table."""
    table: Any = prop.secondary
    while isinstance(table, sa.Alias):
        table = table.element
    return table
