"""The provider: a table of instances for each model, in this process."""

from __future__ import annotations

import copy
import dataclasses
import threading
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from bzz.exceptions import Conflict, Invalid, NotFound
from bzz.interfaces import BeforeCreate, BeforeDelete, BeforeUpdate, Listing, Outcome, Path, Provider, Query
from bzz.providers.memory import records
from bzz.resources import NO_INSTANCE, Patch, Resource, Values


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
        return records.describe(model)

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
            await before(copy.deepcopy(instance), records.values(instance))
        return await self.pool.run(self._update, path, patch, handler)

    async def delete(self, path: Path, *, before: BeforeDelete | None, handler: object) -> Any:
        """Delete the instance at ``path``."""
        if before is not None:
            await before(copy.deepcopy(await self.pool.run(self._find, path, handler)))
        return await self.pool.run(self._delete, path, handler)

    async def represent(self, resource: Resource, instances: Sequence[Any]) -> Sequence[Any]:
        """Return the representation of each instance."""
        return await self.pool.run(lambda: [records.represent(resource, instance) for instance in instances])

    def _table(self, model: type) -> dict[Any, Any]:
        return self._tables.setdefault(model, {})

    def _find(self, path: Path, handler: object) -> Any:
        """Return the stored instance at ``path``, through the model's own hook; it must not be changed."""
        resource, name = path.resource, str(path.resource.id_field)
        key = resource.key_of(str(path.id))
        found: Iterable[Any]
        if name == resource.pk:
            stored = self._table(resource.model).get(key)
            found = [] if stored is None else [stored]
        else:
            found = [i for i in self._snapshot(resource.model) if getattr(i, name) == key]
        hook = getattr(resource.model, "get_instance_queryset", None)
        if hook is not None:
            found = hook(resource.model, found, path.id, handler)
        for instance in found:
            return instance
        raise NotFound(NO_INSTANCE)

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
        matching = [i for i in found if all(records.to_plain(getattr(i, c.field)) == c.value for c in query.where)]
        for name, descending in reversed([*query.sort, (str(resource.pk), False)]):
            matching.sort(key=partial(records.sort_key, name), reverse=descending)
        start = (query.page - 1) * query.per_page
        items = copy.deepcopy(matching[start : start + query.per_page])
        bodies = [records.represent(resource, item) for item in items] if represent else None
        return Listing(items, bodies, more=len(matching) > start + query.per_page)

    def _create(self, resource: Resource, data: Values) -> Outcome:
        instance = records.build(resource, data)
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
                raise NotFound(NO_INSTANCE)
            stored = records.values(table[key])
            wanted = patch.apply(stored)
            changed = resource.changed(stored, wanted)
            if not changed:
                return _outcome(resource, table[key])
            instance = records.build(resource, changed, table[key])
            if getattr(instance, str(resource.pk)) != key:
                raise Invalid("The primary key of a stored instance cannot change.")
            self._check_unique(resource.model, instance, key)
            table[key] = instance
        return dataclasses.replace(
            _outcome(resource, instance), updated_fields=resource.diff(stored, records.values(instance))
        )

    def _check_unique(self, model: type, instance: Any, key: Any) -> None:
        for name in (f.name for f in dataclasses.fields(model) if f.metadata.get("unique")):
            value, table = getattr(instance, name), self._table(model)
            if value is not None and any(getattr(i, name) == value for other, i in table.items() if other != key):
                raise Conflict("The value is taken.", errors={name: ["is taken"]})

    def _delete(self, path: Path, handler: object) -> Any:
        key = getattr(self._find(path, handler), str(path.resource.pk))
        with self._lock:
            instance = self._table(path.resource.model).pop(key, None)
        if instance is None:
            raise NotFound(NO_INSTANCE)
        return instance


def _outcome(resource: Resource, instance: Any, *, represent: bool = True) -> Outcome:
    own = copy.deepcopy(instance)
    identifier = resource.identifier(getattr(own, str(resource.id_field)))
    return Outcome(own, identifier, records.represent(resource, own) if represent else None)
