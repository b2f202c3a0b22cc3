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

from bzz.concurrency.threads import THREADS
from bzz.exceptions import Conflict, NotFound
from bzz.providers.changes import Change, Trail
from bzz.providers.conditions import Condition
from bzz.providers.mongoengine import saving
from bzz.providers.mongoengine.documents import document_class
from bzz.providers.mongoengine.errors import translated
from bzz.providers.mongoengine.queries import narrow
from bzz.providers.threaded import ThreadedProvider
from bzz.providers.values import ActState, Address, Listing, Query, Stored, Undefer
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

T = TypeVar("T")
ATTEMPTS = 100  # of many at once, one succeeds each time


class MongoEngineProvider(ThreadedProvider):
    """Serves MongoEngine documents; the connection is the application's own (``mongoengine.connect``)."""

    def describe(self, model: Any) -> Schema:
        """Return what the document class ``model`` looks like; raise TypeError if it is none, or abstract."""
        if not issubclass(model, me.Document) or model._meta.get("abstract"):
            raise TypeError(f"{model!r} is not a document class that is stored")
        return document_class(model).schema

    def values(self, schema: Schema, instance: Any) -> Values:
        """Return what a document, embedded or not, holds."""
        return document_class(schema.model).values(instance)

    async def get(self, address: Address, *, state: ActState, represent: bool) -> Stored:
        """Return the document at ``address``."""

        def find() -> Stored:
            if state.is_writing:
                return _load(address, state)
            return self.stored(address.schema, _find(address, state), represent=represent)

        return await self._run(address.schema, find)

    async def list(self, schema: Schema, query: Query, *, state: ActState, represent: bool) -> Listing:
        """Return the page that ``query`` asks for."""
        return await self._run(schema, lambda: self._list(schema, query, state, represent=represent))

    async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:  # noqa: ARG002  # no hook here
        """Insert a new document."""
        return await self._run(schema, lambda: self._create(schema, data), given=data)

    async def update(
        self, address: Address, change: Change, *, exact: bool, loaded: Stored | None, state: ActState
    ) -> Stored:
        """Store what ``change`` makes of the document at ``address``."""
        write = Update(address, change, exact, state)
        return await self._run(address.schema, lambda: write.run(loaded), given=write.given)

    async def delete(
        self,
        address: Address,
        *,
        check: Callable[[Values], None] | None,
        loaded: Stored | None,  # noqa: ARG002  # it is looked at again
        state: ActState,
    ) -> Stored:
        """Delete the document at ``address``."""
        return await self._run(address.schema, lambda: _delete(address, check, state), given=())

    async def represent(
        self,
        schema: Schema,
        instances: Sequence[Any],
        *,
        undefer: Undefer,  # noqa: ARG002  # no field is deferred
        state: ActState,  # noqa: ARG002  # nothing is open here
    ) -> Sequence[Stored]:
        """Return what documents hold, with their representations, for which their ``to_dict()`` may query."""
        return await self._run(
            schema, lambda: [self.stored(schema, document, represent=True) for document in instances]
        )

    def part(self, instance: Any, trail: Trail) -> Any:
        """Return the embedded document inside ``instance`` that ``trail`` leads to."""
        for name, index in trail:
            instance = instance._data[name]
            instance = instance if index is None else instance[index]
        return instance

    async def _run(self, schema: Schema, operation: Callable[[], T], *, given: Collection[str] | None = None) -> T:
        """Return what ``operation`` returns, run in the pool, with the time it waits there off its time."""
        deadline = time.monotonic() + self.timeout
        if "pool" not in vars(self) and issubclass(schema.model, me.Document):
            self.threads = min(self.threads, _connections(schema.model))

        def bounded() -> T:
            left = max(deadline - time.monotonic(), 0.001)  # nothing is left if nobody waits any more
            with translated(schema, given), pymongo.timeout(left):
                return operation()

        return await (self.read(bounded) if given is None else self.write(bounded))

    def _list(self, schema: Schema, query: Query, state: ActState, *, represent: bool) -> Listing:
        hook = getattr(schema.model, "get_list_queryset", None)
        visible = schema.model.objects if hook is None else hook(schema.model.objects, state.handler)
        order = [f"{'-' if descending else '+'}{name}" for name, descending in query.order(schema)]
        queryset = narrow(visible, query, alone=hook is None).order_by(*order).limit(query.per_page + 1)
        found = [*iter(queryset.skip(query.skip) if query.skip else queryset)]  # not by its length, which hides errors
        items = [self.stored(schema, document, represent=represent) for document in found[: query.per_page]]
        total = narrow(visible, replace(query, after=None), alone=hook is None).count() if query.count else None
        return Listing(items, len(found) > query.per_page, total)

    def _create(self, schema: Schema, data: Values) -> Stored:
        document = document_class(schema.model).build(data)
        saving.insert(document)
        return self.stored(schema, document)


