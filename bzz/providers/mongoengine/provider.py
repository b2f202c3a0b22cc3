"""The provider: every operation is one or two trips to a bounded pool of threads, each bounded in time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import mongoengine as me
import pymongo
from mongoengine.errors import SaveConditionError
from pymongo.client_options import ClientOptions

from bzz.changes import Change, Trail
from bzz.conditions import Condition
from bzz.exceptions import Conflict, NotFound
from bzz.interfaces import Address, Listing, Load, Provider, Query, Scope, Stored
from bzz.pool import THREADS
from bzz.providers.mongoengine import writes
from bzz.providers.mongoengine.documents import schema
from bzz.providers.mongoengine.errors import translated
from bzz.providers.mongoengine.queries import narrow
from bzz.resources import NO_INSTANCE, Resource, Values

T = TypeVar("T")
ATTEMPTS = 100  # of many at once, one succeeds each time


class MongoEngineProvider(Provider):
    """Serves MongoEngine documents; the connection is the application's own (``mongoengine.connect``)."""

    def describe(self, model: Any) -> Resource:
        """Return what the document class ``model`` looks like; raise TypeError if it is none, or abstract."""
        if not issubclass(model, me.Document) or model._meta.get("abstract"):
            raise TypeError(f"{model!r} is not a document class that is stored")
        return schema(model).resource

    def values(self, resource: Resource, instance: Any) -> Values:
        """Return what a document, embedded or not, holds."""
        return schema(resource.model).values(instance)

    async def get(self, address: Address, *, scope: Scope, represent: bool) -> Stored:
        """Return the document at ``address``."""

        def find() -> Stored:
            if scope.is_writing:
                return _load(address, scope)
            return self.stored(address.resource, _find(address, scope), represent=represent)

        return await self._run(address.resource, find)

    async def list(self, resource: Resource, query: Query, *, scope: Scope, represent: bool) -> Listing:
        """Return the page that ``query`` asks for."""
        return await self._run(resource, lambda: self._list(resource, query, scope, represent=represent))

    async def create(self, resource: Resource, data: Values, *, scope: Scope) -> Stored:  # noqa: ARG002  # no hook here
        """Insert a new document."""
        return await self._run(resource, lambda: self._create(resource, data), given=data)

    async def update(
        self, address: Address, change: Change, *, exact: bool, loaded: Stored | None, scope: Scope
    ) -> Stored:
        """Store what ``change`` makes of the document at ``address``."""
        write = Update(address, change, exact, scope)
        return await self._run(address.resource, lambda: write.run(loaded), given=write.given)

    async def delete(
        self,
        address: Address,
        *,
        check: Callable[[Values], None] | None,
        loaded: Stored | None,  # noqa: ARG002  # it is looked at again
        scope: Scope,
    ) -> Stored:
        """Delete the document at ``address``."""
        return await self._run(address.resource, lambda: _delete(address, check, scope), given=())

    async def represent(
        self,
        resource: Resource,
        instances: Sequence[Any],
        *,
        load: Load,  # noqa: ARG002  # no field is deferred
        scope: Scope,  # noqa: ARG002  # nothing is open here
    ) -> Sequence[Stored]:
        """Return what documents hold, with their representations, for which their ``to_dict()`` may query."""
        return await self._run(
            resource, lambda: [self.stored(resource, document, represent=True) for document in instances]
        )

    def part(self, instance: Any, trail: Trail) -> Any:
        """Return the embedded document inside ``instance`` that ``trail`` leads to."""
        for name, index in trail:
            instance = instance._data[name]
            instance = instance if index is None else instance[index]
        return instance

    async def _run(self, resource: Resource, operation: Callable[[], T], *, given: Collection[str] | None = None) -> T:
        """Return what ``operation`` returns, run in the pool, with the time it waits there off its time."""
        deadline = time.monotonic() + self.timeout
        if "pool" not in vars(self) and issubclass(resource.model, me.Document):
            self.threads = min(self.threads, _connections(resource.model))

        def bounded() -> T:
            left = max(deadline - time.monotonic(), 0.001)  # nothing is left if nobody waits any more
            with translated(resource, given), pymongo.timeout(left):
                return operation()

        return await (self.read(bounded) if given is None else self.write(bounded))

    def _list(self, resource: Resource, query: Query, scope: Scope, *, represent: bool) -> Listing:
        hook = getattr(resource.model, "get_list_queryset", None)
        visible = resource.model.objects if hook is None else hook(resource.model.objects, scope.handler)
        order = [f"{'-' if descending else '+'}{name}" for name, descending in query.order(resource)]
        queryset = narrow(visible, query, alone=hook is None).order_by(*order).limit(query.per_page + 1)
        found = [*iter(queryset.skip(query.skip) if query.skip else queryset)]  # not by its length, which hides errors
        items = [self.stored(resource, document, represent=represent) for document in found[: query.per_page]]
        total = narrow(visible, replace(query, after=None), alone=hook is None).count() if query.count else None
        return Listing(items, len(found) > query.per_page, total)

    def _create(self, resource: Resource, data: Values) -> Stored:
        document = schema(resource.model).build(data)
        writes.insert(document)
        return self.stored(resource, document)


