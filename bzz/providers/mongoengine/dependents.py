"""The documents that MongoEngine deletes together with a document, by the reverse delete rule ``CASCADE``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import mongoengine as me

from bzz.exceptions import Conflict
from bzz.providers.mongoengine.documents import DocumentClass, DocumentClasses
from bzz.providers.mongoengine.loading import load_document
from bzz.providers.mongoengine.queries import find_stored
from bzz.providers.values import ActState, Address, Stored
from bzz.providers.writes import MAX_DEPENDENTS, MAX_LEVELS, TOO_MANY, Dependent
from bzz.schema.inheritance import subclasses

Found = dict[tuple[str, str], Any]  # documents by their identity


def dependent_classes(model: Any) -> set[Any]:
    """Return the classes whose documents may be deleted together with a document of the class."""
    found: set[Any] = set()
    below = [model, *subclasses(model)]
    while below:
        children = {child for child, _ in _cascades_of(below.pop())}
        new = {one for child in children for one in (child, *subclasses(child))} - found
        found |= new
        below += new
    return found


def find_dependents(address: Address, state: ActState, classes: DocumentClasses) -> Sequence[Dependent]:
    """Return the documents that MongoEngine deletes together with the document at ``address``.

    Documents of a class that bzz cannot serve are left out.

    Raises:
        NotFound: no such document exists, or the request may not see it.
        Conflict: there are too many documents.
    """
    root, _ = load_document(address.schema.model, find_stored(address, state, classes))
    found, level = {_identity(root): root}, {type(root): [root]}
    for _ in range(MAX_LEVELS):
        level = _next_level(level, found)
        if not level:
            return _dependents([*found.values()][1:], classes)
    raise Conflict(TOO_MANY)


def _next_level(level: Mapping[Any, Collection[Any]], found: Found) -> dict[Any, list[Any]]:
    """Follow the cascades of deleted documents, with one query for each rule. Add the new documents to ``found``.

    Args:
        level: the documents by the class whose rules MongoEngine follows.
        found: all documents that were found so far, with the root.

    Returns:
        The new documents, in the same form as ``level``.

    Raises:
        Conflict: there are too many documents.
    """
    below: defaultdict[Any, list[Any]] = defaultdict(list)
    for model, documents in level.items():
        for child, name in _cascades_of(model):
            one_by_one = _is_deleted_one_by_one(child)
            for raw in child.objects(**{f"{name}__in": documents}).limit(MAX_DEPENDENTS + 2).as_pymongo():
                document, _ = load_document(child, raw)
                if _identity(document) not in found:
                    found[_identity(document)] = document
                    below[type(document) if one_by_one else child].append(document)
            if len(found) > MAX_DEPENDENTS + 1:  # the root is not a dependent
                raise Conflict(TOO_MANY)
    return below


def _cascades_of(model: Any) -> Iterator[tuple[Any, str]]:
    """Yield the references that cascade when documents of the class are deleted: pairs of a class and a field."""
    for (child, name), rule in (model._meta.get("delete_rules") or {}).items():
        if rule == me.CASCADE and not child._meta.get("abstract"):
            yield child, name


def _is_deleted_one_by_one(model: Any) -> bool:
    """Return whether MongoEngine deletes each document by itself, and so by the rules of its own class."""
    return any(signal.has_receivers_for(model) for signal in (me.signals.pre_delete, me.signals.post_delete))


def _identity(document: Any) -> tuple[str, str]:
    """Return the collection and the primary key of a document. The key is text, as it may be an embedded document."""
    key = document.to_mongo(fields=[document._meta["id_field"]])["_id"]
    return document._get_collection_name(), repr(key)


def _dependents(documents: Sequence[Any], classes: DocumentClasses) -> list[Dependent]:
    known = {model: _served(model, classes) for model in map(type, documents)}
    return [
        Dependent(served.schema, Stored(document, served.values(document)), None)
        for document in documents
        if (served := known[type(document)]) is not None
    ]


def _served(model: Any, classes: DocumentClasses) -> DocumentClass | None:
    """Return the ``DocumentClass`` of a class, or None if bzz cannot serve the class."""
    try:
        return classes(model)
    except TypeError:
        return None
