"""Saving a document so that a create only ever inserts and an update only ever updates.

``Document.save()`` replaces a document whose natural key is taken, and inserts a stub where the document it updates has
been deleted. The model's own ``save()``, ``clean()`` and MongoEngine's signals all have to run, whatever arguments that
``save()`` takes; so the two steps below it, which touch the collection, are replaced on the one instance being saved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

    vars(document).update(_save_create=create, _save_update=update)
    try:
        document.save()
    finally:
        _restore(document)


def update(document: Any, key: Any, condition: Mapping[str, Any]) -> None:
    """Save the changes of a loaded document, if it is still stored and ``condition`` holds.

    Args:
        document: with its changes.
        key: the primary key it was loaded with.
        condition: what else has to hold in the store, as MongoDB has it.

    Raises:
        SaveConditionError: it is stored no longer, or the condition does not hold.
        Invalid: save() or clean() chose another primary key.
        NotUniqueError, ValidationError: as ``insert``.
    """
    left = [{"__raw__": condition}] if condition else []  # holds once: a save() that saves again saves on top of it

    def update_only(doc: Any, save_condition: Any, write_concern: Any) -> tuple[Any, bool]:
        if document.pk != key:
            raise Invalid("The primary key of a stored document cannot change.")
        return _update(document, doc, {**(save_condition or {}), **(left.pop() if left else {})}, write_concern)

    vars(document).update(_save_update=update_only)
    try:
        document.save()
    finally:
        _restore(document)


def _update(document: Any, doc: Any, save_condition: Any, write_concern: Any) -> tuple[Any, bool]:
    """Run MongoEngine's own update; with a condition, be it an empty one, it does not upsert."""
    result: tuple[Any, bool] = type(document)._save_update(document, doc, save_condition or {}, write_concern)
    return result


def _restore(document: Any) -> None:
    for name in ("_save_create", "_save_update"):
        vars(document).pop(name, None)
