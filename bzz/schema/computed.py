"""Computed fields: hybrids and properties, whose values a model computes when they are read."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from inspect import getattr_static
from types import FunctionType
from typing import Any

from bzz.schema.fields import Field, Values
from bzz.schema.free_form import Json
from bzz.schema.schema import Schema
from bzz.schema.shown import Shown, json_of
from bzz.schema.types import DataType

logger = logging.getLogger("bzz")
METHODS = (FunctionType, classmethod, staticmethod, type)


SHOWN = Shown(plain=json_of)


def with_computed(schema: Schema, names: Iterable[str]) -> Schema:
    """Return a schema whose replies show some computed fields.

    Args:
        schema: the schema from the provider. It contains the computed fields that the ORM itself knows.
        names: the model's own names of such fields, or of properties.

    Raises:
        TypeError: ``names`` is one text, or contains a name that is neither a computed field nor a property.
    """
    if isinstance(names, str):
        raise TypeError(f"computed must be a list of names, not the text {names!r}")
    fields = dict(schema.fields)
    for name in names:
        known = fields.get(name)
        if known is None and has_property(schema.model, name):
            known = property_field(name)
        if known is None or not known.is_computed:
            raise TypeError(f"computed: {schema.model.__name__} has no hybrid and no property {name}")
        fields[name] = replace(known, readable=True, is_shown=True)
    return replace(schema, fields=fields)


def property_field(name: str) -> Field:
    """Return the computed field of a property, which nobody can set."""
    return Field(name, SHOWN, insertable=False, updatable=False, deferred=True, filterable=False, is_computed=True)


def has_property(model: type, name: str) -> bool:
    """Return whether an attribute of a class is a property or another descriptor, but no method."""
    found = getattr_static(model, name, None)
    return not isinstance(found, METHODS) and hasattr(type(found), "__get__")


def computed_values(schema: Schema, instance: Any, names: Iterable[str]) -> Values:
    """Return a dict from the name of a computed field to the value that an instance computes.

    The value is None if the computation raises an exception. The function may query the store.

    Args:
        schema: the schema of the instance.
        instance: the instance.
        names: names of fields. Those of other fields are ignored.
    """
    known = [name for name in names if name in schema.computed]
    return {name: _computed(schema, schema.fields[name].type, instance, name) for name in known}


def _computed(schema: Schema, datatype: DataType, instance: Any, name: str) -> Any:
    try:
        value = getattr(instance, name)
        if not isinstance(datatype, Json):
            with suppress(ValueError):
                return None if value is None else datatype.parse(value)
        return schema.json.dump(value)
    except Exception:  # one value must not take the whole list with it
        logger.debug("%s.%s cannot be computed", type(instance).__name__, name, exc_info=True)
        return None
