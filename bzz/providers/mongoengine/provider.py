"""The provider: every operation is one or two trips to a bounded pool of threads, each bounded in time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, TypeVar

import mongoengine as me
import pymongo
from mongoengine.errors import SaveConditionError
from pymongo.client_options import ClientOptions

from bzz.datatypes import Diff
from bzz.exceptions import Conflict, Invalid, NotFound, Unavailable
from bzz.interfaces import (
    BeforeCreate,
    BeforeDelete,
    BeforeUpdate,
    Condition,
    Listing,
    Outcome,
    Path,
    Provider,
    Query,
)
from bzz.pool import THREADS
from bzz.providers.mongoengine import writes
from bzz.providers.mongoengine.documents import schema
from bzz.providers.mongoengine.errors import translated
from bzz.resources import NO_INSTANCE, Patch, Resource, Values

T = TypeVar("T")
ATTEMPTS = 100  # of many at once, one succeeds each time


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document as it was loaded: itself, its values then, and what the store has of it."""

    document: Any
    values: Values
    raw: Mapping[str, Any]


class MongoEngineProvider(Provider):
    """Serves MongoEngine documents; the connection is the application's own (``mongoengine.connect``)."""

    def describe(self, model: Any) -> Resource:
        """Return what the document class ``model`` looks like; raise TypeError if it is none, or abstract."""
        if not issubclass(model, me.Document) or model._meta.get("abstract"):
            raise TypeError(f"{model!r} is not a document class that is stored")
        return schema(model).resource

    async def get(self, path: Path, *, handler: object, represent: bool) -> Outcome:
        """Return the document at ``path``."""
        return await self._run(
            path.resource, lambda: _outcome(path.resource, _find(path, handler), represent=represent)
        )

    async def list(self, path: Path, query: Query, *, handler: object, represent: bool) -> Listing:
        """Return the page that ``query`` asks for."""
        return await self._run(path.resource, lambda: _list(path.resource, query, handler, represent=represent))

    async def create(self, path: Path, data: Values, *, before: BeforeCreate | None, handler: object) -> Outcome:
        """Insert a new document."""
        if before is not None:
            await before()
        return await self._run(path.resource, lambda: _create(path.resource, data, handler), given=data)

    async def update(self, path: Path, patch: Patch, *, before: BeforeUpdate | None, handler: object) -> Outcome:
        """Store what ``patch`` changes in the document at ``path``."""
        loaded = None
        if before is not None:
            loaded = await self._run(path.resource, lambda: _load(path, handler))
            await before(loaded.document, loaded.values)
        return await self._run(path.resource, lambda: _update(path, loaded, patch, handler), given=patch.data)

    async def delete(self, path: Path, *, before: BeforeDelete | None, handler: object) -> Any:
        """Delete the document at ``path``."""
        document = None
        if before is not None:
            document = await self._run(path.resource, lambda: _find(path, handler))
            await before(document)
        return await self._run(path.resource, lambda: _delete(path, document, handler), given=())

    async def represent(self, resource: Resource, instances: Sequence[Any]) -> Sequence[Any]:
        """Return the representation of each document."""
        known = schema(resource.model)
        return await self._run(resource, lambda: [known.represent(resource, document) for document in instances])

    async def _run(self, resource: Resource, operation: Callable[[], T], *, given: Collection[str] | None = None) -> T:
        """Return what ``operation`` returns, run in the pool, with the time it waits there off its time."""
        deadline = time.monotonic() + self.timeout
        if "pool" not in vars(self):
            self.threads = min(self.threads, _connections(resource.model))

        def bounded() -> T:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unavailable("The store does not answer in time.")
            with translated(resource, given), pymongo.timeout(left):
                return operation()

        return await self.pool.run(bounded)


def _connections(model: Any) -> int:
    """Return how many connections the client of a document class may open at once."""
    options = getattr(model._get_db().client, "options", None)  # mongomock has none
    most = options.pool_options.max_pool_size if isinstance(options, ClientOptions) else None
    return int(min(most or THREADS, THREADS))


def _at(path: Path, handler: object) -> Any:
    """Return the queryset of the document at ``path``, at most one."""
    name, model = str(path.resource.id_field), path.resource.model
    key = path.resource.key_of(str(path.id))
    hook = getattr(model, "get_instance_queryset", None)
    queryset = model.objects if hook is None else hook(model, model.objects, path.id, handler)
    return _narrow(queryset, [Condition(name, "eq", key)], alone=hook is None).limit(1)


def _find(path: Path, handler: object) -> Any:
    for found in _at(path, handler):
        return found
    raise NotFound(NO_INSTANCE)


def _load(path: Path, handler: object) -> Loaded:
    for raw in _at(path, handler).as_pymongo():
        document = path.resource.model._from_son(deepcopy(raw))
        return Loaded(document, schema(path.resource.model).values(document), raw)
    raise NotFound(NO_INSTANCE)


