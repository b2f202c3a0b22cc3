"""The order of lists, and of the members of a relation with ``relationship(order_by=...)``."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, RelationshipProperty
from sqlalchemy.orm.exc import UnmappedColumnError
from sqlalchemy.sql import operators

from bzz.providers.sqlalchemy.codec import MYSQL, SQLITE

NULLS_FIRST = {SQLITE, *MYSQL}  # nulls come first in ascending order by default; MySQL has no NULLS FIRST
Sort = tuple[tuple[str, bool], ...]


def column_order(column: Any, dialect: str, *, descending: bool) -> Any:
    """Return the SQL order of a column: nulls come first in ascending order, and last in descending order.

    The members of an enumeration have the order of their texts. MySQL itself sorts them by their numbers, and compares
    them by their texts.
    """
    if dialect in MYSQL and isinstance(column.type, sa.Enum):
        column = sa.func.concat(column, "")
    order = column.desc() if descending else column.asc()
    if dialect in NULLS_FIRST or not getattr(column, "nullable", True):
        return order
    return order.nulls_last() if descending else order.nulls_first()


def sort_of(prop: RelationshipProperty[Any], covered: Collection[str]) -> Sort | None:
    """Return the order of a relation's members as pairs of a field's name and whether its order descends.

    The result is empty if the relationship has no order of its own. It is None if no fields of the members express the
    order.

    Args:
        prop: the relationship.
        covered: the attributes of the members that are no fields.
    """
    sort = [_sort_of(prop.mapper, element, covered) for element in prop.order_by or ()]
    return None if None in sort else tuple(part for part in sort if part)


def _sort_of(mapper: Mapper[Any], element: Any, covered: Collection[str]) -> tuple[str, bool] | None:
    modifier = getattr(element, "modifier", None)
    column = element.element if modifier in (operators.asc_op, operators.desc_op) else element
    try:
        name = mapper.get_property_by_column(column).key
    except UnmappedColumnError:
        return None
    is_field = isinstance(column, sa.Column) and not name.startswith("_") and name not in covered
    return (name, modifier is operators.desc_op) if is_field else None
