"""The MongoEngine provider.

Each call runs once in a pool of threads. The number of threads and the time of a call are limited.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import mongoengine as me
import pymongo
from pymongo.client_options import ClientOptions

from bzz.concurrency.thread_pool import THREADS
from bzz.providers.capabilities import Capabilities
from bzz.providers.changes import Change, Trail
from bzz.providers.mongoengine import saving, writes
from bzz.providers.mongoengine.dependents import dependent_classes, find_dependents
from bzz.providers.mongoengine.documents import DocumentClasses, document_class_of
from bzz.providers.mongoengine.errors import translated
from bzz.providers.mongoengine.loading import load_document, read_stored
from bzz.providers.mongoengine.positions import parse_stored, position_of
from bzz.providers.mongoengine.queries import fetch, find_stored, locate, narrow
from bzz.providers.mongoengine.visibility import visible_documents
from bzz.providers.threaded import ThreadedProvider
from bzz.providers.values import ActState, Address, Listing, Query, Stored, Undefer
from bzz.providers.writes import Dependent
from bzz.schema.custom_types import Types
from bzz.schema.fields import Values
from bzz.schema.schema import Schema

T = TypeVar("T")


class MongoEngineProvider(ThreadedProvider):
    """The adapter to MongoEngine.

    The application itself must connect to MongoDB, with ``mongoengine.connect``.
    """

    capabilities = Capabilities(keys=10_000)
    _classes = document_class_of

    def add_types(self, types: Types) -> None:
        """Add types for classes of fields. See ``Provider.add_types``."""
        super().add_types(types)
        if self.types != self._classes.types:
            self._classes = DocumentClasses(self.types)

    def describe(self, model: Any) -> Schema:
        """Return the schema of a document class.

        Raises:
            TypeError: ``model`` is no document class, is abstract, or has no field that can identify a document.
        """
        if not issubclass(model, me.Document) or model._meta.get("abstract"):
            raise TypeError(f"{model!r} is not a document class that is stored")
        return self._classes(model).schema

    def values(self, schema: Schema, instance: Any) -> Values:
        """Return the typed values of a document or embedded document."""
        return self._classes(schema.model).values(instance)

    def stored_value(self, schema: Schema, name: str, raw: Any) -> Any:  # noqa: ARG002  # all fields have the same kinds
        """Return the stored value that a cursor has as ``raw``."""
        return parse_stored(raw)

    async def get(self, address: Address, *, state: ActState, needs_instances: bool) -> Stored:
        """Return the document at ``address``."""
        return await self._run(address.schema, lambda: self._get(address, state, needs_instances))

    async def list(self, schema: Schema, query: Query, *, state: ActState, needs_instances: bool) -> Listing:
        """Return the page that ``query`` asks for."""
        return await self._run(schema, lambda: self._list(schema, query, state, needs_instances))

    async def create(self, schema: Schema, data: Values, *, state: ActState) -> Stored:  # noqa: ARG002  # no hook runs
        """Insert a new document."""
        return await self._run(schema, lambda: self._create(schema, data), is_write=True)

    async def update(
        self, address: Address, change: Change, *, exact: bool, loaded: Stored | None, state: ActState
    ) -> Stored:
        """Apply ``change`` to the document at ``address`` and store the result."""
        update = writes.Update(address, change, exact, state, self._classes)
        return await self._run(address.schema, lambda: update.run(loaded), is_write=True)

    async def delete(
        self,
        address: Address,
        *,
        check: Callable[[Values], None] | None,
        loaded: Stored | None,  # noqa: ARG002  # each attempt loads the document
        state: ActState,
    ) -> Stored:
        """Delete the document at ``address``."""
        return await self._run(
            address.schema, lambda: writes.delete(address, check, state, self._classes), is_write=True
        )

    async def dependents(
        self, address: Address, *, heard: Callable[[type], bool], state: ActState
    ) -> Sequence[Dependent]:
        """Return the documents that MongoEngine deletes with the document at ``address``."""
        if not any(map(heard, dependent_classes(address.schema.model))):
            return ()
        return await self._run(address.schema, lambda: find_dependents(address, state, self._classes))

    async def run(
        self,
        schema: Schema,
        instances: Sequence[Any],  # noqa: ARG002  # documents belong to no unit of work
        function: Callable[[], T],
        *,
        state: ActState,  # noqa: ARG002
    ) -> T:
        """Return ``function()``, which runs code of the documents."""
        return await self._run(schema, function)

    def part(self, instance: Any, trail: Trail) -> Any:
        """Return the embedded document inside ``instance`` at ``trail``.

        The method does not follow references.
        """
        for name, index in trail:
            instance = instance._data[name]
            instance = instance if index is None else instance[index]
        return instance

    async def _run(self, schema: Schema, operation: Callable[[], T], *, is_write: bool = False) -> T:
        """Run ``operation`` in the pool and return its result.

        The time to wait for a thread is part of ``timeout``.

        Args:
            schema: the schema of the documents.
            operation: a function that reads or writes. It may block.
            is_write: whether the operation writes.

        Raises:
            BzzError: see ``errors.translated``.
        """
        deadline = time.monotonic() + self.timeout
        if "pool" not in vars(self) and issubclass(schema.model, me.Document):
            self.threads = min(self.threads, _connections(schema.model))

        def bounded() -> T:
            left = max(deadline - time.monotonic(), 0.001)  # the caller may have given up already
            with translated(schema, is_write=is_write), pymongo.timeout(left):
                return operation()

        return await (self.write(bounded) if is_write else self.read(bounded))

    def _get(self, address: Address, state: ActState, needs_instances: bool) -> Stored:
        if state.is_writing:
            return writes.load(address, state, self._classes)
        raw = find_stored(address, state, self._classes)
        return self._loaded(address.schema, raw, address.undefer, needs_instances)

    def _list(self, schema: Schema, query: Query, state: ActState, needs_instances: bool) -> Listing:
        visible = schema.model.objects if query.hidden else visible_documents(schema, state.handler)
        order = query.order(schema)
        queryset = narrow(visible, query, self._classes)
        paths = [(".".join(locate(schema.model, name, self._classes)[0]), -1 if down else 1) for name, down in order]
        found = fetch(queryset, limit=query.per_page + 1, order=paths, skip=query.skip)
        more, raw = len(found) > query.per_page, found[: query.per_page]
        options = {"_auto_dereference": queryset._auto_dereference}
        items = [self._loaded(schema, one, query.undefer, needs_instances, **options) for one in raw]
        position = position_of(self._classes, schema, order, raw[-1], items[-1].values) if more else {}
        total = narrow(visible, replace(query, after=None), self._classes).count() if query.count else None
        return Listing(items, more, total, position)

    def _loaded(
        self, schema: Schema, raw: dict[str, Any], undefer: Undefer, needs_instances: bool, **options: Any
    ) -> Stored:
        found = None if needs_instances or undefer else read_stored(self._classes(schema.model), raw)
        if found is not None:
            return found
        document, is_broken = load_document(schema.model, raw, **options)
        return replace(self.stored(schema, document, () if is_broken else undefer), is_broken=is_broken)

    def _create(self, schema: Schema, data: Values) -> Stored:
        document = self._classes(schema.model).build(data)
        saving.insert(document)
        return self.stored(schema, document)


def _connections(model: Any) -> int:
    """Return how many connections ``model``'s client may have at a time.

    The number is at most ``THREADS``.
    """
    options = getattr(model._get_db().client, "options", None)  # mongomock has no options
    most = options.pool_options.max_pool_size if isinstance(options, ClientOptions) else None
    return int(min(most or THREADS, THREADS))