def _connections(model: Any) -> int:
    """Return how many connections the client of a document class may open at once."""
    options = getattr(model._get_db().client, "options", None)  # mongomock has none
    most = options.pool_options.max_pool_size if isinstance(options, ClientOptions) else None
    return int(min(most or THREADS, THREADS))


def _at(address: Address, scope: Scope) -> Any:
    """Return the queryset of the document at ``address``, at most one."""
    model, hook = address.resource.model, getattr(address.resource.model, "get_instance_queryset", None)
    query = Query(where=[Condition(address.field, "eq", address.key)])
    queryset = model.objects if hook is None else hook(model, model.objects, address.id, scope.handler)
    return narrow(queryset, query, alone=hook is None).limit(1)


def _find(address: Address, scope: Scope) -> Any:
    for found in _at(address, scope):
        return found
    raise NotFound(NO_INSTANCE)


def _load(address: Address, scope: Scope) -> Stored:
    """Return a document that may be written, with what MongoDB has of it as its origin."""
    for raw in _at(address, scope).as_pymongo():
        document = address.resource.model._from_son(deepcopy(raw))
        return Stored(document, schema(address.resource.model).values(document), origin=raw)
    raise NotFound(NO_INSTANCE)


@dataclass(frozen=True, slots=True)
class Update:
    """One update: tried again where others have written in between.

    Args:
        address: of the document.
        change: from its values as they are to what they shall be.
        exact: whether all of it has to be as it was found.
        scope: what it is a part of.
        given: names of the fields that were changed so far.
    """

    address: Address
    change: Change
    exact: bool
    scope: Scope
    given: set[str] = field(default_factory=set)

    def run(self, loaded: Stored | None) -> Stored:
        """Return the document as it was stored; raise as ``Provider.update``."""
        known = schema(self.address.resource.model)
        if loaded and known.values(loaded.instance) != loaded.values:
            loaded = None  # a receiver has changed the document itself, and only what is in the data is stored
        for _ in range(ATTEMPTS):
            loaded = loaded or _load(self.address, self.scope)
            try:
                return self._store(loaded)
            except SaveConditionError:
                loaded = None  # it is gone, or others have changed what this would change: look again
        raise Conflict("Others keep changing the same instance.")

    def _store(self, loaded: Stored) -> Stored:
        resource, document, previous = self.address.resource, loaded.instance, loaded.values
        known, key = schema(resource.model), document.pk
        changed = resource.changed(previous, self.change(previous))
        self.given.update(changed)
        known.assign(document, previous, changed)
        if resource.changed(previous, known.values(document)):
            writes.update(document, key, loaded.origin, _everything(resource) if self.exact else ())
        return Stored(document, known.values(document), previous=previous)


def _delete(address: Address, check: Callable[[Values], None] | None, scope: Scope) -> Stored:
    resource = address.resource
    for _ in range(ATTEMPTS):
        loaded = _load(address, scope)
        if check is not None:
            check(loaded.values)
        with suppress(SaveConditionError):  # others have changed or deleted it: look again
            writes.delete(loaded.instance, loaded.origin, _everything(resource) if check else ())
            return loaded
    raise Conflict("Others keep changing the same instance.")


def _everything(resource: Resource) -> list[str]:
    """Return the names that the store has for the fields of a document."""
    return [resource.model._fields[name].db_field for name in resource.fields]
