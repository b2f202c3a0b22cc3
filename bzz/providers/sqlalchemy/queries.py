"""The statements that find the instances of lists.

They express the conditions, order and page of a query in SQL. Each value is a bound parameter.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any

import sqlalchemy as sa

from bzz.exceptions import Invalid
from bzz.providers.conditions import Condition
from bzz.providers.sqlalchemy.codec import SQLITE
from bzz.providers.sqlalchemy.comparisons import compare_column
from bzz.providers.sqlalchemy.keys import compare as compare_keys
from bzz.providers.sqlalchemy.keys import one_of, parameters
from bzz.providers.sqlalchemy.mapped_class import MappedClass
from bzz.providers.sqlalchemy.orders import column_order
from bzz.providers.sqlalchemy.relationships import Relationship
from bzz.providers.sqlalchemy.stored_values import stored_clause
from bzz.providers.sqlalchemy.text_codecs import Padded
from bzz.providers.values import AsStored, Query
from bzz.schema.types import DataType

logger = logging.getLogger("bzz")
EMPTY_JSON = ("null", "[]", "{}")
ESCAPE = "/"


def narrow(statement: Any, mapped_class: MappedClass, query: Query, dialect: str) -> Any:
    """Return ``statement`` narrowed to instances that meet the query's ``where``.

    The query's cursor is not used.
    """
    clauses = _clauses(mapped_class, query.where, dialect)
    return statement.where(*clauses) if clauses else statement


def page(statement: Any, mapped_class: MappedClass, query: Query, dialect: str) -> Any:
    """Return ``statement`` narrowed to the query's page.

    The result also finds the first instance of the next page.
    """
    alternatives = [sa.and_(*_clauses(mapped_class, conditions, dialect)) for conditions in query.alternatives]
    if alternatives:
        statement = statement.where(sa.or_(*alternatives))
    for name, descending in query.order(mapped_class.schema):
        statement = statement.order_by(*_order(mapped_class, name, dialect, descending=descending))
    statement = statement.limit(query.per_page + 1)
    return statement.offset(query.skip) if query.skip else statement


def in_places(statement: Any, mapped_class: MappedClass, places: Any) -> Any:
    """Return ``statement`` in the order of ``Relationship.select_places``."""
    keys = [places.c[name] for name in parameters(None, len(mapped_class.key))]
    is_same = sa.and_(*(column == key for column, key in zip(mapped_class.key, keys, strict=True)))
    return statement.join(places, is_same).order_by(None).order_by(places.c.place)


def _clauses(mapped_class: MappedClass, conditions: Iterable[Condition], dialect: str) -> list[Any]:
    return [clause_of(mapped_class, condition, dialect) for condition in conditions]


def _order(mapped_class: MappedClass, name: str, dialect: str, *, descending: bool) -> list[Any]:
    return [column_order(column, dialect, descending=descending) for column in mapped_class.columns(name)]


def clause_of(mapped_class: MappedClass, condition: Condition, dialect: str) -> Any:
    """Return the SQL clause of a condition."""
    name, operator, value = condition.field, condition.operator, condition.value
    relation = mapped_class.relations.get(name)
    if name in mapped_class.schema.computed:
        return _computed_clause(mapped_class, condition, dialect)
    if relation is not None and not relation.keys:
        known: Any = mapped_class.schema.fields[name].type
        return _has_member(relation, *_storable(known.item if relation.many else known, operator, value))
    columns = mapped_class.columns(name)
    if isinstance(value, AsStored):
        return stored_clause(columns, operator, value.value, dialect)
    if len(columns) > 1:
        operator, value = _storable(mapped_class.schema.fields[name].type, operator, value)
        if operator != "exists":
            encode = mapped_class.encode_all if operator in ("in", "nin") else mapped_class.encode
            value = encode(name, value)
        return compare_keys(columns, operator, value, dialect, mapped_class.comparisons(name))
    return _column_clause(mapped_class, condition, columns[0], dialect)


def _computed_clause(mapped_class: MappedClass, condition: Condition, dialect: str) -> Any:
    """Return the SQL clause of a condition on a hybrid. The class makes the expression now.

    Raises:
        Invalid: the class cannot make it.
    """
    name = condition.field
    try:
        column = mapped_class.column(name)
        if hasattr(column, "type"):
            return _column_clause(mapped_class, condition, column, dialect)
        return compare_column(column, condition.operator, condition.value)  # a comparator of the application
    except Exception as error:
        logger.warning("%s.%s has no SQL expression", mapped_class.mapper.class_.__name__, name, exc_info=True)
        raise Invalid("The query is not valid.", errors={name: ["cannot be compared"]}) from error


def _column_clause(mapped_class: MappedClass, condition: Condition, column: Any, dialect: str) -> Any:
    name, operator, value = condition.field, condition.operator, condition.value
    if isinstance(value, sa.BindParameter):
        return compare_column(column, operator, value)
    if operator == "exists":
        return _exists(column, wanted=value)
    codec = mapped_class.codec(name)
    if operator in _PATTERNS and not isinstance(column.type, sa.ARRAY):
        column = sa.cast(column, sa.Text) if isinstance(codec.bind, Padded) else column  # without blanks at the end
        return _matches(column, operator, value, dialect)
    compare = codec.compare or partial(compare_column, bind=codec.bind)
    if operator in _PATTERNS:
        [item] = mapped_class.encode(name, [value])
        return compare(sa.any_(column), "eq", item)
    encode = mapped_class.encode_all if operator in ("in", "nin") else mapped_class.encode
    return compare(column, operator, encode(name, value))


def _storable(datatype: DataType, operator: str, value: Any) -> tuple[str, Any]:
    """Return a condition on keys without the keys that no row can have, such as numbers out of range.

    ``eq`` and ``contains`` become ``in``, and ``ne`` becomes ``nin``.
    """
    if operator not in _MEMBERSHIP:
        return operator, value
    keys = value if operator in ("in", "nin") else [value]
    return _MEMBERSHIP[operator], [key for key in keys if key is None or _is_storable(datatype, key)]


def _is_storable(datatype: DataType, key: Any) -> bool:
    try:
        datatype.parse(key)
    except ValueError:
        return False
    return True


_MEMBERSHIP = {"eq": "in", "ne": "nin", "in": "in", "nin": "nin", "contains": "in"}


_PATTERNS = {
    "contains": "%{}%",
    "startswith": "{}%",
    "endswith": "%{}",
    "icontains": "%{}%",
    "istartswith": "{}%",
    "iendswith": "%{}",
}


def _matches(column: Any, operator: str, value: str, dialect: str) -> Any:
    """Return the clause that tests whether text matches a literal value.

    SQLite needs GLOB, as its LIKE does not distinguish upper and lower case.
    """
    folds = operator.startswith("i")
    if dialect == SQLITE and not folds:
        literal = "".join(f"[{char}]" if char in "*?[" else char for char in value)
        return column.op("GLOB")(_PATTERNS[operator].replace("%", "*").format(literal))
    literal = "".join(f"{ESCAPE}{char}" if char in f"{ESCAPE}%_" else char for char in value)
    pattern = _PATTERNS[operator].format(literal)
    if folds:
        return sa.func.lower(column).like(sa.func.lower(pattern), escape=ESCAPE)
    return column.like(pattern, escape=ESCAPE)


def _exists(column: Any, *, wanted: bool) -> Any:
    """Return the clause that tests whether a column has a value.

    An empty list or object counts as no value.
    """
    there = column.is_not(None)
    if isinstance(column.type, sa.JSON):
        there = sa.and_(there, sa.cast(column, sa.Text).not_in(EMPTY_JSON))
    elif isinstance(column.type, sa.ARRAY):
        there = sa.func.coalesce(sa.func.cardinality(column), 0) > 0
    return there if wanted else sa.not_(there)


def _has_member(relation: Relationship, operator: str, value: Any) -> Any:
    """Return the clause that tests whether an instance has a certain member.

    Args:
        relation: the relation.
        operator: ``in``, ``nin`` or ``exists``.
        value: the keys of such members. For ``exists``, it is a boolean.
    """
    has = relation.attribute.any if relation.many else relation.attribute.has
    if operator == "exists":
        return has() if value else sa.not_(has())
    found = [has(one_of(relation.member_key, [key for key in value if key is not None]))]
    there = sa.or_(*found, sa.not_(has())) if None in value else found[0]
    return sa.not_(there) if operator == "nin" else there
