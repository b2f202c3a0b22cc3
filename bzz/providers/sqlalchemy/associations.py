"""The classes that map the association tables of relationships."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Mapper, RelationshipProperty


def association_of(prop: RelationshipProperty[Any]) -> Mapper[Any] | None:
    """Return the mapper of a many-to-many relationship's table.

    Return None if no class maps the table.
    """
    mappers = [
        mapper
        for registry in {prop.parent.registry, prop.mapper.registry}
        for mapper in registry.mappers
        if mapper.local_table is prop.secondary and not mapper.single
    ]
    return min(mappers, key=lambda mapper: (mapper.class_.__module__, mapper.class_.__qualname__), default=None)
