"""The provider: a table of instances for each model, in this process."""

from __future__ import annotations

import copy
import dataclasses
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bzz.changes import Change
from bzz.conditions import all_hold, sort_key, value_at
from bzz.exceptions import Conflict, Invalid, NotFound
from bzz.interfaces import Address, Listing, Provider, Query, Scope, Stored
from bzz.providers.memory import records
from bzz.resources import NO_INSTANCE, Resource, Values


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

    def values(self, resource: Resource, instance: Any) -> Values:  # noqa: ARG002  # it knows its own fields
        """Return what a dataclass instance holds."""
        return records.values(instance)

    async def get(self, address: Address, *, scope: Scope, represent: bool) -> Stored:
        """Return the instance at ``address``."""
        return await self.read(self._get, address, scope, represent)

    async def list(self, resource: Resource, query: Query, *, scope: Scope, represent: bool) -> Listing:
        """Return the page that ``query`` asks for."""
        return await self.read(self._list, resource, query, scope, represent)

    async def create(self, resource: Resource, data: Values, *, scope: Scope) -> Stored:  # noqa: ARG002  # no hook here
        """Insert a new instance."""
        return await self.write(self._create, resource, data)

    async def update(
        self,
        address: Address,
        change: Change,
        *,
        exact: bool,  # noqa: ARG002  # under the lock all of it is as it was found
        loaded: Stored | None,  # noqa: ARG002
        scope: Scope,
    ) -> Stored:
        """Store what ``change`` makes of the instance at ``address``."""
        return await self.write(self._update, address, change, scope)

    async def delete(
        self,
        address: Address,
        *,
        check: Callable[[Values], None] | None,
        loaded: Stored | None,  # noqa: ARG002  # it is looked at under the lock
        scope: Scope,
    ) -> Stored:
        """Delete the instance at ``address``."""
        return await self.write(self._delete, address, check, scope)

    def _table(self, model: type) -> dict[Any, Any]:
        return self._tables.setdefault(model, {})

    def _find(self, address: Address, scope: Scope) -> Any:
        """Return the stored instance at ``address``, through the model's own hook; it must not be changed."""
        model, name, key = address.resource.model, address.field, address.key
        found: Iterable[Any]
        if name == address.resource.pk:
            stored = self._table(model).get(key)
            found = [] if stored is None else [stored]
        else:
            found = [i for i in self._snapshot(model) if getattr(i, name) == key]
        hook = getattr(model, "get_instance_queryset", None)
        if hook is not None:
            found = hook(model, found, address.id, scope.handler)
        for instance in found:
            return instance
        raise NotFound(NO_INSTANCE)

    def _snapshot(self, model: type) -> Sequence[Any]:
        with self._lock:
            return [*self._table(model).values()]

    def _get(self, address: Address, scope: Scope, represent: bool) -> Stored:
        return self._copied(address.resource, self._find(address, scope), represent=represent)

    def _list(self, resource: Resource, query: Query, scope: Scope, represent: bool) -> Listing:
        found: Iterable[Any] = self._snapshot(resource.model)
        hook = getattr(resource.model, "get_list_queryset", None)
        if hook is not None:
            found = hook(found, scope.handler)
        order, alternatives = query.order(resource), query.alternatives or [[]]
        conditions = [*query.where, *(condition for conditions in alternatives for condition in conditions)]
        names = {name.partition(".")[0] for name in (*(c.field for c in conditions), *(name for name, _ in order))}
        rows = [({name: records.to_plain(getattr(i, name)) for name in names}, i) for i in found]
        meets, beyond = all_hold(query.where), [all_hold(conditions) for conditions in alternatives]
        rows = [row for row in rows if meets(row[0])]
        total = len(rows)
        rows = [row for row in rows if any(is_beyond(row[0]) for is_beyond in beyond)]
        for name, descending in reversed(order):
            rows.sort(key=lambda row, name=name: sort_key(value_at(row[0], name)), reverse=descending)  # type: ignore[misc]
        end = query.skip + query.per_page
        items = [self._copied(resource, instance, represent=represent) for _, instance in rows[query.skip : end]]
        return Listing(items, len(rows) > end, total if query.count else None)

    def _create(self, resource: Resource, data: Values) -> Stored:
        instance = records.build(resource, data)
        with self._lock:
            table = self._table(resource.model)
            key = getattr(instance, str(resource.pk))
            if key in table:
                raise Conflict("The primary key is taken.", errors={"id": ["is taken"]})
            self._check_unique(resource.model, instance, key)
            stored = self._copied(resource, instance)
            table[key] = instance
        return stored

    def _update(self, address: Address, change: Change, scope: Scope) -> Stored:
        resource = address.resource
        key = getattr(self._find(address, scope), str(resource.pk))
        with self._lock:
            table = self._table(resource.model)
            if key not in table:
                raise NotFound(NO_INSTANCE)
            previous, instance = records.values(table[key]), table[key]
            changed = resource.changed(previous, change(previous))
            if changed:
                instance = records.build(resource, changed, instance)
                if getattr(instance, str(resource.pk)) != key:
                    raise Invalid("The primary key of a stored instance cannot change.")
                self._check_unique(resource.model, instance, key)
            stored = dataclasses.replace(self._copied(resource, instance), previous=previous)
            table[key] = instance
        return stored

    def _check_unique(self, model: type, instance: Any, key: Any) -> None:
        for name in (f.name for f in dataclasses.fields(model) if f.metadata.get("unique")):
            value, table = getattr(instance, name), self._table(model)
            if value is not None and any(getattr(i, name) == value for other, i in table.items() if other != key):
                raise Conflict("The value is taken.", errors={name: ["is taken"]})

    def _delete(self, address: Address, check: Callable[[Values], None] | None, scope: Scope) -> Stored:
        key = getattr(self._find(address, scope), str(address.resource.pk))
        with self._lock:
            table = self._table(address.resource.model)
            if key not in table:
                raise NotFound(NO_INSTANCE)
            if check is not None:
                check(records.values(table[key]))
            instance = table.pop(key)
        return Stored(instance, records.values(instance))

    def _copied(self, resource: Resource, instance: Any, *, represent: bool = False) -> Stored:
        return self.stored(resource, copy.deepcopy(instance), represent=represent)
