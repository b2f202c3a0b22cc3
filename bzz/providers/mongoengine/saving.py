"""Functions that save or delete a document, unless it was changed meanwhile.

An insert never replaces a document, and an update never inserts one. ``Document.save()`` alone does not guarantee this.
It replaces a document that has the same natural key. It inserts an incomplete document if the document that it updates
was deleted.

The model's own ``save()``, its ``clean()`` and MongoEngine's signals must all run. A model's own ``save()`` may take
any arguments. Therefore this module replaces, on the saved instance, the two methods that write to the collection.
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
from bzz.providers.mongoengine.validation import lenient


def insert(document: Any) -> None:
    """Insert a new document with its own ``save()``.

    Raises:
        NotUniqueError: another document has the same primary key or unique value.
        ValidationError: the model's own validation failed.
    """
    inserted = False

    def create(doc: Any, force_insert: bool, write_concern: Any) -> Any:  # noqa: ARG001  # MongoEngine's
        nonlocal inserted
        inserted = True
        return type(document)._save_create(document, doc=doc, force_insert=True, write_concern=write_concern)

    def update(doc: Any, save_condition: Any, write_concern: Any) -> tuple[Any, bool]:
        if not inserted:  # save() or clean() set the primary key, so MongoEngine thinks that the document is stored
            return create(doc, write_concern=write_concern, force_insert=True), True
        return _update(document, doc, save_condition, write_concern)

    _save(document, _save_create=create, _save_update=update)


def update(document: Any, key: Any, raw: Mapping[str, Any], names: Collection[str] = ()) -> None:
    """Update a loaded document with its own ``save()``.

    The written fields must still be stored as they were loaded. They include the fields that ``clean()`` and ``save()``
    change.

    Args:
        document: the document with its changes.
        key: the primary key that the document had when it was loaded.
        raw: the document as MongoDB loaded it.
        names: MongoDB's names of further fields that must still be stored as they were loaded.

    Raises:
        SaveConditionError: the document is not stored any more, or is not stored as it was loaded.
        Invalid: ``save()`` or ``clean()`` set another primary key.
        NotUniqueError, ValidationError: see ``insert``.
    """
    is_first = True  # a model's save() may save twice; the second time must not compare with the loaded values

    def update_only(doc: Any, save_condition: Any, write_concern: Any) -> tuple[Any, bool]:
        if document.pk != key:
            raise Invalid("The primary key of a stored document cannot change.")
        nonlocal is_first
        if is_first:
            changed = {name.partition(".")[0] for name in document._get_changed_fields()}
            save_condition = {**(save_condition or {}), "__raw__": _as_loaded(raw, {*changed, *names} - {"_id"})}
            is_first = False
        return _update(document, doc, save_condition, write_concern)

    _save(document, _save_update=update_only, **lenient(document, raw))


def delete(document: Any, raw: Mapping[str, Any], names: Collection[str] = ()) -> None:
    """Delete a loaded document with its own ``delete()``.

    The document must still be stored.

    Args:
        document: the loaded document.
        raw: the document as MongoDB loaded it.
        names: MongoDB's names of fields that must still be stored as they were loaded. They are ignored if
            deleting runs code of the application, as that code may change the fields.

    Raises:
        SaveConditionError: the document is not stored any more, or is not stored as it was loaded.
        OperationError: a reverse delete rule forbids that the document is deleted.
    """
    as_loaded = {} if _runs_own_code_at_delete(type(document)) else _as_loaded(raw, {*names} - {"_id"})
    collection = _ConditionalCollection(type(document)._get_collection(), raw["_id"], as_loaded, [])
    vars(document)["_get_collection"] = lambda: collection
    try:
        document.delete()
    finally:
        vars(document).pop("_get_collection", None)
    collection.check()  # again, as the model's own delete() may have caught the first error


def _runs_own_code_at_delete(model: Any) -> bool:
    """Return whether deleting a document runs code of the application.

    Such code may write before it deletes the document.
    """
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
    """A collection that checks one document when it is first deleted.

    The document with the primary key ``key`` must then be stored and meet ``condition``.
    """

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
    """Run MongoEngine's own update.

    With a condition, even an empty one, the update never inserts.
    """
    result: tuple[Any, bool] = type(document)._save_update(document, doc, save_condition or {}, write_concern)
    return result


def _save(document: Any, **methods: Callable[..., Any]) -> None:
    """Call ``document.save()`` with ``methods`` in place of the document's own methods."""
    replaced = {"_clear_changed_fields": lambda: _forget_changes(document), **methods}
    vars(document).update(replaced)
    try:
        document.save()
    finally:
        for name in replaced:
            vars(document).pop(name, None)


def _forget_changes(part: Any) -> None:
    """Mark all fields as unchanged.

    MongoEngine's own method would query the store for each list of references.
    """
    inner: Iterable[Any] = ()
    if isinstance(part, BaseDocument):
        part._changed_fields = []
        inner = part._data.values()
    elif isinstance(part, dict):
        inner = part.values()
    elif isinstance(part, (list, tuple)):
        inner = part
    for value in inner:
        if not isinstance(value, me.Document):  # a document that a reference refers to is saved separately
            _forget_changes(value)
