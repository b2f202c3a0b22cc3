"""Filters: ``age__gte=18`` becomes a ``Condition`` with a parsed value.

The values of receivers' conditions are parsed in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bzz.providers.conditions import Condition
from bzz.schema.containers import List
from bzz.schema.errors import UNKNOWN_FIELD
from bzz.schema.fields import Field
from bzz.schema.relations import Embedded
from bzz.schema.scalars import BOOLEAN, STRING
from bzz.schema.schema import Schema
from bzz.schema.sets import Set
from bzz.schema.types import MAX_DEPTH, ORDER, TEXT, FormValue, parse_value

MAX_TEXT = 400  # the longest text to look for, in characters; stores limit the length of patterns


def parse_filter(schema: Schema, key: str, value: Any, allowed: Iterable[str]) -> tuple[Condition, bool]:
    """Parse a parameter and return its condition.

    The second result tells whether the parameter may be repeated.

    Args:
        schema: the schema of the instances in the list.
        key: the name of the parameter: ``age``, ``age__gte``, ``address.city__icontains``.
        value: text. Plain code may give a value of the field's type.
        allowed: the names of the list's other parameters, for the error text.

    Raises:
        ValueError: the field is unknown, or does not take the operator or the value.
    """
    found, operator = find(schema, key), "eq"
    if found is None:
        name, _, suffix = key.rpartition("__")
        found, operator = find(schema, name), suffix
    if found is None:
        names = ", ".join(name for name, known in schema.readable if known.filterable)
        raise ValueError(f"{UNKNOWN_FIELD}; a list takes {', '.join(allowed)} and the fields {names}")
    name, known = found
    if not known.type.operators:
        raise ValueError(f"no list can be filtered by {schema.public_name(name)}")
    if operator not in known.type.operators:
        raise ValueError(f"{schema.public_name(name)} takes {', '.join(known.type.operators)}, not {operator}")
    is_membership = isinstance(known.type, (List, Set)) and operator == "contains"
    return typed(name, known, operator, FormValue((value,)) if isinstance(value, str) else value), is_membership


def find(schema: Schema, dotted: str, *, hidden: bool = False) -> tuple[str, Field] | None:
    """Find the field that has a public name.

    Args:
        schema: the schema of the instances.
        dotted: the public name. It is dotted for a field inside an embedded document.
        hidden: whether to include fields by which requests may not filter. Then ``dotted`` is the model's own name.

    Returns:
        The field's dotted name in the model, and the field; None if no field has the name.
    """
    if dotted.count(".") >= MAX_DEPTH:
        return None
    key, dot, rest = dotted.partition(".")
    known = schema.field_named(key) if hidden else schema.field_for(key)
    if known is None or not (hidden or (known.readable and known.filterable)):
        return None
    if not dot:
        return known.name, known
    inner = find(known.type.schema, rest, hidden=hidden) if isinstance(known.type, Embedded) else None
    return inner and (f"{known.name}.{inner[0]}", inner[1])


def typed(name: str, known: Field, operator: str, raw: Any) -> Condition:
    """Parse a value for an operator and return a condition.

    Args:
        name: the field's name in the model. It is dotted for a field inside an embedded document.
        known: the field.
        operator: one of ``OPERATORS``.
        raw: the value, from a query string or from a receiver.

    Raises:
        ValueError: the field or the operator does not take the value.
    """
    return Condition(name, operator, _typed_value(known, operator, raw))


def retyped(schema: Schema, condition: Condition) -> Condition:
    """Parse the value of a receiver's condition and return the condition.

    The field may be one that requests may not read.

    Raises:
        LookupError: the model has no such field.
        ValueError: the field or the operator does not take the value.
    """
    found = find(schema, condition.field, hidden=True)
    if found is None:
        raise LookupError(f"{schema.model.__name__} has no field {condition.field!r}")
    return typed(*found, condition.operator, condition.value)


def _typed_value(known: Field, operator: str, raw: Any) -> Any:
    if operator == "exists":
        return _present(parse_value(BOOLEAN, raw))
    kind = known.type.unbounded
    if operator in ("in", "nin"):
        if isinstance(raw, str) or not isinstance(raw, Iterable):
            raise ValueError("takes a list of values")
        parts = [FormValue((part,)) for part in raw[0].split(",")] if isinstance(raw, FormValue) else raw
        return _each_once(parse_value(kind, part) for part in parts)
    if isinstance(kind, (List, Set)):
        return _present(parse_value(kind.item, raw))
    if operator in TEXT:
        return _literal(parse_value(STRING, raw))
    value = parse_value(kind, raw)
    return _present(value) if operator in ORDER else value


def _each_once(values: Iterable[Any]) -> list[Any]:
    """Return each value once, in order. Values of an application's own type may have no hash."""
    found = [*values]
    try:
        return [*dict.fromkeys(found)]
    except TypeError:
        return found


def _present(value: Any) -> Any:
    if value is None:
        raise ValueError("takes a value")
    return value


def _literal(text: Any) -> Any:
    if "\0" in _present(text) or len(text) > MAX_TEXT:
        raise ValueError(f"takes text of at most {MAX_TEXT} characters, none of them NUL")
    return text
