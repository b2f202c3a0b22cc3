"""Dataclasses kept in memory: the reference implementation of the provider interface.

A field's type hint is its type; ``metadata={"primary_key": True}`` marks the primary key, by default the field ``id``;
``metadata={"unique": True}`` a value that no two instances share. A primary key with a default is generated, one
without is given by the client.
"""

from __future__ import annotations

import copy
import dataclasses
import threading
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from functools import cache, partial
from typing import Any
from uuid import UUID

from bzz import scalars
from bzz.datatypes import DataType, List, Map, dump
from bzz.exceptions import Conflict, Invalid, NotFound
from bzz.interfaces import (
    BeforeCreate,
    BeforeDelete,
    BeforeUpdate,
    Listing,
    Outcome,
    Path,
    Provider,
    Query,
)
from bzz.resources import Embedded, Field, Patch, Resource, Values

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
REQUIRED = "is required"


class MemoryProvider(Provider):
    """Keeps dataclass instances in this process; safe to use from many threads and tasks.

    An instance once stored is never changed in place, so that readers need no lock.
    """

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._tables: dict[type, dict[Any, Any]] = {}

    def describe(self, model: type) -> Resource:
        """Return what the dataclass ``model`` looks like; raise TypeError if it is none, or has no primary key."""
        if not dataclasses.is_dataclass(model):
            raise TypeError(f"{model!r} is not a dataclass")
        declared = dataclasses.fields(model)
        pk = next((f for f in declared if f.metadata.get("primary_key")), None)
        pk = pk or next((f for f in declared if f.name == "id"), None)
        if pk is None:
            raise TypeError(f"{model.__name__} has no primary key: a field id, or one with metadata primary_key")
        name_of_id = model.get_id_field_name() if hasattr(model, "get_id_field_name") else pk
        fields = _fields(model)
        fields[pk.name] = dataclasses.replace(fields[pk.name], insertable=not _has_default(pk), updatable=False)
        return Resource(model, fields, pk=pk.name, id_field=_name(name_of_id))

    async def get(self, path: Path, *, handler: object, represent: bool) -> Outcome:
        """Return the instance at ``path``."""
        return await self.pool.run(self._get, path, handler, represent)

    async def list(self, path: Path, query: Query, *, handler: object, represent: bool) -> Listing:
        """Return the page that ``query`` asks for."""
        return await self.pool.run(self._list, path, query, handler, represent)

    async def create(
        self,
        path: Path,
        data: Values,
        *,
        before: BeforeCreate | None,
        handler: object,  # noqa: ARG002  # no hook here
    ) -> Outcome:
        """Insert a new instance."""
        if before is not None:
            await before()
        return await self.pool.run(self._create, path.resource, data)

    async def update(self, path: Path, patch: Patch, *, before: BeforeUpdate | None, handler: object) -> Outcome:
        """Merge ``patch`` into the instance at ``path``."""
        if before is not None:
            instance = await self.pool.run(self._find, path, handler)
            await before(copy.deepcopy(instance), _values(instance))
        return await self.pool.run(self._update, path, patch, handler)

    async def delete(self, path: Path, *, before: BeforeDelete | None, handler: object) -> Any:
        """Delete the instance at ``path``."""
        if before is not None:
            await before(copy.deepcopy(await self.pool.run(self._find, path, handler)))
        return await self.pool.run(self._delete, path, handler)

    async def represent(self, resource: Resource, instances: Sequence[Any]) -> Sequence[Any]:
        """Return the representation of each instance."""
        return await self.pool.run(lambda: [_represent(resource, instance) for instance in instances])

    def _table(self, model: type) -> dict[Any, Any]:
        return self._tables.setdefault(model, {})

    def _find(self, path: Path, handler: object) -> Any:
        """Return the stored instance at ``path``, through the model's own hook; it must not be changed."""
        resource = path.resource
        try:
            key = resource.fields[str(resource.id_field)].type.parse(path.id)
        except ValueError:
            raise NotFound("There is no such instance.") from None
        found: Iterable[Any]
        if resource.id_field == resource.pk:
            found = [self._table(resource.model)[key]] if key in self._table(resource.model) else []
        else:
            found = [i for i in self._snapshot(resource.model) if getattr(i, str(resource.id_field)) == key]
        hook = getattr(resource.model, "get_instance_queryset", None)
        if hook is not None:
            found = hook(resource.model, found, path.id, handler)
        for instance in found:
            return instance
        raise NotFound("There is no such instance.")

    def _snapshot(self, model: type) -> Sequence[Any]:
        with self._lock:
            return [*self._table(model).values()]

    def _get(self, path: Path, handler: object, represent: bool) -> Outcome:
        return _outcome(path.resource, self._find(path, handler), represent=represent)

    def _list(self, path: Path, query: Query, handler: object, represent: bool) -> Listing:
        resource = path.resource
        found: Iterable[Any] = self._snapshot(resource.model)
        hook = getattr(resource.model, "get_list_queryset", None)
        if hook is not None:
            found = hook(found, handler)
        matching = [i for i in found if all(getattr(i, c.field) == c.value for c in query.where)]
        for name, descending in reversed([*query.sort, (str(resource.pk), False)]):
            matching.sort(key=partial(_sort_key, name), reverse=descending)
        start = (query.page - 1) * query.per_page
        items = copy.deepcopy(matching[start : start + query.per_page])
        bodies = [_represent(resource, item) for item in items] if represent else None
        return Listing(items, bodies, more=len(matching) > start + query.per_page)

    def _create(self, resource: Resource, data: Values) -> Outcome:
        instance = _build(resource.model, data)
        with self._lock:
            table = self._table(resource.model)
            key = getattr(instance, str(resource.pk))
            if key in table:
                raise Conflict("The primary key is taken.", errors={"id": ["is taken"]})
            self._check_unique(resource.model, instance, key)
            table[key] = instance
        return _outcome(resource, instance)

    def _update(self, path: Path, patch: Patch, handler: object) -> Outcome:
        resource = path.resource
        key = getattr(self._find(path, handler), str(resource.pk))
        with self._lock:
            table = self._table(resource.model)
            if key not in table:
                raise NotFound("There is no such instance.")
            stored = _values(table[key])
            wanted = patch.apply(stored)
            changed = resource.changed(stored, wanted)
            if not changed:
                return _outcome(resource, table[key])
            instance = _build(resource.model, changed, base=table[key])
            self._check_unique(resource.model, instance, key)
            table[key] = instance
        return dataclasses.replace(
            _outcome(resource, instance), updated_fields=resource.diff(stored, _values(instance))
        )

    def _check_unique(self, model: type, instance: Any, key: Any) -> None:
        others = [other for other_key, other in self._table(model).items() if other_key != key]
        for name in (f.name for f in dataclasses.fields(model) if f.metadata.get("unique")):
            value = getattr(instance, name)
            if value is not None and any(getattr(other, name) == value for other in others):
                raise Conflict("The value is taken.", errors={name: ["is taken"]})

    def _delete(self, path: Path, handler: object) -> Any:
        key = getattr(self._find(path, handler), str(path.resource.pk))
        with self._lock:
            instance = self._table(path.resource.model).pop(key, None)
        if instance is None:
            raise NotFound("There is no such instance.")
        return instance


