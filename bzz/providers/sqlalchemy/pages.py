"""The statements of pages. They are built once for all queries that differ in values alone.

To build a statement costs more time than to execute it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from bzz.providers.conditions import Condition
from bzz.providers.sqlalchemy.keys import one_of
from bzz.providers.sqlalchemy.loading import Visible
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.queries import in_places, narrow, page
from bzz.providers.values import AsStored, Query

MAX_PAGES = 100  # shapes whose statements are kept for each class
LISTS = ("in", "nin")
COMPARED = ("eq", "ne", "gt", "gte", "lt", "lte", *LISTS)


@dataclass(frozen=True, slots=True)
class Page:
    """The statements of one page.

    Args:
        select: finds the instances of the page, and the first instance of the next page.
        count: counts the instances of all pages.
        parameters: the parameters of both statements.
    """

    select: Any
    count: Any
    parameters: dict[str, Any]


def page_of(mapped_class: MappedClass, visible: Visible, query: Query, dialect: str, places: Any) -> Page:
    """Return the statements of the page that a query asks for.

    Args:
        mapped_class: the class of the instances.
        visible: the statement that finds the visible instances. None if all are visible.
        query: the query.
        dialect: the name of the database's dialect.
        places: the subquery of ``Relationship.select_places``, in whose order the page is. None for the query's order.
    """
    parameters: dict[str, Any] = {}
    is_kept = places is None and (visible is None or mapped_class.keeps(visible))
    shape = _shape_of(mapped_class, query, parameters) if is_kept else None
    if shape is None:
        return Page(*_build(mapped_class, visible, query, dialect, places), {})
    where = tuple((one.field, one.operator, _is_parameter(one.value) or one.value) for one in shape.where)
    after = shape.after and (*shape.after.order, *map(_is_parameter, shape.after.values))
    key = (visible, dialect, where, after, *query.order(mapped_class.schema), query.per_page)
    built = mapped_class.pages.get(key)
    if built is None:
        if len(mapped_class.pages) >= MAX_PAGES:
            mapped_class.pages.clear()
        built = mapped_class.pages[key] = _build(mapped_class, visible, shape, dialect, None)
    return Page(*built, parameters)


def _build(mapped_class: MappedClass, visible: Visible, query: Query, dialect: str, places: Any) -> tuple[Any, Any]:
    """Return the statements that find and count instances."""
    wanted = narrow(_each_once(mapped_class, visible), mapped_class, query, dialect)
    found = page(wanted, mapped_class, query, dialect)
    keys = wanted.with_only_columns(*mapped_class.key).order_by(None).subquery()
    counting = sa.select(sa.func.count()).select_from(keys)
    return found if places is None else in_places(found, mapped_class, places), counting


def _each_once(mapped_class: MappedClass, visible: Visible) -> sa.Select[Any]:
    """Return the statement that finds each visible instance once.

    Otherwise the joins of a hook or scope may find an instance several times.
    """
    if visible is None:
        return mapped_class.select_all
    own = mapped_class.select_all.get_final_froms()
    if visible.get_final_froms() == own:
        return visible.order_by(None)
    keys = visible.with_only_columns(*mapped_class.key).order_by(None)
    return mapped_class.select_all.options(*visible._with_options).where(one_of(mapped_class.key, keys))


def _shape_of(mapped_class: MappedClass, query: Query, parameters: dict[str, Any]) -> Query | None:
    """Return a query with parameters in place of its values. Return None if its statements depend on the values.

    Args:
        mapped_class: the class of the instances.
        query: the query.
        parameters: receives the values of the parameters.
    """
    after, size = query.after, len(query.where)
    ends = zip(after.order, after.values, strict=True) if after else ()
    placed = _placed(
        mapped_class, [*query.where, *(Condition(name, "eq", value) for (name, _), value in ends)], parameters
    )
    if placed is None or query.skip:
        return None
    after = after and replace(after, values=tuple(one.value for one in placed[size:]))
    return replace(query, where=placed[:size], after=after)


def _placed(
    mapped_class: MappedClass, conditions: Iterable[Condition], parameters: dict[str, Any]
) -> list[Condition] | None:
    """Return conditions with parameters in place of their values. Return None if one of them cannot have one."""
    placed = []
    for one in conditions:
        if one.value is not None and one.operator != "exists":
            if not _is_plain(mapped_class, one):
                return None
            is_list, codec = one.operator in LISTS, mapped_class.codec(one.field)
            value = (mapped_class.encode_all if is_list else mapped_class.encode)(one.field, one.value)
            if value is None or (is_list and None in value):
                return None
            kind, name = codec.bind or mapped_class.column(one.field).type, f"value{len(parameters)}"
            parameters[name] = value
            placed.append(replace(one, value=sa.bindparam(name, type_=kind, expanding=is_list)))
        else:
            placed.append(one)
    return placed


def _is_plain(mapped_class: MappedClass, condition: Condition) -> bool:
    """Return whether the clause of a condition compares one column with its value, whatever the value is."""
    name, relation = condition.field, mapped_class.relations.get(condition.field)
    is_column = name not in mapped_class.schema.computed and (relation is None or bool(relation.keys))
    is_single = is_column and len(mapped_class.attributes(name)) == 1
    is_compared = condition.operator in COMPARED and not isinstance(condition.value, AsStored)
    return is_single and is_compared and mapped_class.codec(name).compare is None


def _is_parameter(value: Any) -> bool:
    return isinstance(value, sa.BindParameter)
