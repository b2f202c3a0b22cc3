"""The provider: every operation is one or two trips to a bounded pool of threads, each bounded in time."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import mongoengine as me
import pymongo

from bzz.datatypes import Diff
from bzz.exceptions import Invalid, NotFound, Unavailable
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
from bzz.providers.mongoengine import writes
from bzz.providers.mongoengine.documents import schema
from bzz.providers.mongoengine.errors import NOT_FOUND, translated
from bzz.resources import Patch, Resource, Values

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document as it was loaded: itself, and its values then."""

    document: Any
    values: Values


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
        return await self._run(path.resource, lambda: _create(path.resource, data, handler), writing=True)

    async def update(self, path: Path, patch: Patch, *, before: BeforeUpdate | None, handler: object) -> Outcome:
        """Store what ``patch`` changes in the document at ``path``."""
        loaded = None
        if before is not None:
            loaded = await self._run(path.resource, lambda: _load(path, handler))
            await before(loaded.document, loaded.values)
        return await self._run(path.resource, lambda: _update(path, loaded, patch, handler), writing=True)

    async def delete(self, path: Path, *, before: BeforeDelete | None, handler: object) -> Any:
        """Delete the document at ``path``."""
        document = None
        if before is not None:
            document = await self._run(path.resource, lambda: _find(path, handler))
            await before(document)
        return await self._run(path.resource, lambda: _delete(path, document, handler), writing=True)

    async def represent(self, resource: Resource, instances: Sequence[Any]) -> Sequence[Any]:
        """Return the representation of each document."""
        known = schema(resource.model)
        return await self._run(resource, lambda: [known.represent(resource, document) for document in instances])

    async def _run(self, resource: Resource, operation: Callable[[], T], *, writing: bool = False) -> T:
        """Return what ``operation`` returns, run in the pool, with the time it waits there off its time."""
        deadline = time.monotonic() + self.timeout

        def bounded() -> T:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unavailable("The store does not answer in time.")
            with translated(resource.model, writing=writing), pymongo.timeout(left):
                return operation()

        return await self.pool.run(bounded)


def _find(path: Path, handler: object) -> Any:
    name, model = str(path.resource.id_field), path.resource.model
    try:
        value = path.resource.fields[name].type.parse(path.id)
    except ValueError:
        raise NotFound(NOT_FOUND) from None
    hook = getattr(model, "get_instance_queryset", None)
    queryset = model.objects if hook is None else hook(model, model.objects, path.id, handler)
    for found in queryset.filter(__raw__=_matching(model, [Condition(name, "eq", value)])).limit(1):
        return found
    raise NotFound(NOT_FOUND)


def _load(path: Path, handler: object) -> Loaded:
    document = _find(path, handler)
    return Loaded(document, schema(path.resource.model).values(document))


def _list(resource: Resource, query: Query, handler: object, *, represent: bool) -> Listing:
    tie_break = [] if resource.pk in dict(query.sort) else [(resource.pk, False)]
    order = [f"{'-' if descending else '+'}{name}" for name, descending in [*query.sort, *tie_break]]
    queryset = _visible(resource.model, handler).filter(__raw__=_matching(resource.model, query.where)).order_by(*order)
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
    resource, known = path.resource, schema(path.resource.model)
    loaded = loaded or _load(path, handler)
    changed = resource.changed(loaded.values, patch.apply(loaded.values))
    _check_references(resource, loaded.values, changed, handler)
    known.assign(loaded.document, loaded.values, changed)
    diff = resource.diff(loaded.values, known.values(loaded.document))
    if diff:
        writes.update(loaded.document)
        diff = resource.diff(loaded.values, known.values(loaded.document))
    return _outcome(resource, loaded.document, updated_fields=diff)


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
        raise Invalid(errors)


def _visible(model: Any, handler: object) -> Any:
    """Return the queryset of the documents that a list may show."""
    hook = getattr(model, "get_list_queryset", None)
    return model.objects if hook is None else hook(model.objects, handler)


def _matching(model: Any, where: Sequence[Condition]) -> Mapping[str, Any]:
    """Return MongoDB's filter for conditions, all of which hold; no value of it comes from a request untyped."""
    pairs = [_condition(model, condition) for condition in where]
    together = dict(pairs)
    return together if len(together) == len(pairs) else {"$and": [{key: value} for key, value in pairs]}


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
    value = document._data.get(name)
    identifier = "" if value is None else str(known.codecs[name].type.dump(known.codecs[name].load(value)))
    body = known.represent(resource, document) if represent else None
    return Outcome(document, identifier, body, updated_fields or {})
