"""The memory provider.

It stores the instances in this process. Each model has a dict from primary key to instance.
"""

from __future__ import annotations

import copy
import dataclasses
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bzz.exceptions import Conflict, Invalid, NotFound
from bzz.providers.capabilities import Capabilities
from bzz.providers.changes import Change
from bzz.providers.conditions import Order, all_hold, sort_key, value_at
from bzz.providers.memory import instances, schemas
from bzz.providers.stored_json import KINDS, parse_stored, to_json
from bzz.providers.threaded import ThreadedProvider
from bzz.providers.values import NOTHING, ActState, Address, Listing, Query, Stored, Undefer
from bzz.providers.visibility import visible
from bzz.schema.computed import computed_values
from bzz.schema.custom_types import Types
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.fields import Values
from bzz.schema.keeping import copied
from bzz.schema.schema import Schema
from bzz.schema.types import comes_back


class MemoryProvider(ThreadedProvider):
    """The store of dataclass instances in this process.

    Any number of threads and tasks may use it. A stored instance is never changed in place, so reads need no lock.
    """

    capabilities = Capabilities(keys=10_000)

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._tables: dict[type, dict[Any, Any]] = {}
        self._schemas = schemas.SCHEMAS

    def describe(self, model: type) -> Schema:
        """Return the schema of a dataclass.

        Raises:
            TypeError: ``model`` is no dataclass, or has no primary key.
        """
        return self._schemas.stored(model)

    def add_types(self, types: Types) -> None:
        """Add types for hints. See ``Provider.add_types``."""
        super().add_types(types)
        if self.types != self._schemas.types:
            self._schemas = schemas.Schemas(self.types)

    def values(self, schema: Schema, instance: Any) -> Values:
        """Return the typed values of a dataclass instance."""
        return instances.values(schema, instance)

    def stored_value(self, schema: Schema, name: str, raw: Any) -> Any:  # noqa: ARG002  # all fields have the same kinds
        """Return the stored value that a cursor has as ``raw``."""
        return parse_stored(raw)

    async def get(self, address: Address, *, state: ActState, needs_instances: bool) -> Stored:
        """Return the instance at ``address``."""
        return await self.read(self._get, address, state, needs_instances)

    async def list(self, schema: Schema, query: Query, *, state: ActState, needs_instances: bool) -> Listing:
        """Return the page that ``query`` asks for."""
        return await self.read(self._list, schema, query, state, needs_instances)

    async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:  # noqa: ARG002  # no hook runs
        """Insert a new instance."""
        return await self.write(self._create, schema, data)

    async def update(
        self,
        address: Address,
        change: Change,
        *,
        exact: bool,  # noqa: ARG002  # the lock keeps all fields as they were found
        loaded: Stored | None,  # noqa: ARG002  # it is loaded again under the lock
        state: ActState,
    ) -> Stored:
        """Apply ``change`` to the instance at ``address`` and store the result."""
        return await self.write(self._update, address, change, state)

    async def delete(
        self,
        address: Address,
        *,
        check: Callable[[Values], None] | None,
        loaded: Stored | None,  # noqa: ARG002  # it is loaded again under the lock
        state: ActState,
    ) -> Stored:
        """Delete the instance at ``address``."""
        return await self.write(self._delete, address, check, state)

    def _table(self, model: type) -> dict[Any, Any]:
        return self._tables.setdefault(model, {})

    def _find(self, address: Address, state: ActState) -> Any:
        """Return the stored instance at ``address``.

        The caller must not change the instance. Raise NotFound if the request may not see it.
        """
        model, name, key = address.schema.model, address.field, address.key
        if name == address.schema.pk:
            stored = self._table(model).get(key)
            found = [] if stored is None else [stored]
        else:
            found = [i for i in self._snapshot(model) if getattr(i, name) == key]
        for instance in visible(address.schema, found, state.handler, address.id):
            return instance
        raise NotFound(NO_INSTANCE)

    def _snapshot(self, model: type) -> Sequence[Any]:
        with self._lock:
            return [*self._table(model).values()]

    def _get(self, address: Address, state: ActState, needs_instances: bool) -> Stored:
        instance = self._find(address, state)
        return self._read(address.schema, instance, address.undefer, needs_instances)

    def _list(self, schema: Schema, query: Query, state: ActState, needs_instances: bool) -> Listing:
        stored = self._snapshot(schema.model)
        found: Iterable[Any] = stored if query.hidden else visible(schema, stored, state.handler)
        order, meets = query.order(schema), all_hold(query.where)
        rows = [row for row in _with_values(schema, found, query, order) if meets(row[0])]
        total = len(rows)
        if query.after is not None:
            rows = [row for row in rows if query.after.precedes(row[0])]
        for name, descending in reversed(order):
            rows.sort(key=lambda row, name=name: sort_key(value_at(row[0], name)), reverse=descending)  # type: ignore[misc]
        end = query.skip + query.per_page
        more, rows = len(rows) > end, rows[query.skip : end]
        items = [self._read(schema, instance, query.undefer, needs_instances) for _, instance in rows]
        position = _position(schema, order, rows[-1][0]) if more else {}
        return Listing(items, more, total if query.count else None, position)

    def _create(self, schema: Schema, data: Values) -> Stored:
        instance = instances.build(schema, copied(data))
        with self._lock:
            table = self._table(schema.model)
            key = getattr(instance, str(schema.pk))
            if key in table:
                raise Conflict("The primary key is taken.", errors={"id": ["is taken"]})
            self._check_unique(schema.model, instance, key)
            stored = self._copied(schema, instance)
            table[key] = instance
        return stored

    def _update(self, address: Address, change: Change, state: ActState) -> Stored:
        schema = address.schema
        key = getattr(self._find(address, state), str(schema.pk))
        with self._lock:
            table = self._table(schema.model)
            if key not in table:
                raise NotFound(NO_INSTANCE)
            instance = table[key]
            previous = _seen(address, instance)
            changed = schema.changed(previous, change(previous))
            if changed:
                instance = instances.build(schema, copied(changed), instance)
                if getattr(instance, str(schema.pk)) != key:
                    raise Invalid("The primary key of a stored instance cannot change.")
                self._check_unique(schema.model, instance, key)
            stored = dataclasses.replace(self._copied(schema, instance), previous=previous)
            table[key] = instance
        return stored

    def _check_unique(self, model: type, instance: Any, key: Any) -> None:
        for name in (f.name for f in dataclasses.fields(model) if f.metadata.get("unique")):
            value, table = getattr(instance, name), self._table(model)
            if value is not None and any(getattr(i, name) == value for other, i in table.items() if other != key):
                raise Conflict("The value is taken.", errors={name: ["is taken"]})

    def _delete(self, address: Address, check: Callable[[Values], None] | None, state: ActState) -> Stored:
        key = getattr(self._find(address, state), str(address.schema.pk))
        with self._lock:
            table = self._table(address.schema.model)
            if key not in table:
                raise NotFound(NO_INSTANCE)
            if check is not None:
                check(_seen(address, table[key]))
            instance = table.pop(key)
        return Stored(instance, instances.values(address.schema, instance))

    def _read(self, schema: Schema, instance: Any, undefer: Undefer, needs_instances: bool) -> Stored:
        if needs_instances or undefer:
            return self._copied(schema, instance, undefer)
        return Stored(None, self.values(schema, instance), model=schema.model)

    def _copied(self, schema: Schema, instance: Any, undefer: Undefer = NOTHING) -> Stored:
        return self.stored(schema, copy.deepcopy(instance), undefer)


def _seen(address: Address, instance: Any) -> Values:
    """Return the values of a stored instance, with the computed fields that the address names."""
    computed = computed_values(address.schema, copy.deepcopy(instance), address.undefer)
    return {**instances.values(address.schema, instance), **computed}


def _with_values(schema: Schema, found: Iterable[Any], query: Query, order: Order) -> list[tuple[Values, Any]]:
    """Return pairs: the values that a query compares, and the instance."""
    dotted = [*(condition.field for condition in query.where), *(name for name, _ in order)]
    names = {name.partition(".")[0] for name in dotted}
    kinds = [(name, schema.fields[name].type) for name in names]
    return [
        ({name: instances.plain(kind, getattr(instance, name)) for name, kind in kinds}, instance) for instance in found
    ]


def _position(schema: Schema, order: Order, held: Values) -> Values:
    """Return the ``position`` of a ``Listing``, for values that are not of their fields' types."""
    found = {}
    for name, _ in order:
        value, (*parents, last) = value_at(held, name), name.split(".")
        inner: Any = schema
        for parent in parents:
            inner = inner.fields[parent].type.schema
        if not comes_back(inner.fields[last].type, value) and isinstance(value, KINDS):
            found[name] = to_json(value)
    return found
