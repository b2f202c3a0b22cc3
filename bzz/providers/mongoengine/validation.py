"""The updates of documents in which other writers have stored values that MongoEngine does not accept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from typing import Any

import mongoengine as me
from mongoengine.base import BaseDocument
from mongoengine.errors import ValidationError

from bzz.exceptions import Invalid
from bzz.providers.mongoengine.errors import errors_of
from bzz.providers.mongoengine.loading import load_document

Path = tuple[str, ...]
UNCHECKABLE = (TypeError, LookupError, ArithmeticError)  # MongoEngine does not expect them of its fields
UNCONVERTIBLE = (*UNCHECKABLE, ValueError, AttributeError, AssertionError)


def lenient(document: Any, raw: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """Return methods for the update of a document, which accept invalid values that were stored before.

    A value must not change. If the document's class has a ``validate()`` of its own, this method decides instead.

    Args:
        document: the document with its changes.
        raw: the document as MongoDB loaded it.
    """
    model = type(document)

    def validate(clean: bool = True) -> None:
        try:
            model.validate(document, clean)
        except ValidationError as error:
            old, left = _invalid_values(load_document(model, deepcopy(raw))[0]), {}
            for path, texts in errors_of(error).items():
                if _at(document, path) not in old[_shape(path)]:
                    left[".".join(path)] = " ".join(texts)
            if "" in left:
                raise
            if left:
                raise ValidationError(str(error), errors=left) from error
        except UNCHECKABLE:
            if not (held := _uncheckable(document)):
                raise
            document._data.update(dict.fromkeys(held))
            try:
                validate(clean)
            finally:
                document._data.update(held)

    def to_mongo(*args: Any, **options: Any) -> Any:
        try:
            return model.to_mongo(document, *args, **options)
        except UNCONVERTIBLE:
            changed = {model._reverse_db_field_map.get(name, name) for name in _changed(document)}
        try:
            return model.to_mongo(document, fields=[*changed, model._meta["id_field"]])
        except UNCONVERTIBLE as error:
            raise Invalid("The store does not take such a document.") from error

    own = {} if model.validate is not BaseDocument.validate else {"validate": validate}
    return {"to_mongo": to_mongo, **own}


def _changed(document: Any) -> set[str]:
    """Return MongoDB's names of the fields in which a document has changes."""
    return {name.partition(".")[0] for name in document._get_changed_fields()}


def _uncheckable(document: Any) -> dict[str, Any]:
    """Return the values that do not change and whose fields fail to check them."""
    changed, found = _changed(document), {}
    for name, field in document._fields.items():
        value = document._data.get(name)
        if value is not None and field.db_field not in changed:
            options = {"clean": False} if isinstance(value, me.EmbeddedDocument) else {}
            try:
                with suppress(ValidationError, ValueError, AttributeError):
                    field._validate(value, **options)
            except UNCHECKABLE:
                found[name] = value
    return found


def _invalid_values(document: Any) -> defaultdict[Path, list[Any]]:
    """Return a dict from the shape of a path to the values at such paths that their fields do not accept."""
    found: defaultdict[Path, list[Any]] = defaultdict(list)
    document._data.update(dict.fromkeys(_uncheckable(document)))
    try:
        BaseDocument.validate(document, clean=False)
    except ValidationError as error:
        for path in errors_of(error):
            found[_shape(path)].append(_at(document, path))
    return found


def _shape(path: Path) -> Path:
    """Return the same path for all items of a list, as items may move."""
    return tuple("*" if name.isdigit() else name for name in path)


def _at(value: Any, path: Path) -> Any:
    """Return the value at a path inside a document."""
    for name in path:
        if isinstance(value, BaseDocument):
            value = value._data.get(name)
        else:
            value = value[int(name)] if isinstance(value, (list, tuple)) else value.get(name)
    return value
