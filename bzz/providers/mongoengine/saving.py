"""Saving a document so that a create only ever inserts and an update only ever updates.

``Document.save()`` replaces a document whose natural key is taken, and inserts a stub where the document it updates has
been deleted. The model's own ``save()``, ``clean()`` and MongoEngine's signals all have to run, whatever arguments that
``save()`` takes; so the two steps below it, which touch the collection, are replaced on the one instance being saved.
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
    """Save a new document by inserting it.

    Raises:
        NotUniqueError: its primary key, or another unique value, is taken.
        ValidationError: the model's own validation.
    """
    inserted = False

    def create(doc: Any, force_insert: bool, write_concern: Any) -> Any:  # noqa: ARG001  # MongoEngine's
        nonlocal inserted
        inserted = True
        return type(document)._save_create(document, doc=doc, force_insert=True, write_concern=write_concern)

    def update(doc: Any, save_condition: Any, write_concern: Any) -> tuple[Any, bool]:
        if not inserted:  # save() or clean() chose the primary key, after which MongoEngine takes it for stored
            return create(doc, write_concern=write_concern, force_insert=True), True
        return _update(document, doc, save_condition, write_concern)

    _save(document, _save_create=create, _save_update=update)


def update(document: Any, key: Any, raw: Mapping[str, Any], names: Collection[str] = ()) -> None:
    """Save the changes of a loaded document, if the store still has in each field it changes what was loaded.

    What counts is what has changed when it comes to writing, be it by ``clean()`` or ``save()``.

    Args:
        document: with its changes.
        key: the primary key it was loaded with.
        raw: what was loaded, as MongoDB has it.
        names: what else has to be as it was loaded, by the names that the store has for fields.

    Raises:
        SaveConditionError: it is stored no longer, or not as it was loaded.
        Invalid: save() or clean() chose another primary key.
        NotUniqueError, ValidationError: as ``insert``.
    """
    is_first = True  # a save() that saves again saves on top of that

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
    """Delete a loaded document, by its own ``delete()``, if the store still has it.

    Args:
        document: as it was loaded.
        raw: what was loaded, as MongoDB has it.
        names: what has to be as it was loaded, by the names that the store has for fields; unless the model does things
            of its own when it is deleted, which may change them.

    Raises:
        SaveConditionError: it is stored no longer, or not as it was loaded.
        OperationError: something refers to it that forbids it.
    """
    as_loaded = {} if _acts_when_deleted(type(document)) else _as_loaded(raw, {*names} - {"_id"})
    collection = _Conditional(type(document)._get_collection(), raw["_id"], as_loaded, [])
    vars(document)["_get_collection"] = lambda: collection
    try:
        document.delete()
    finally:
        vars(document).pop("_get_collection", None)
    collection.check()  # once more, as a delete() of the model's own may have caught what was raised


def _acts_when_deleted(model: Any) -> bool:
    """Tell whether code of the model's own runs between the call of ``delete()`` and what it does to the collection."""
    queryset_class = model._meta.get("queryset_class", me.QuerySet)
    return (
        model.delete is not me.Document.delete
        or queryset_class.delete is not BaseQuerySet.delete
        or any(isinstance(known, me.FileField) for known in model._fields.values())
        or bool(model._meta.get("delete_rules"))
        or bool(me.signals.pre_delete.has_receivers_for(model))
    )


@dataclass(frozen=True, slots=True)
class _Conditional:
    """A collection in which the document ``key`` has to be, and to meet a condition, when it is deleted first."""

    collection: Any
    key: Any
    condition: Mapping[str, Any]
    deleted: list[int]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.collection, name)

    def with_options(self, **options: Any) -> _Conditional:
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
            raise SaveConditionError("It is not stored as it was loaded.")


def _as_loaded(raw: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$eq": raw[name]} if name in raw else {"$exists": False} for name in names}


def _update(document: Any, doc: Any, save_condition: Any, write_concern: Any) -> tuple[Any, bool]:
    """Run MongoEngine's own update; with a condition, be it an empty one, it does not upsert."""
    result: tuple[Any, bool] = type(document)._save_update(document, doc, save_condition or {}, write_concern)
    return result


def _save(document: Any, **steps: Callable[..., Any]) -> None:
    """Call ``document.save()`` with some of the steps it takes replaced."""
    replaced = {"_clear_changed_fields": lambda: _forget_changes(document), **steps}
    vars(document).update(replaced)
    try:
        document.save()
    finally:
        for name in replaced:
            vars(document).pop(name, None)


def _forget_changes(part: Any) -> None:
    """Have nothing in a document count as changed; MongoEngine's own way loads what lists of references refer to."""
    inner: Iterable[Any] = ()
    if isinstance(part, BaseDocument):
        part._changed_fields = []
        inner = part._data.values()
    elif isinstance(part, dict):
        inner = part.values()
    elif isinstance(part, (list, tuple)):
        inner = part
    for value in inner:
        if not isinstance(value, me.Document):  # which a reference leads to, and which is saved by itself
            _forget_changes(value)
