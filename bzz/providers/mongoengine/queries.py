"""Conditions as MongoDB has them. No value of a request gets there untyped, and no text as a regular expression."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import mongoengine as me

from bzz.providers.conditions import Condition
from bzz.providers.mongoengine.composite_codecs import codec
from bzz.providers.mongoengine.documents import document_class
from bzz.providers.values import Query
from bzz.schema.containers import List, Map
from bzz.schema.free_form import Json
from bzz.schema.types import DataType

Raw = dict[str, Any]
END = r"(?![\s\S])"  # the very end of the text, which "$" is not in every dialect
PATTERNS = {
    "contains": "{}",
    "startswith": "^{}",
    "endswith": "{}" + END,
}


def narrow(queryset: Any, query: Query, *, alone: bool) -> Any:
    """Return the documents of ``queryset`` that a query's page is taken from.

    Args:
        queryset: of a document class.
        query: of which ``where`` and ``alternatives`` hold.
        alone: whether nothing else narrows the queryset.
    """
    model = queryset._document
    clauses = [_clause(model, condition) for condition in query.where]
    alternatives = [_all([_clause(model, c) for c in conditions]) for conditions in query.alternatives]
    clauses += alternatives if len(alternatives) == 1 else [{"$or": alternatives}] if alternatives else []
    return queryset.filter(__raw__=_all(clauses, alone=alone))


def _all(clauses: Sequence[Raw], *, alone: bool = True) -> Raw:
    """Return what meets all clauses.

    MongoEngine puts the parts of a query into one dict, where two of one field could undo each other. Unless they are
    ``alone``, on fields that nothing else narrows, clauses therefore keep to a place of their own.
    """
    together = {key: value for clause in clauses for key, value in clause.items()}
    if not clauses or (alone and len(together) == sum(map(len, clauses))):
        return together
    return {"$and": [*clauses]}


def _clause(model: Any, condition: Condition) -> Raw:
    *parents, name = condition.field.split(".")
    path = []
    for parent in parents:
        path.append(model._fields[parent].db_field)
        model = model._fields[parent].document_type
    known, travels = model._fields[name], document_class(model).codecs[name]
    path.append(known.db_field)
    is_membership = isinstance(travels.type, List) and condition.operator == "contains"
    if is_membership:
        known, travels = known.field, codec(known.field, document_class)
    is_cached = isinstance(known, me.CachedReferenceField)
    if is_cached and condition.operator != "exists":
        path.append("_id")

    def stored(value: Any) -> Any:
        return value if value is None or is_cached else known.to_mongo(travels.encode(value))

    operator = "eq" if is_membership else condition.operator  # MongoDB finds in a list what it finds alone
    return {".".join(path): _comparison(operator, condition.value, travels.type, stored)}


def _comparison(operator: str, value: Any, datatype: DataType, stored: Any) -> Any:
    if operator == "eq":
        return stored(value)
    if operator in ("in", "nin"):
        return {f"${operator}": [stored(item) for item in value]}
    if operator == "exists":
        return {"$nin" if value else "$in": _empty(datatype)}
    pattern = PATTERNS.get(operator.removeprefix("i"))
    if pattern is not None:
        options = {"$options": "i"} if operator.startswith("i") else {}
        return {"$regex": pattern.format(re.escape(value)), **options}
    return {f"${operator}": stored(value)}


def _empty(datatype: DataType) -> list[Any]:
    """Return the values that are as good as none."""
    if isinstance(datatype, Json):
        return [None, [], {}]
    return [None, []] if isinstance(datatype, List) else [None, {}] if isinstance(datatype, Map) else [None]
