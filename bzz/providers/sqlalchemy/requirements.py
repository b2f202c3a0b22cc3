"""What a new instance of a mapped class needs: the arguments of its constructor, and values of its columns."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from inspect import Parameter, signature
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper

from bzz.exceptions import Invalid
from bzz.providers.sqlalchemy.keys import has_default, key_attributes
from bzz.providers.sqlalchemy.registries import is_union
from bzz.schema.schema import Schema


def constructor_parameters(mapper: Mapper[Any]) -> Sequence[Parameter]:
    """Return the parameters of a class's own constructor.

    The sequence is empty if the class has SQLAlchemy's constructor.
    """
    own = _constructor(mapper)
    return [] if own is mapper.registry.constructor else [*signature(own).parameters.values()][1:]


def required_parameters(mapper: Mapper[Any]) -> frozenset[str]:
    """Return the names of the arguments that a class's own constructor requires."""
    kinds = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    parameters = constructor_parameters(mapper)
    return frozenset(p.name for p in parameters if p.kind in kinds and p.default is Parameter.empty)


def unfilled_attributes(mapper: Mapper[Any]) -> frozenset[str]:
    """Return the attributes whose columns cannot be null, and that neither the class nor the store gives a value."""
    return frozenset(
        prop.key
        for prop in mapper.column_attrs
        if not any(getattr(column, "nullable", True) or _is_filled(mapper, column) for column in prop.columns)
        and not _has_class_default(mapper.class_, prop.key)
    )


def defaulted_attributes(mapper: Mapper[Any]) -> frozenset[str]:
    """Return the attributes that can be null, but get another value by an INSERT without a value for them."""
    return frozenset(
        prop.key
        for prop in mapper.column_attrs
        for column in prop.columns[:1]
        if getattr(column, "nullable", False) and (has_default(column) or isinstance(column.type, sa.JSON))
    )


def check_identity(mapper: Mapper[Any]) -> None:
    """Raise Invalid if SQLAlchemy stores a class only as one of the classes that inherit from it."""
    is_abstract = is_union(mapper) and not isinstance(mapper.local_table, sa.Table)
    column: Any = mapper.polymorphic_on
    is_required = isinstance(column, sa.Column) and not column.nullable and not has_default(column)
    if is_abstract or (is_required and mapper.polymorphic_identity is None):
        raise Invalid(f"{mapper.class_.__name__} itself is not stored; create one of its kinds.")


def check_key(mapper: Mapper[Any], schema: Schema, instance: Any) -> None:
    """Raise Invalid if a new instance lacks a part of its primary key that the store does not generate."""
    missing = [
        name
        for name, column in zip(key_attributes(mapper), mapper.primary_key, strict=True)
        if schema.fields[name].insertable and getattr(instance, name) is None and not has_default(column)
    ]
    if missing:
        raise Invalid(errors={schema.public_name(name): ["is required"] for name in missing})


def fills_fields(mapper: Mapper[Any]) -> bool:
    """Return whether the application's own code may give values to columns: a constructor, or an event at INSERT."""
    return bool(mapper.dispatch.before_insert) or _has_own_constructor(mapper)


def _is_filled(mapper: Mapper[Any], column: Any) -> bool:
    return (
        has_default(column)
        or column is getattr(column.table, "_autoincrement_column", ...)
        or column is mapper.version_id_col
        or column is mapper.polymorphic_on
    )


def _has_class_default(model: Any, attribute: str) -> bool:
    """Return whether a dataclass or a model of Pydantic has a default for an attribute."""
    if hasattr(model, "__pydantic_validator__"):
        known = model.model_fields.get(attribute)
        is_optional = known is not None and not known.is_required()
        return is_optional and (known.default is not None or known.default_factory is not None)
    declared = model.__dataclass_fields__.get(attribute) if dataclasses.is_dataclass(model) else None
    if declared is None:
        return False
    return declared.default is not dataclasses.MISSING or declared.default_factory is not dataclasses.MISSING


def _constructor(mapper: Mapper[Any]) -> Any:
    """Return the constructor of a class, without SQLAlchemy's functions around it. The class may have inherited it."""
    own: Any = mapper.class_manager.original_init
    while hasattr(own, "_sa_original_init"):
        own = own._sa_original_init
    return own


def _has_own_constructor(mapper: Mapper[Any]) -> bool:
    """Return whether the constructor of a class is neither SQLAlchemy's nor made from the class's fields."""
    model, own = mapper.class_, _constructor(mapper)
    if own is mapper.registry.constructor:
        return False
    if dataclasses.is_dataclass(model):
        return hasattr(model, "__post_init__")
    return getattr(own, "__module__", "").partition(".")[0] not in ("sqlmodel", "pydantic")
