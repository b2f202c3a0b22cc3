"""Column types that convert values themselves, such as most ``TypeDecorator`` classes.

The values that they take and give are not those of the column type beneath. So bzz must be told the class of these
values: by ``python_type``, by the annotation ``Mapped[UUID]``, or by the native type that they name for PostgreSQL.
"""

from __future__ import annotations

import enum
import sys
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from inspect import get_annotations
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapped
from sqlalchemy.types import TypeDecorator, TypeEngine

from bzz.providers.sqlalchemy.codec import JSON_VALUES, ONLY_SHOWN, Codec
from bzz.schema import scalars
from bzz.schema.enumerations import enumeration
from bzz.schema.types import EQUALITY, DataType

FindHint = Callable[[], Any]
WRITING = ("process_bind_param", "bind_processor", "bind_expression")
READING = ("process_result_value", "result_processor", "column_expression")
WITHOUT_ORDER = (scalars.STRING.name, scalars.BYTES.name, JSON_VALUES.name)  # for numbers and times
PYTHON_TYPES: Mapping[Any, DataType] = {
    UUID: scalars.UUID_,
    datetime: scalars.DATETIME,
    date: scalars.DATE,
    time: scalars.TIME,
    Decimal: scalars.DECIMAL,
    bool: scalars.BOOLEAN,
    int: scalars.INTEGER,
    float: scalars.FLOAT,
    str: scalars.STRING,
    bytes: scalars.BYTES,
    dict: JSON_VALUES,
    list: JSON_VALUES,
}


def no_hint() -> Any:
    """Return None: no attribute has an annotation."""
    return None


def converts(column_type: TypeEngine[Any], names: Iterable[str] = (*WRITING, *READING)) -> bool:
    """Return whether the class of a column type converts values by one of these methods of its own.

    The methods of SQLAlchemy's own classes do not count.
    """
    return any(name in vars(kind) for kind in _own_classes(column_type) for name in names)


def _own_classes(column_type: TypeEngine[Any]) -> list[type]:
    return [kind for kind in type(column_type).__mro__ if not kind.__module__.startswith(("sqlalchemy.", "builtins"))]


def converted_codec(
    column_type: TypeEngine[Any], beneath: TypeEngine[Any], stored: Codec, find_hint: FindHint
) -> Codec:
    """Return the codec of a column type that converts values itself.

    SQLAlchemy gets the values of requests as they are typed, dates and times in UTC.

    Args:
        column_type: the column type.
        beneath: the column type beneath it. It is ``column_type`` itself if there is none.
        stored: the codec of ``beneath``.
        find_hint: a function that returns the annotated Python type of the column's attribute, or None.
    """
    is_converting = converts(column_type, READING)
    python_type = _own_python_type(column_type)
    if is_converting and python_type is python_type_of(beneath):  # the column type only passes on what is beneath it
        python_type = None
    codec = python_codec(python_type) or python_codec(find_hint()) or _native_codec(column_type)
    if not is_converting and (codec is None or codec.type.name == stored.type.name):
        return replace(stored, encode=None, bind=None, compare=None)
    if codec is None:
        return ONLY_SHOWN
    return replace(codec, type=_compared(codec.type, stored.type)) if is_converting else codec


def _compared(datatype: Any, stored: DataType) -> Any:
    """Return the type of converted values, with the comparisons that their stored form allows.

    Text and bytes may be stored encrypted. Numbers and times that are stored as text have another order.
    """
    if datatype in (scalars.STRING, scalars.BYTES):
        return replace(datatype, operators=("exists",), sortable=False)
    if datatype in (scalars.DATETIME, scalars.TIME) and datatype.name == stored.name:
        return stored  # which may cut the fraction of a second
    is_out_of_order = "lt" in datatype.operators and stored.name in WITHOUT_ORDER
    return replace(datatype, operators=EQUALITY, sortable=False) if is_out_of_order else datatype


def python_codec(python_type: Any) -> Codec | None:
    """Return the codec of a column whose values SQLAlchemy takes and gives as ``python_type``.

    Return None for a class that bzz does not know.
    """
    if isinstance(python_type, type) and issubclass(python_type, enum.Enum) and [*python_type]:
        return Codec(enumeration(python_type))
    datatype = PYTHON_TYPES.get(python_type)
    return Codec(datatype, scalars.utc if datatype is scalars.DATETIME else None) if datatype else None


def python_type_of(column_type: TypeEngine[Any]) -> Any:
    """Return the ``python_type`` of a column type, or None."""
    try:
        return column_type.python_type
    except NotImplementedError:  # with SQLAlchemy 2.0
        return None


def _own_python_type(column_type: TypeEngine[Any]) -> Any:
    is_own = any("python_type" in vars(kind) for kind in _own_classes(column_type))
    return python_type_of(column_type) if is_own else None


def _native_codec(column_type: TypeEngine[Any]) -> Codec | None:
    """Return the codec of a ``TypeDecorator`` that names UUID as its type for PostgreSQL.

    Its values are UUIDs in all databases.
    """
    if not isinstance(column_type, TypeDecorator):
        return None
    dialect: Any = postgresql.dialect
    native = column_type.load_dialect_impl(dialect())
    return python_codec(UUID) if isinstance(native, sa.Uuid) and native.as_uuid else None


def annotated_type(model: type, name: str) -> Any:
    """Return the Python type in the annotation of an attribute: ``UUID`` for ``Mapped[UUID | None]``.

    Return None if the attribute has no annotation, or one that Python cannot resolve.
    """
    with suppress(Exception):  # an annotation may name anything, and names for type checkers only
        for kind in model.__mro__:
            hint = get_annotations(kind).get(name)
            if hint is not None:
                holder = type(kind.__name__, (), {"__annotations__": {name: hint}})
                names = vars(sys.modules[kind.__module__])
                return _bare(typing.get_type_hints(holder, names, {**vars(kind)})[name])
    return None


def _bare(hint: Any) -> Any:
    """Return the class in a type hint, without ``Mapped``, ``None`` and the classes of items."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        others = [part for part in arguments if part is not type(None)]
        return _bare(others[0]) if len(others) == 1 else None
    if isinstance(origin, type) and issubclass(origin, Mapped):
        return _bare(arguments[0])
    return _bare(hint.__supertype__) if isinstance(hint, typing.NewType) else origin or hint
