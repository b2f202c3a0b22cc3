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
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any
from uuid import UUID

from bzz import resources, scalars
from bzz.datatypes import DataType, List, Map, add_error
from bzz.exceptions import Invalid
from bzz.relations import Embedded, Reference
from bzz.resources import Field, Resource, Values

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
    dict: scalars.JSON,
    Any: scalars.JSON,
}


def describe(model: Any) -> Resource:
    """Return what the dataclass ``model`` looks like.

    Raises:
        TypeError: it is none, has no primary key, or a field of a type that is not known here.
    """
    if not (isinstance(model, type) and dataclasses.is_dataclass(model)):
        raise TypeError(f"{model!r} is not a dataclass")
    name, declared = model.__name__, dataclasses.fields(model)
    pk = _primary_key(declared)
    if pk is None:
        raise TypeError(f"{name} has no primary key: a field id, or one with metadata primary_key")
    return resources.describe(model, _fields(model), pk=pk.name)


def _primary_key(declared: Sequence[dataclasses.Field[Any]]) -> dataclasses.Field[Any] | None:
    marked = next((f for f in declared if f.metadata.get("primary_key")), None)
    return marked or next((f for f in declared if f.name == "id"), None)


def values(instance: Any) -> Values:
    """Return an instance's values, typed."""
    return {f.name: to_plain(getattr(instance, f.name)) for f in dataclasses.fields(instance)}


def to_plain(value: Any) -> Any:
    """Return what an instance holds as the types have it: dataclasses as dicts, dates and times in UTC."""
    if dataclasses.is_dataclass(value):
        return values(value)
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [to_plain(item) for item in value]
    return scalars.utc(value) if isinstance(value, datetime) else value


def build(resource: Resource, data: Mapping[str, Any], base: Any = None) -> Any:
    """Return a new instance with ``data``, or ``base`` with ``data`` for its own.

    Raises:
        Invalid: a required field is missing, one is given that the model makes itself (``init=False``), or its own
            ``__post_init__`` raises ValueError.
    """
    hints, given = _hints(resource.model), {}
    errors: dict[str, list[str]] = {}
    for known in dataclasses.fields(resource.model):
        value, named = data.get(known.name), known.name in data
        try:
            if not known.init:
                if named:
                    raise ValueError("is made by the model")
            elif value is not None or (named and type(None) in typing.get_args(hints[known.name])):
                given[known.name] = _instance_of(hints[known.name], value)
            elif _has_default(known):
                if named and base is not None:
                    made = known.default_factory
                    given[known.name] = known.default if made is dataclasses.MISSING else made()
            elif base is None or named:
                raise ValueError("is required")
        except ValueError as error:
            add_error(errors, resource.public(known.name), error)
    if errors:
        raise Invalid(errors=errors)
    try:
        return resource.model(**given) if base is None else dataclasses.replace(base, **given)
    except ValueError as error:
        raise error if isinstance(error, Invalid) else Invalid(str(error)) from error


def _instance_of(hint: Any, value: Any) -> Any:
    """Return ``value`` with the dicts in it that ``hint`` says are dataclasses as such; raise Invalid as ``build``."""
    hint = _without_none(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and value is not None:
        taken = {f.name: value[f.name] for f in dataclasses.fields(hint) if f.init and f.name in value}
        return build(_embedded(hint), taken)
    if isinstance(value, list) and typing.get_origin(hint) is list:
        return [*_instances(typing.get_args(hint)[0], enumerate(value)).values()]
    if isinstance(value, dict) and typing.get_origin(hint) is dict:
        return _instances(typing.get_args(hint)[1], value.items())
    return value


def _instances(hint: Any, items: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    errors: dict[str, list[str]] = {}
    for key, value in items:
        try:
            made[key] = _instance_of(hint, value)
        except Invalid as error:
            add_error(errors, str(key), error)
    if errors:
        raise Invalid(errors=errors)
    return made


def _has_default(known: dataclasses.Field[Any]) -> bool:
    return known.default is not dataclasses.MISSING or known.default_factory is not dataclasses.MISSING


@cache
def _hints(model: type) -> Mapping[str, Any]:
    return typing.get_type_hints(model)


@cache
def _embedded(model: type) -> Resource:
    pk = _primary_key(dataclasses.fields(model))
    return resources.describe(model, _fields(model), id_field=pk.name if pk else None)


def _fields(model: Any) -> dict[str, Field]:
    declared, hints = dataclasses.fields(model), _hints(model)
    fields = {
        f.name: Field(f.name, _field_type(model, f, hints[f.name]), insertable=f.init, updatable=f.init)
        for f in declared
    }
    pk = _primary_key(declared)
    if pk:
        fields[pk.name] = dataclasses.replace(fields[pk.name], insertable=not _has_default(pk), updatable=False)
    return fields


def _field_type(model: Any, declared: dataclasses.Field[Any], hint: Any) -> DataType:
    referred = declared.metadata.get("reference")
    if referred is None:
        return _datatype(hint)

    def target() -> Any:
        return getattr(sys.modules[model.__module__], referred) if isinstance(referred, str) else referred

    def key_type() -> DataType:
        resource = describe(target())
        return resource.fields[str(resource.pk)].type

    reference = Reference(target, key_type)
    return List(reference) if typing.get_origin(_without_none(hint)) is list else reference


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        others = [part for part in typing.get_args(hint) if part is not type(None)]
        if len(others) == 1:
            return others[0]
    return hint


def _datatype(hint: Any) -> DataType:
    hint = _without_none(hint)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is list:
        return List(_datatype(arguments[0]))
    if origin is dict:
        return Map(_datatype(arguments[1]))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return Embedded(lambda: _embedded(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return scalars.enumeration(hint)
    if hint not in SCALARS:
        raise TypeError(f"{hint!r} is no type that the memory provider knows")
    return SCALARS[hint]
