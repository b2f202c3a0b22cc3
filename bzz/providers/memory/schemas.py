"""The schemas of dataclasses.

The type hint of a dataclass field gives the field's type. The field's ``metadata`` may contain more:

- ``{"primary_key": True}``: the field is the primary key. If no field has this mark, the field ``id`` is the primary
  key. If the primary key has a default, the provider generates the key. Otherwise the client must give the key.
- ``{"unique": True}``: no two instances have the same value of the field.
- ``{"reference": Model}``, or the model's name as text: the field contains the primary key of an instance of ``Model``,
  or a list of such primary keys. A set of them is refused.
- ``{"title": "...", "description": "..."}``: the name of the field for people, and a text about it.

Embedded dataclasses may also have primary keys.
"""

from __future__ import annotations

import dataclasses
import sys
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any
from uuid import UUID

from bzz.schema import scalars
from bzz.schema.containers import List, Map
from bzz.schema.custom_types import Types, type_for
from bzz.schema.enumerations import enumeration
from bzz.schema.fields import Field
from bzz.schema.free_form import Json
from bzz.schema.making import make_schema, with_sortable_key
from bzz.schema.relations import Embedded, Reference
from bzz.schema.scalars import Scalar
from bzz.schema.schema import Schema
from bzz.schema.sets import Set
from bzz.schema.shown import Shown, json_of
from bzz.schema.types import DataType


def _plain(value: Any) -> Any:
    """Return a value of a class that bzz does not know as JSON. A dataclass becomes an object."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return FREE.dump({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    return json_of(value)


FREE = Json(plain=_plain, kinds=(object,))
SHOWN = Shown(plain=_plain)
SETS = (set, frozenset)
UNIONS = (typing.Union, UnionType)
TYPES: Mapping[Any, DataType] = {
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
    dict: FREE,
    Any: FREE,
}


class Schemas:
    """The schemas of dataclasses.

    Args:
        types: the types that hives give to hints, by hint.
    """

    def __init__(self, types: Types) -> None:
        self.types = types
        self._embedded: dict[type, Schema] = {}

    def stored(self, model: Any) -> Schema:
        """Return the schema of a dataclass that is stored on its own.

        Raises:
            TypeError: ``model`` is no dataclass, or has no primary key.
        """
        if not (isinstance(model, type) and dataclasses.is_dataclass(model)):
            raise TypeError(f"{model!r} is not a dataclass")
        pk = primary_key(dataclasses.fields(model))
        if pk is None:
            raise TypeError(
                f"{model.__name__} has no primary key: name a field id, or mark one with metadata primary_key"
            )
        return make_schema(model, _schema_fields(model, self), pk=pk.name)

    def embedded(self, model: type) -> Schema:
        """Return the schema of a dataclass that is stored inside another dataclass."""
        if model not in self._embedded:
            pk = primary_key(dataclasses.fields(model))
            fields = _schema_fields(model, self)
            self._embedded[model] = make_schema(model, fields, id_field=pk.name if pk else None)
        return self._embedded[model]


SCHEMAS = Schemas({})  # of all providers to which no hive has given types


def primary_key(declared: Sequence[dataclasses.Field[Any]]) -> dataclasses.Field[Any] | None:
    """Return the primary key among a dataclass's fields.

    It is the marked field, or else the field ``id``, or else None.
    """
    marked = next((field for field in declared if field.metadata.get("primary_key")), None)
    return marked or next((field for field in declared if field.name == "id"), None)


def has_default(declared: dataclasses.Field[Any]) -> bool:
    """Return whether a field has a default or a default factory."""
    return declared.default is not MISSING or declared.default_factory is not MISSING


@cache
def type_hints(model: type) -> Mapping[str, Any]:
    """Return a dict from field name to resolved type hint."""
    return typing.get_type_hints(model)


def without_none(hint: Any) -> Any:
    """Return ``X`` for the hint ``X | None``.

    Return any other hint unchanged.
    """
    if typing.get_origin(hint) in UNIONS:
        others = [part for part in typing.get_args(hint) if part is not NoneType]
        if len(others) == 1:
            return others[0]
    return hint


def takes_none(hint: Any) -> bool:
    """Return whether None is a value of a hint."""
    return hint is Any or NoneType in typing.get_args(hint)


def _schema_fields(model: Any, schemas: Schemas) -> dict[str, Field]:
    declared, hints = dataclasses.fields(model), type_hints(model)
    kinds = {field.name: _field_type(model, field, hints[field.name], schemas) for field in declared}
    settable = {field.name: field.init and not _is_shown(kinds[field.name]) for field in declared}
    fields = {
        field.name: Field(
            field.name,
            kinds[field.name],
            insertable=settable[field.name],
            updatable=settable[field.name],
            required=not has_default(field),
            nullable=takes_none(hints[field.name]),
            default=None if field.default is MISSING else field.default,
            unique=bool(field.metadata.get("unique")),
            title=field.metadata.get("title", ""),
            description=field.metadata.get("description", ""),
        )
        for field in declared
    }
    pk = primary_key(declared)
    if pk:
        fields[pk.name] = dataclasses.replace(
            fields[pk.name], insertable=not has_default(pk), updatable=False, unique=True
        )
        fields = with_sortable_key(fields, pk.name)
    return fields


def _is_shown(datatype: DataType) -> bool:
    """Tell whether the values of a type, or the items in them, are of an unknown class."""
    return _is_shown(datatype.item) if isinstance(datatype, (List, Map)) else isinstance(datatype, Shown)


def _field_type(model: Any, declared: dataclasses.Field[Any], hint: Any, schemas: Schemas) -> DataType:
    """Return the type of a field.

    If the field's metadata says so, the type is a reference or a list of references.
    """
    referred = declared.metadata.get("reference")
    if referred is None:
        return _hinted_type(hint, schemas)

    def target() -> Any:
        return getattr(sys.modules[model.__module__], referred) if isinstance(referred, str) else referred

    def key_type() -> DataType:
        schema = schemas.stored(target())
        return schema.fields[str(schema.pk)].type

    reference = Reference(target, key_type)
    origin = typing.get_origin(without_none(hint))
    return List(reference) if origin is list else Set(reference) if origin in SETS else reference


def _hinted_type(hint: Any, schemas: Schemas) -> DataType:
    hint = without_none(hint)
    given = type_for(schemas.types, hint) if isinstance(hint, type) else schemas.types.get(hint)
    if given is not None:
        return given
    if (origin := typing.get_origin(hint)) is not None:
        return _generic_type(origin, typing.get_args(hint), schemas)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return Embedded(lambda: schemas.embedded(hint))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return enumeration(hint)
    return TYPES.get(hint, SHOWN)


def _generic_type(origin: Any, arguments: Sequence[Any], schemas: Schemas) -> DataType:
    if origin is list:
        return List(_hinted_type(arguments[0], schemas))
    if origin in SETS and isinstance(item := _hinted_type(arguments[0], schemas), Scalar):
        return Set(item)
    if origin is dict:
        return Map(_hinted_type(arguments[1], schemas))
    return scalars.NUMBER if origin in UNIONS and {*arguments} - {NoneType} == {int, float} else SHOWN