def _list(resource: Resource, query: Query, handler: object, *, represent: bool) -> Listing:
    tie_break = [] if resource.pk in dict(query.sort) else [(resource.pk, False)]
    order = [f"{'-' if descending else '+'}{name}" for name, descending in [*query.sort, *tie_break]]
    alone = not hasattr(resource.model, "get_list_queryset")
    queryset = _narrow(_visible(resource.model, handler), query.where, alone=alone).order_by(*order)
    start = (query.page - 1) * query.per_page
    found = list(queryset[start : start + query.per_page + 1])
    items = found[: query.per_page]
    bodies = [schema(resource.model).represent(resource, document) for document in items] if represent else None
    return Listing(items, bodies, more=len(found) > query.per_page)


def _create(resource: Resource, data: Values, handler: object) -> Outcome:
    _check_references(resource, {}, data, handler)
    document = schema(resource.model).build(data)
    writes.insert(document)
    return _outcome(resource, document)


def _update(path: Path, loaded: Loaded | None, patch: Patch, handler: object) -> Outcome:
    if loaded and schema(path.resource.model).values(loaded.document) != loaded.values:
        loaded = None  # a receiver has changed the document itself, and only what is in the data is stored
    for _ in range(ATTEMPTS):
        loaded = loaded or _load(path, handler)
        try:
            return _store(path.resource, loaded, patch, handler)
        except SaveConditionError:
            loaded = None  # it is gone, or others have changed what was merged into: look again
    raise Conflict("Others keep changing the same instance.")


def _store(resource: Resource, loaded: Loaded, patch: Patch, handler: object) -> Outcome:
    known, document, key = schema(resource.model), loaded.document, loaded.document.pk
    changed = resource.changed(loaded.values, patch.apply(loaded.values))
    _check_references(resource, loaded.values, changed, handler)
    merged = known.assign(document, loaded.values, changed)
    diff = resource.diff(loaded.values, known.values(document))
    if diff:
        raw = loaded.raw
        as_loaded = {name: {"$eq": raw[name]} if name in raw else {"$exists": False} for name in merged}
        writes.update(document, key, as_loaded)
        diff = resource.diff(loaded.values, known.values(document))
    return _outcome(resource, document, updated_fields=diff)


def _delete(path: Path, document: Any, handler: object) -> Any:
    document = document or _find(path, handler)
    document.delete()
    return document


def _check_references(resource: Resource, old: Values, new: Values, handler: object) -> None:
    """Raise Invalid, by field, for references that ``new`` adds to what does not exist or may not be seen."""
    given = list(resource.references(new))
    kept = {(model, key) for _, model, key in resource.references(old)} if given else set()
    added: defaultdict[type, dict[str, Any]] = defaultdict(dict)
    for name, model, key in given:
        if (model, key) not in kept:
            added[model][name] = key
    errors: dict[str, list[str]] = {}
    for model, keys in added.items():
        found = set(_visible(model, handler).filter(pk__in=[*keys.values()]).scalar("pk"))
        errors.update({name: [f"there is no {model.__name__} {key}"] for name, key in keys.items() if key not in found})
    if errors:
        raise Invalid(errors=errors)


def _visible(model: Any, handler: object) -> Any:
    """Return the queryset of the documents that a list may show."""
    hook = getattr(model, "get_list_queryset", None)
    return model.objects if hook is None else hook(model.objects, handler)


def _narrow(queryset: Any, where: Sequence[Condition], *, alone: bool) -> Any:
    """Return the documents of ``queryset`` that meet all conditions, no value of which comes from a request untyped.

    MongoEngine puts the parts of a query into one dict, where two of one field could undo each other. Unless they are
    ``alone``, on fields that nothing else narrows, conditions therefore keep to a place of their own.
    """
    pairs = [_condition(queryset._document, condition) for condition in where]
    together = dict(pairs)
    if not alone or len(together) < len(pairs):
        together = {"$and": [{key: value} for key, value in pairs]} if pairs else {}
    return queryset.filter(__raw__=together)


def _condition(model: Any, condition: Condition) -> tuple[str, Any]:
    known, value = model._fields[condition.field], condition.value
    if isinstance(known, me.CachedReferenceField):
        return f"{known.db_field}._id", value
    store = schema(model).codecs[condition.field].store
    return known.db_field, None if value is None else known.to_mongo(store(value))


def _outcome(
    resource: Resource, document: Any, *, represent: bool = True, updated_fields: Diff | None = None
) -> Outcome:
    known, name = schema(resource.model), str(resource.id_field)
    identifier = resource.identifier(known.codecs[name].read(document._data.get(name)))
    body = known.represent(resource, document) if represent else None
    return Outcome(document, identifier, body, updated_fields or {})
