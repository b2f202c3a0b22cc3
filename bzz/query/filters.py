"""Filters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bzz.providers.conditions import Condition
from bzz.schema.containers import List
from bzz.schema.fields import Field
from bzz.schema.relations import Embedded
from bzz.schema.scalars import BOOLEAN, STRING
from bzz.schema.schema import Schema
from bzz.schema.types import MAX_DEPTH, ORDER, TEXT, FormValue, parse_value

MAX_TEXT = 400  # characters looked for; stores take no longer patterns


def find(schema: Schema, dotted: str, *, hidden: bool = False) -> tuple[str, Field] | None:
    """Return a field by the name that requests have for it, dotted for one inside an embedded document.

    Args:
        schema: whose field it is.
        dotted: its name.
        hidden: whether fields that requests may not read are found, too.

    Returns:
        Its dotted name as the model has it, and the field; None if there is none.
    """
    if dotted.count(".") >= MAX_DEPTH:
        return None
    key, dot, rest = dotted.partition(".")
    known = schema.field_for(key)
    if known is None or not (known.readable or hidden):
        return None
    if not dot:
        return known.name, known
    inner = find(known.type.schema, rest, hidden=hidden) if isinstance(known.type, Embedded) else None
    return inner and (f"{known.name}.{inner[0]}", inner[1])


def typed(name: str, known: Field, operator: str, raw: Any) -> Condition:
    """Return a condition on a field, its value typed by what the operator compares the field with.

    Args:
        name: the field's, dotted, as the model has it.
        known: the field.
        operator: one of ``OPERATORS``.
        raw: as it comes from a query string, or from a receiver.

    Raises:
        ValueError: the value does not fit.
    """
    return Condition(name, operator, _typed_value(known, operator, raw))


def retyped(schema: Schema, condition: Condition) -> Condition:
    """Return a condition that a receiver may have made, its value typed; the field may be a hidden one.

    Raises:
        LookupError: the resource has no such field.
        ValueError: the value does not fit.
    """
    found = find(schema, condition.field, hidden=True)
    if found is None:
        raise LookupError(f"{schema.model.__name__} has no field {condition.field!r}")
    return typed(*found, condition.operator, condition.value)


def _typed_value(known: Field, operator: str, raw: Any) -> Any:
    if operator == "exists":
        return _present(parse_value(BOOLEAN, raw))
    if operator in ("in", "nin"):
        if isinstance(raw, str) or not isinstance(raw, Iterable):
            raise ValueError("takes a list of values")
        parts = raw[0].split(",") if isinstance(raw, FormValue) else raw
        values = (parse_value(known.type, FormValue((part,)) if isinstance(raw, FormValue) else part) for part in parts)
        return [*dict.fromkeys(values)]
    if isinstance(known.type, List):
        return _present(parse_value(known.type.item, raw))
    if operator in TEXT:
        return _literal(parse_value(STRING, raw))
    value = parse_value(known.type, raw)
    return _present(value) if operator in ORDER else value


def _present(value: Any) -> Any:
    if value is None:
        raise ValueError("takes a value")
    return value


def _literal(text: Any) -> Any:
    if "\0" in _present(text) or len(text) > MAX_TEXT:
        raise ValueError(f"takes text of at most {MAX_TEXT} characters, none of them NUL")
    return text
