"""Conversion from dataclass instances to values, and back."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterable, Mapping
from dataclasses import MISSING
from datetime import datetime
from typing import Any

from bzz.exceptions import Invalid
from bzz.providers.memory.schemas import SCHEMAS, has_default, takes_none, type_hints, without_none
from bzz.schema import scalars
from bzz.schema.containers import List, Map
from bzz.schema.errors import add_error
from bzz.schema.fields import Values
from bzz.schema.keeping import copied
from bzz.schema.relations import Embedded
from bzz.schema.scalars import Scalar
from bzz.schema.schema import Schema
from bzz.schema.sets import Set
from bzz.schema.types import DataType


def values(schema: Schema, instance: Any) -> Values:
    """Return a dict from field name to an instance's typed value."""
    return {name: plain(known.type, getattr(instance, name)) for name, known in schema.changeable}


def plain(datatype: DataType, value: Any) -> Any:
    """Return the typed value for an instance's value.

    Dataclasses become dicts. Dates and times without a zone become UTC. Free-form values, and values of other types,
    stay as they are.
    """
    if type(datatype) is Scalar:
        return scalars.utc(value) if isinstance(value, datetime) else value
    if isinstance(datatype, Embedded) and isinstance(value, datatype.schema.model):
        return values(datatype.schema, value)
    if isinstance(datatype, List) and isinstance(value, list):
        return [plain(datatype.item, item) for item in value]
    if isinstance(datatype, Set) and isinstance(value, (set, frozenset)):
        return frozenset(plain(datatype.item, item) for item in value)
    if isinstance(datatype, Map) and isinstance(value, dict):
        return {key: plain(datatype.item, item) for key, item in value.items()}
    return copied(value)


def build(schema: Schema, data: Mapping[str, Any], base: Any = None) -> Any:
    """Return a new instance with the values of ``data``.

    Args:
        schema: the schema of the dataclass.
        data: a dict from field name to typed value.
        base: an instance that has the values of all other fields. If ``base`` is None, they get their
            defaults.

    Raises:
        Invalid: a required field is missing, ``data`` has a field with ``init=False``, or the model's ``__post_init__``
            raised ValueError.
    """
    hints, arguments = type_hints(schema.model), {}
    errors: dict[str, list[str]] = {}
    for field in dataclasses.fields(schema.model):
        try:
            argument = _argument(field, hints[field.name], data, is_new=base is None)
        except ValueError as error:
            add_error(errors, schema.public_name(field.name), error)
        else:
            if argument is not MISSING:
                arguments[field.name] = argument
    if errors:
        raise Invalid(errors=errors)
    try:
        return schema.model(**arguments) if base is None else dataclasses.replace(base, **arguments)
    except ValueError as error:
        raise error if isinstance(error, Invalid) else Invalid(str(error)) from error


def _argument(field: dataclasses.Field[Any], hint: Any, data: Mapping[str, Any], *, is_new: bool) -> Any:
    """Return the constructor's argument for a field.

    Return MISSING if the field needs no argument.

    Raises:
        ValueError: the field is required and missing, or ``data`` must not contain it.
    """
    value, is_given = data.get(field.name), field.name in data
    if not field.init:
        if is_given:
            raise ValueError("is made by the model")
        return MISSING
    if value is not None or (is_given and takes_none(hint)):
        return _with_dataclasses(hint, value)
    if has_default(field):
        return _default(field) if is_given and not is_new else MISSING
    if is_given or is_new:
        raise ValueError("is required")
    return MISSING


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is MISSING else field.default_factory()


def _with_dataclasses(hint: Any, value: Any) -> Any:
    """Return ``value`` with dataclass instances in place of dicts.

    ``hint`` names the dataclass of each such dict.

    Raises:
        Invalid: see ``build``.
    """
    hint = without_none(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint) and isinstance(value, dict):
        taken = {
            field.name: value[field.name] for field in dataclasses.fields(hint) if field.init and field.name in value
        }
        return build(SCHEMAS.embedded(hint), taken)
    if isinstance(value, list) and typing.get_origin(hint) is list:
        return [*_items_with_dataclasses(typing.get_args(hint)[0], enumerate(value)).values()]
    if isinstance(value, dict) and typing.get_origin(hint) is dict:
        return _items_with_dataclasses(typing.get_args(hint)[1], value.items())
    if isinstance(value, frozenset) and typing.get_origin(hint) is set:
        return set(value)
    return value


def _items_with_dataclasses(hint: Any, items: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    errors: dict[str, list[str]] = {}
    for key, value in items:
        try:
            made[key] = _with_dataclasses(hint, value)
        except Invalid as error:
            add_error(errors, str(key), error)
    if errors:
        raise Invalid(errors=errors)
    return made