def _connections(model: Any) -> int:
    """Return how many connections the client of a document class may open at once."""
    options = getattr(model._get_db().client, "options", None)  # mongomock has none
    most = options.pool_options.max_pool_size if isinstance(options, ClientOptions) else None
    return int(min(most or THREADS, THREADS))


def _at(address: Address, state: ActState) -> Any:
    """Return the queryset of the document at ``address``, at most one."""
    model, hook = address.schema.model, getattr(address.schema.model, "get_instance_queryset", None)
    query = Query(where=[Condition(address.field, "eq", address.key)])
    queryset = model.objects if hook is None else hook(model, model.objects, address.id, state.handler)
    return narrow(queryset, query, alone=hook is None).limit(1)


def _find(address: Address, state: ActState) -> Any:
    for found in _at(address, state):
        return found
    raise NotFound(NO_INSTANCE)


def _load(address: Address, state: ActState) -> Stored:
    """Return a document that may be written, with what MongoDB has of it as its origin."""
    for raw in _at(address, state).as_pymongo():
        document = address.schema.model._from_son(deepcopy(raw))
        return Stored(document, document_class(address.schema.model).values(document), origin=raw)
    raise NotFound(NO_INSTANCE)


@dataclass(frozen=True, slots=True)
class Update:
    """One update: tried again where others have written in between.

    Args:
        address: of the document.
        change: from its values as they are to what they shall be.
        exact: whether all of it has to be as it was found.
        state: what it is a part of.
        given: names of the fields that were changed so far.
    """

    address: Address
    change: Change
    exact: bool
    state: ActState
    given: set[str] = field(default_factory=set)

    def run(self, loaded: Stored | None) -> Stored:
        """Return the document as it was stored; raise as ``Provider.update``."""
        known = document_class(self.address.schema.model)
        if loaded and known.values(loaded.instance) != loaded.values:
            loaded = None  # a receiver has changed the document itself, and only what is in the data is stored
        for _ in range(ATTEMPTS):
            loaded = loaded or _load(self.address, self.state)
            try:
                return self._store(loaded)
            except SaveConditionError:
                loaded = None  # it is gone, or others have changed what this would change: look again
        raise Conflict("Others keep changing the same instance.")

    def _store(self, loaded: Stored) -> Stored:
        schema, document, previous = self.address.schema, loaded.instance, loaded.values
        known, key = document_class(schema.model), document.pk
        changed = schema.changed(previous, self.change(previous))
        self.given.update(changed)
        known.assign(document, previous, changed)
        if schema.changed(previous, known.values(document)):
            saving.update(document, key, loaded.origin, _everything(schema) if self.exact else ())
        return Stored(document, known.values(document), previous=previous)


def _delete(address: Address, check: Callable[[Values], None] | None, state: ActState) -> Stored:
    schema = address.schema
    for _ in range(ATTEMPTS):
        loaded = _load(address, state)
        if check is not None:
            check(loaded.values)
        with suppress(SaveConditionError):  # others have changed or deleted it: look again
            saving.delete(loaded.instance, loaded.origin, _everything(schema) if check else ())
            return loaded
    raise Conflict("Others keep changing the same instance.")


def _everything(schema: Schema) -> list[str]:
    """Return the names that the store has for the fields of a document."""
    return [schema.model._fields[name].db_field for name in schema.fields]