def _outcome(resource: Resource, instance: Any, *, represent: bool = True) -> Outcome:
    own = copy.deepcopy(instance)
    known = resource.fields[str(resource.id_field)]
    identifier = str(known.type.dump(getattr(own, known.name)))
    return Outcome(own, identifier, _represent(resource, own) if represent else None)


def _represent(resource: Resource, instance: Any) -> Any:
    if hasattr(instance, "to_dict"):
        return instance.to_dict()
    return {key: dump(f.type, _plain(getattr(instance, f.name))) for key, f in resource.readable}


def _sort_key(name: str, instance: Any) -> tuple[bool, Any]:
    value = getattr(instance, name)
    return (value is not None, value.value if isinstance(value, Enum) else value)


def _values(instance: Any) -> Values:
    return {f.name: _plain(getattr(instance, f.name)) for f in dataclasses.fields(instance)}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return _values(value)
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _build(model: Any, data: Mapping[str, Any], base: Any = None) -> Any:
    """Return a new instance with ``data``, or ``base`` with ``data`` for its own; raise Invalid if it cannot be."""
    hints, given, errors = _hints(model), {}, {}
    for known in dataclasses.fields(model):
        value = data.get(known.name)
        if value is not None:
            given[known.name] = _instance_of(hints[known.name], value)
        elif known.name in data and type(None) in typing.get_args(hints[known.name]):
            given[known.name] = None
        elif _has_default(known):
            if known.name in data and base is not None:
                given[known.name] = (
                    known.default if known.default_factory is dataclasses.MISSING else known.default_factory()
                )
        elif base is None or known.name in data:
            errors[known.name] = [REQUIRED]
    if errors:
        raise Invalid(errors)
    try:
        return model(**given) if base is None else dataclasses.replace(base, **given)
    except ValueError as error:  # the model's own validation, in __post_init__
        raise error if isinstance(error, Invalid) else Invalid({}, str(error)) from error


def _instance_of(hint: Any, value: Any) -> Any:
    """Return ``value`` with the dicts in it as the dataclasses that ``hint`` names."""
    for part in (hint, *typing.get_args(hint)):
        if dataclasses.is_dataclass(part):
            return [_build(part, item) for item in value] if isinstance(value, list) else _build(part, value)
    return value


def _name(known: Any) -> str:
    return str(getattr(known, "name", known))


def _has_default(known: dataclasses.Field[Any]) -> bool:
    return known.default is not dataclasses.MISSING or known.default_factory is not dataclasses.MISSING


@cache
def _hints(model: type) -> Mapping[str, Any]:
    return typing.get_type_hints(model)


def _fields(model: type) -> dict[str, Field]:
    hints = _hints(model)
    return {f.name: Field(f.name, _datatype(hints[f.name])) for f in dataclasses.fields(model)}


def _datatype(hint: Any) -> DataType:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType) and type(None) in arguments:
        [hint] = [part for part in arguments if part is not type(None)]
        return _datatype(hint)
    if origin is list:
        return List(_datatype(arguments[0]))
    if origin is dict:
        return Map(_datatype(arguments[1]))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return Embedded(lambda: Resource(hint, _fields(hint)))
    if isinstance(hint, type) and issubclass(hint, Enum):
        return scalars.enumeration(hint)
    if hint not in SCALARS:
        raise TypeError(f"{hint!r} is no type that the memory provider knows")
    return SCALARS[hint]
