"""Documents made of what MongoDB stores, even if MongoEngine cannot load it.

MongoEngine loads no document with a field that its class has lost, or with a value that one of its fields cannot
convert. Such a document is broken. bzz makes it of all that can be loaded, so that it can be shown and deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import mongoengine as me
import pymongo.errors
from mongoengine.base import BaseField, get_document
from mongoengine.errors import NotRegistered

from bzz.providers.mongoengine.documents import DocumentClass
from bzz.providers.values import Stored

Raw = Mapping[str, Any]


def load_document(model: Any, raw: Raw, **options: Any) -> tuple[Any, bool]:
    """Make a document of what MongoDB stores.

    Args:
        model: the class of the document, or a class from which it inherits.
        raw: the document as MongoDB stores it.
        options: the options of MongoEngine's ``_from_son``.

    Returns:
        The document, which may have parts in common with ``raw``, and whether it is broken.
    """
    try:
        return model._from_son(raw, **options), False
    except pymongo.errors.PyMongoError:  # the document may be fine: MongoEngine has queried the store
        raise
    except Exception:  # noqa: BLE001  # fields and constructors of the application may raise any exception
        return _partial(model, raw), True


def read_stored(document_class: DocumentClass, raw: Raw) -> Stored | None:
    """Return the values of a document without the document. Return None if the document must be made."""
    try:
        model, values = document_class.reader.read(raw)
    except Exception:  # noqa: BLE001  # as above
        return None
    return Stored(None, values, model=model)


def load_stored(document_class: DocumentClass, raw: Raw) -> Stored:
    """Return a document for a write. Its ``origin`` is ``raw``, of which the document is a copy."""
    document, is_broken = load_document(document_class.model, deepcopy(raw))
    return Stored(document, document_class.values(document), origin=raw, is_broken=is_broken)


def _partial(model: Any, raw: Raw) -> Any:
    """Return a document with what can be loaded. A value that its field cannot convert stays as it is stored."""
    model = _class_of(model, raw)
    known: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for name, field in model._fields.items():
        if field.db_field in raw:
            value, is_loaded = _convert(field, raw[field.db_field])
            (known if is_loaded else others)[name] = value
    try:
        document = model(__auto_convert=False, _created=False, **known)
    except Exception:  # noqa: BLE001  # as above
        document = model.__new__(model)
        for name, value in (("_data", known), ("_dynamic_fields", {}), ("_created", False), ("_initialised", True)):
            object.__setattr__(document, name, value)
    document._data.update(others)
    document._changed_fields = []
    return document


def _class_of(model: Any, raw: Raw) -> Any:
    """Return the class that a document names, if it is ``model`` or inherits from it. Otherwise return ``model``."""
    try:
        own = get_document(raw.get("_cls", model._class_name))
    except (NotRegistered, AttributeError):  # AttributeError: the name is no text
        return model
    return own if issubclass(own, model) else model


def _convert(field: BaseField, value: Any) -> tuple[Any, bool]:
    """Return the value that a field makes of a stored value, and whether it can be set on a document."""
    if value is None:
        return None, True
    try:
        return field.to_python(value), True
    except Exception:  # noqa: BLE001  # as above
        if isinstance(field, me.EmbeddedDocumentField) and isinstance(value, dict):
            return _partial(field.document_type, value), True
        inner = getattr(field, "field", None)
        if inner is not None and isinstance(value, list):
            items = [_convert(inner, item) for item in value]
            return [item for item, _ in items], all(is_loaded for _, is_loaded in items)
        if inner is not None and isinstance(value, dict):
            pairs = {key: _convert(inner, item) for key, item in value.items()}
            return {key: item for key, (item, _) in pairs.items()}, all(is_loaded for _, is_loaded in pairs.values())
        return value, False
