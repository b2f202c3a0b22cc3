"""Saves and deletes that hold only if the document is stored as expected: inserts never replace, updates never insert.

``Document.save()`` replaces a document whose natural key is taken, and inserts a stub if the document it updates was
deleted. The model's own ``save()``, ``clean()`` and MongoEngine's signals must all run, and a ``save()`` of the model's
own may take any arguments. Therefore the two methods that write to the collection are replaced on the saved instance.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import mongoengine as me
from mongoengine.base import BaseDocument
from mongoengine.errors import SaveConditionError
from mongoengine.queryset.base import BaseQuerySet

from bzz.exceptions import Invalid


def insert(document: Any) -> None:
    """Insert a new document by its own ``save()``.

    Raises:
        NotUniqueError: the primary key or another unique value is taken.
        ValidationError: the model's own validation failed.
    """
    inserted = False

    def create(doc: Any, force_insert: bool, write_concern: Any) -> Any:  # noqa: ARG001  # MongoEngine's
        nonlocal inserted
        inserted = True
        return type(document)._save_create(document, doc=doc, force_insert=True, write_concern=write_concern)

    def update(doc: Any, save_condition: Any, write_concern: Any) -> tuple[Any, bool]:
        if not inserted:  # save() or clean() chose the primary key, and MongoEngine takes the document for stored
            return create(doc, write_concern=write_concern, force_insert=True), True
        return _update(document, doc, save_condition, write_concern)

    _save(document, _save_create=create, _save_update=update)


def update(document: Any, key: Any, raw: Mapping[str, Any], names: Collection[str] = ()) -> None:
    """Update a loaded document by its own ``save()``, if its written fields are still stored as loaded.

    The written fields include those that ``clean()`` and ``save()`` change.

    Args:
        document: with its changes.
        key: the primary key it was loaded with.
        raw: the document as MongoDB loaded it.
        names: MongoDB's names of further fields that must be stored as loaded.

    Raises:
        SaveConditionError: the document is not stored any more, or not as loaded.
        Invalid: ``save()`` or ``clean()`` chose another primary key.
        NotUniqueError, ValidationError: as ``insert``.
    """
    is_first = True  # a save() of the model that saves again must not compare with the loaded values

    def update_only(doc: Any, save_condition: Any, write_concern: Any) -> tuple[Any, bool]:
        if document.pk != key:
            raise Invalid("The primary key of a stored document cannot change.")
        nonlocal is_first
        if is_first:
            changed = {name.partition(".")[0] for name in document._get_changed_fields()}
            save_condition = {**(save_condition or {}), "__raw__": _as_loaded(raw, {*changed, *names} - {"_id"})}
            is_first = False
        return _update(document, doc, save_condition, write_concern)

    _save(document, _save_update=update_only)


def delete(document: Any, raw: Mapping[str, Any], names: Collection[str] = ()) -> None:
    """Delete a loaded document by its own ``delete()``, if it is still stored.

    Args:
        document: as loaded.
        raw: the document as MongoDB loaded it.
        names: MongoDB's names of fields that must be stored as loaded; ignored if the model's own code runs at a
            delete, as it may change them.

    Raises:
        SaveConditionError: the document is not stored any more, or not as loaded.
        OperationError: a reverse delete rule forbids the delete.
    """
    as_loaded = {} if _runs_own_code_at_delete(type(document)) else _as_loaded(raw, {*names} - {"_id"})
    collection = _ConditionalCollection(type(document)._get_collection(), raw["_id"], as_loaded, [])
    vars(document)["_get_collection"] = lambda: collection
    try:
        document.delete()
    finally:
        vars(document).pop("_get_collection", None)
    collection.check()  # again, as a delete() of the model's own may have caught the first error


def _runs_own_code_at_delete(model: Any) -> bool:
    """Tell whether a delete runs code that may write before it deletes the document."""
    queryset_class = model._meta.get("queryset_class", me.QuerySet)
    return (
        model.delete is not me.Document.delete
        or queryset_class.delete is not BaseQuerySet.delete
        or any(isinstance(field, me.FileField) for field in model._fields.values())
        or bool(model._meta.get("delete_rules"))
        or bool(me.signals.pre_delete.has_receivers_for(model))
    )


@dataclass(frozen=True, slots=True)
class _ConditionalCollection:
    """A collection whose first delete of the document ``key`` must find it stored and meeting ``condition``."""

    collection: Any
    key: Any
    condition: Mapping[str, Any]
    deleted: list[int]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.collection, name)

    def with_options(self, **options: Any) -> _ConditionalCollection:
        return replace(self, collection=self.collection.with_options(**options))

    def delete_many(self, query: Mapping[str, Any], **options: Any) -> Any:
        if query.get("_id") != self.key:
            return self.collection.delete_many(query, **options)
        result = self.collection.delete_many({**({} if self.deleted else self.condition), **query}, **options)
        self.deleted.append(result.deleted_count if result.acknowledged else 1)
        self.check()
        return result

    def check(self) -> None:
        if self.deleted and not any(self.deleted):
            raise SaveConditionError("The document is not stored as it was loaded.")


def _as_loaded(raw: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$eq": raw[name]} if name in raw else {"$exists": False} for name in names}


def _update(document: Any, doc: Any, save_condition: Any, write_concern: Any) -> tuple[Any, bool]:
    """Run MongoEngine's own update; any condition, even an empty one, keeps it from inserting."""
    result: tuple[Any, bool] = type(document)._save_update(document, doc, save_condition or {}, write_concern)
    return result


def _save(document: Any, **methods: Callable[..., Any]) -> None:
    """Call ``document.save()`` with ``methods`` in place of the document's own."""
    replaced = {"_clear_changed_fields": lambda: _forget_changes(document), **methods}
    vars(document).update(replaced)
    try:
        document.save()
    finally:
        for name in replaced:
            vars(document).pop(name, None)


def _forget_changes(part: Any) -> None:
    """Mark all fields as unchanged; MongoEngine's own method would query for each list of references."""
    inner: Iterable[Any] = ()
    if isinstance(part, BaseDocument):
        part._changed_fields = []
        inner = part._data.values()
    elif isinstance(part, dict):
        inner = part.values()
    elif isinstance(part, (list, tuple)):
        inner = part
    for value in inner:
        if not isinstance(value, me.Document):  # a document behind a reference is saved by itself
            _forget_changes(value)
