"""The querysets of lists and of single documents.

Each value in a query has the type of its field. Text is never used as a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import mongoengine as me

from bzz.exceptions import NotFound
from bzz.providers.conditions import Condition
from bzz.providers.mongoengine.codec import Codec
from bzz.providers.mongoengine.composite_codecs import codec_of
from bzz.providers.mongoengine.documents import DocumentClasses
from bzz.providers.mongoengine.visibility import visible_documents
from bzz.providers.values import ActState, Address, AsStored, Query
from bzz.schema.containers import List, Map
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.free_form import Json
from bzz.schema.types import DataType

Raw = dict[str, Any]
END = r"(?![\s\S])"  # the end of the text; "$" would also match before a newline at the end
PATTERNS = {
    "contains": "{}",
    "startswith": "^{}",
    "endswith": "{}" + END,
}


def find_stored(address: Address, state: ActState, classes: DocumentClasses) -> Raw:
    """Return the document at ``address`` as MongoDB stores it.

    Raises:
        NotFound: no such document exists, or the request may not see it.
    """
    query = Query(where=[Condition(address.field, "eq", address.key)])
    for raw in fetch(narrow(visible_documents(address.schema, state.handler, address.id), query, classes), limit=1):
        return raw
    raise NotFound(NO_INSTANCE)


def fetch(queryset: Any, *, limit: int, order: Sequence[tuple[str, int]] = (), skip: int = 0) -> list[Raw]:
    """Return documents of a queryset as MongoDB stores them.

    The function uses the queryset's cursor, because each method of a queryset makes a copy of it, which costs 30
    microseconds.

    Args:
        queryset: a queryset that ``narrow`` returned.
        limit: the greatest number of documents.
        order: pairs of MongoDB's path of a field and 1 or -1. If it is empty, the queryset's own order is used.
        skip: the number of documents before the first one. 0 for the queryset's own number.
    """
    if queryset._none:
        return []
    cursor = queryset._cursor.limit(limit)
    if order:
        cursor.sort([*order])
    if skip:
        cursor.skip(skip)
    return [*cursor]


def narrow(queryset: Any, query: Query, classes: DocumentClasses) -> Any:
    """Return ``queryset`` narrowed to the documents that meet a query's conditions.

    The conditions of the query's cursor are included.

    Args:
        queryset: a queryset of a document class.
        query: its ``where`` and ``alternatives`` narrow the queryset.
        classes: the document classes of the provider.
    """
    model = queryset._document
    clauses = [_clause(model, condition, classes) for condition in query.where]
    alternatives = [_conjunction([_beyond(model, c, classes) for c in conditions]) for conditions in query.alternatives]
    clauses += alternatives if len(alternatives) == 1 else [{"$or": alternatives}] if alternatives else []
    return queryset.filter(__raw__=_conjunction(clauses, alone=not queryset._query_obj))


def _conjunction(clauses: Sequence[Raw], *, alone: bool = True) -> Raw:
    """Return one clause that is true if all ``clauses`` are true.

    MongoEngine merges all conditions of a queryset into one dict. Two conditions on one field could overwrite each
    other there. Clauses that are not ``alone`` in the queryset are therefore put into an ``$and`` of their own.
    """
    together = {key: value for clause in clauses for key, value in clause.items()}
    if not clauses or (alone and len(together) == sum(map(len, clauses))):
        return together
    return {"$and": [*clauses]}


def locate(model: Any, dotted: str, classes: DocumentClasses) -> tuple[list[str], Any, Codec]:
    """Return MongoDB's path of a field, the field itself, and its codec.

    Args:
        model: a class of documents.
        dotted: the name of the field in the class. It is dotted for a field of an embedded document.
        classes: the document classes of the provider.
    """
    *parents, name = dotted.split(".")
    path = []
    for parent in parents:
        path.append(model._fields[parent].db_field)
        model = model._fields[parent].document_type
    field = model._fields[name]
    return [*path, field.db_field], field, classes(model).codecs[name]


def _beyond(model: Any, condition: Condition, classes: DocumentClasses) -> Raw:
    """Return a condition of a cursor in MongoDB's query language.

    An expression compares values of all types in the order in which MongoDB sorts them. A query would compare numbers
    with numbers only.
    """
    path, field, codec = locate(model, condition.field, classes)
    name, operator, value = ".".join(path), condition.operator, condition.value
    if value is None:
        return {name: {f"${operator}": None}}
    stored = value.value if isinstance(value, AsStored) else field.to_mongo(codec.encode(value))
    if operator == "eq":
        return {name: {"$eq": stored}}
    return {name: {"$ne": None}, "$expr": {f"${operator}": [f"${name}", {"$literal": stored}]}}


def _clause(model: Any, condition: Condition, classes: DocumentClasses) -> Raw:
    """Return a condition in MongoDB's query language.

    The clause has MongoDB's names of the fields.
    """
    path, field, codec = locate(model, condition.field, classes)
    is_membership = isinstance(codec.type, List) and condition.operator == "contains"
    if is_membership:
        field, codec = field.field, codec_of(field.field, classes)
    is_cached = isinstance(field, me.CachedReferenceField)
    if is_cached and condition.operator != "exists":
        path.append("_id")

    def encode(value: Any) -> Any:
        return value if value is None or is_cached else field.to_mongo(codec.encode(value))

    operator = "eq" if is_membership else condition.operator  # MongoDB compares each item of a list
    if codec.nearest is not None and operator != "exists":
        return {".".join(path): _inexact(operator, condition.value, codec.nearest)}
    return {".".join(path): _comparison(operator, condition.value, codec.type, encode)}


def _inexact(operator: str, value: Any, nearest: Callable[[Any], tuple[Any, bool]]) -> Any:
    """Compare with a value that MongoDB may not be able to store.

    All stored values that are less than such a value are at most the nearest value. All others are greater.
    """
    if operator in ("eq", "ne", "in", "nin"):
        found = [(None, True) if one is None else nearest(one) for one in (value if "in" in operator else [value])]
        stored = [one for one, is_exact in found if is_exact]
        return {"$in" if operator in ("eq", "in") else "$nin": stored}
    stored, is_exact = nearest(value)
    if not is_exact:
        operator = {"gte": "gt", "lt": "lte"}.get(operator, operator)
    return {f"${operator}": stored}


def _comparison(operator: str, value: Any, datatype: DataType, encode: Callable[[Any], Any]) -> Any:
    if operator == "eq":
        return encode(value)
    if operator in ("in", "nin"):
        return {f"${operator}": [encode(item) for item in value]}
    if operator == "exists":
        return {"$nin" if value else "$in": _empty(datatype)}
    pattern = PATTERNS.get(operator.removeprefix("i"))
    if pattern is not None:
        options = {"$options": "i"} if operator.startswith("i") else {}
        return {"$regex": pattern.format(re.escape(value)), **options}
    return {f"${operator}": encode(value)}


def _empty(datatype: DataType) -> list[Any]:
    """Return the values of a type for which ``exists`` is false."""
    if isinstance(datatype, Json):
        return [None, [], {}]
    return [None, []] if isinstance(datatype, List) else [None, {}] if isinstance(datatype, Map) else [None]
