"""The mappers of a registry, and their configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapper, registry
from sqlalchemy.orm.exc import UnmappedClassError


def mapper_of(model: type) -> Mapper[Any]:
    """Return the mapper of a class, configured.

    SQLAlchemy maps some base classes only when it configures the mappers of their registry.

    Raises:
        TypeError: ``model`` is no mapped class.
        LookupError: ``model`` is not mapped yet, or a class of its registry refers to a class or table that is not
            defined yet.
    """
    try:
        mapper: Any = sa.inspect(model, raiseerr=False)
    except UnmappedClassError:
        _configure(model.registry)  # type: ignore[attr-defined]  # it is declarative
        try:
            mapper = sa.inspect(model)
        except UnmappedClassError as error:
            raise LookupError(str(error)) from error
    if not isinstance(mapper, Mapper):
        raise TypeError(f"{model!r} is no mapped class")
    if not mapper.configured:
        _configure(mapper.registry)
    return mapper


def mappers_of(known: registry) -> Iterator[Mapper[Any]]:
    """Yield the mappers of a registry. A class that is not mapped yet is left out."""
    return (manager.mapper for manager in [*known._managers] if manager.is_mapped)


def root_of(mapper: Mapper[Any]) -> Mapper[Any]:
    """Return the mapper whose table holds the first row of each instance: the last base class without ``concrete``."""
    while mapper.inherits is not None and not mapper.concrete:
        mapper = mapper.inherits
    return mapper


def is_union(mapper: Mapper[Any]) -> bool:
    """Return whether SQLAlchemy selects a class as a union of the tables of several classes."""
    inner = [other for other in mapper.self_and_descendants if other is not mapper]
    return mapper.with_polymorphic is not None and any(other.concrete for other in inner)


def _configure(known: registry) -> None:
    """Configure all mappers of the registry.

    Raises:
        LookupError: a mapper refers to a class or table that is not defined yet. SQLAlchemy itself would then refuse to
            configure any mapper, now and later.
    """
    names = {*known._class_registry}
    for other in mappers_of(known):
        for name, descriptor in other.all_orm_descriptors.items():
            prop = getattr(descriptor, "prop", None)
            argument, arguments = getattr(prop, "argument", None), getattr(prop, "_init_args", None)
            table = arguments and arguments.secondary.argument
            target = argument.rpartition(".")[2] if isinstance(argument, str) else ""
            is_missing = target.isidentifier() and target not in names
            is_missing |= isinstance(table, str) and table.isidentifier() and table not in known.metadata.tables
            if is_missing or not _is_defined(argument):
                raise LookupError(f"{other.class_.__name__}.{name} refers to a class or table that is not defined yet")
    known.configure(cascade=True)


def _is_defined(argument: Any) -> bool:
    """Return whether a relationship's argument can be resolved.

    If the argument is a function, the class that it returns must be defined. Any other argument can be resolved.
    """
    if callable(argument) and not isinstance(argument, type):
        try:
            argument()
        except (NameError, sa.exc.InvalidRequestError):
            return False
    return True
