"""The documents that a request may see.

All documents of a class and of its subclasses are in one collection. The conditions of a subclass are therefore
conditions of the same query. They apply only to the documents whose ``_cls`` names this subclass.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mongoengine.base import get_document

from bzz.providers.visibility import Rule, Visibility, visibility_of
from bzz.schema.schema import Schema

Raw = dict[str, Any]


def visible_documents(schema: Schema, handler: Any, identifier: str | None = None) -> Any:
    """Return the queryset of the documents that a request may see.

    Args:
        schema: the schema with which the provider was called.
        handler: the handler of the request, for hooks and scopes. None in process.
        identifier: the identifier of a single document. None for a list.
    """
    model, visibility = schema.model, _visibility_of(schema, identifier)
    clauses = [_is_none_of(visibility.hidden)] if visibility.hidden else []
    clauses += [_if_any_of(models, rule, handler, identifier) for rule, models in visibility.below.items()]
    queryset = model.objects.filter(__raw__={"$and": clauses}) if clauses else model.objects
    return visibility.own.narrow(queryset, handler, identifier)


def has_functions(schema: Schema) -> bool:
    """Return whether hooks or scopes decide over single documents of a schema's model."""
    return _visibility_of(schema, "").has_functions


def _visibility_of(schema: Schema, identifier: str | None) -> Visibility:
    model = schema.model
    subclasses = [get_document(name) for name in model._subclasses if name != model._class_name]
    return visibility_of(schema, subclasses, identifier)


def _is_none_of(models: Iterable[Any]) -> Raw:
    return {"_cls": {"$nin": [model._class_name for model in models]}}


def _if_any_of(models: Iterable[Any], rule: Rule, handler: Any, identifier: str | None) -> Raw:
    """Return the clause that a document of one of ``models`` meets only if ``rule`` shows it."""
    queryset, others = rule.narrow(rule.model.objects, handler, identifier), _is_none_of(models)
    if queryset._none:
        return others
    script = {"$where": queryset._sub_js_fields(queryset._where_clause)} if queryset._where_clause else {}
    return {"$or": [others, {**queryset._query, **script}]}
