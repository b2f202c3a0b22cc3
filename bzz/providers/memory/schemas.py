"""Dataclasses as resources, and their instances as plain values and back.

A field's type hint is its type; ``metadata={"primary_key": True}`` marks the primary key (by default the field ``id``),
``metadata={"unique": True}`` a value that no two instances share, and ``metadata={"reference": Model}``, or the model's
name as text, the primary key of another model's instance, or a list of them. A primary key with a default is generated,
one without is given by the client. Inside an instance, a dataclass may have a primary key too.
"""

from __future__ import annotations

import dataclasses
import sys
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

from bzz.schema import enumerations, free_form, scalars, schema
from bzz.schema.containers import List, Map
from bzz.schema.fields import Field
from bzz.schema.relations import Embedded, Reference
from bzz.schema.schema import Schema
from bzz.schema.types import DataType

SCALARS: Mapping[Any, DataType] = {
    str: scalars.STRING,
    int: scalars.INTEGER,
    float: scalars.FLOAT,
    bool: scalars.BOOLEAN,
    Decimal: scalars.DECIMAL,
    datetime: scalars.DATETIME,
    date: scalars.DATE,
    time: scalars.TIME,
    UUID: scalars.UUID_,
    bytes: scalars.BYTES,
    dict: free_form.JSON,
    Any: free_form.JSON,
}


def describe_dataclass(model: Any) -> Schema:
    """Return what the dataclass ``model`` looks like.

    Raises:
        TypeError: it is none, has no primary key, or a field of a type that is not known here.
    """
    if not (isinstance(model, type) and dataclasses.is_dataclass(model)):
        raise TypeError(f"{model!r} is not a dataclass")
    name, declared = model.__name__, dataclasses.fields(model)
    pk = primary_key(declared)
    if pk is None:
        raise TypeError(f"{name} has no primary key: a field id, or one with metadata primary_key")
    return schema.make_schema(model, _fields(model), pk=pk.name)


def primary_key(declared: Sequence[dataclasses.Field[Any]]) -> dataclasses.Field[Any] | None:
    marked = next((f for f in declared if f.metadata.get("primary_key")), None)
    return marked or next((f for f in declared if f.name == "id"), None)


def has_default(known: dataclasses.Field[Any]) -> bool:
    return known.default is not dataclasses.MISSING or known.default_factory is not dataclasses.MISSING


@cache
def type_hints(model: type) -> Mapping[str, Any]:
    return typing.get_type_hints(model)


@cache
def embedded_schema(model: type) -> Schema:
    pk = primary_key(dataclasses.fields(model))
    return schema.make_schema(model, _fields(model), id_field=pk.name if pk else None)


def _fields(model: Any) -> dict[str, Field]:
    declared, hints = dataclasses.fields(model), type_hints(model)
    fields = {
        f.name: Field(f.name, _field_type(model, f, hints[f.name]), insertable=f.init, updatable=f.init)
        for f in declared
    }
    pk = primary_key(declared)
    if pk:
        fields[pk.name] = dataclasses.replace(fields[pk.name], insertable=not has_default(pk), updatable=False)
    return fields


def _field_type(model: Any, declared: dataclasses.Field[Any], hint: Any) -> DataType:
    referred = declared.metadata.get("reference")
    if referred is None:
        return _datatype(hint)

    def target() -> Any:
        return getattr(sys.modules[model.__module__], referred) if isinstance(referred, str) else referred

    def key_type() -> DataType:
        schema = describe_dataclass(target())
        return schema.fields[str(schema.pk)].type

    reference = Reference(target, key_type)
    return List(reference) if typing.get_origin(without_none(hint)) is list else reference


def without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        others = [part for part in typing.get_args(hint) if part is not type(None)]
        if len(others) == 1:
            return others[0]
    return hint


def _datatype(hint: Any) -> DataType:
    hint = without_none(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        return List(_datatype(arguments[0]))
    if origin is dict:
        return Map(_datatype(arguments[1]))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return Embedded(lambda: embedded_schema(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return enumerations.enumeration(hint)
    if hint not in SCALARS:
        raise TypeError(f"{hint!r} is no type that the memory provider knows")
    return SCALARS[hint]
