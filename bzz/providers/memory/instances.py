"""Dataclass instances as plain values, and back."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bzz.exceptions import Invalid
from bzz.providers.memory.schemas import embedded_schema, has_default, type_hints, without_none
from bzz.schema import scalars
from bzz.schema.errors import add_error
from bzz.schema.fields import Values
from bzz.schema.schema import Schema


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


def build(schema: Schema, data: Mapping[str, Any], base: Any = None) -> Any:
    """Return a new instance with ``data``, or ``base`` with ``data`` for its own.

    Raises:
        Invalid: a required field is missing, one is given that the model makes itself (``init=False``), or its own
            ``__post_init__`` raises ValueError.
    """
    hints, given = type_hints(schema.model), {}
    errors: dict[str, list[str]] = {}
    for known in dataclasses.fields(schema.model):
        value, named = data.get(known.name), known.name in data
        try:
            if not known.init:
                if named:
                    raise ValueError("is made by the model")
            elif value is not None or (named and type(None) in typing.get_args(hints[known.name])):
                given[known.name] = _instance_of(hints[known.name], value)
            elif has_default(known):
                if named and base is not None:
                    made = known.default_factory
                    given[known.name] = known.default if made is dataclasses.MISSING else made()
            elif base is None or named:
                raise ValueError("is required")
        except ValueError as error:
            add_error(errors, schema.public_name(known.name), error)
    if errors:
        raise Invalid(errors=errors)
    try:
        return schema.model(**given) if base is None else dataclasses.replace(base, **given)
    except ValueError as error:
        raise error if isinstance(error, Invalid) else Invalid(str(error)) from error


def _instance_of(hint: Any, value: Any) -> Any:
    """Return ``value`` with the dicts in it that ``hint`` says are dataclasses as such; raise Invalid as ``build``."""
    hint = without_none(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and value is not None:
        taken = {f.name: value[f.name] for f in dataclasses.fields(hint) if f.init and f.name in value}
        return build(embedded_schema(hint), taken)
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
