"""The values of documents as MongoDB stores them, without the documents.

When MongoEngine makes a document, it converts each stored value by the ``to_python`` of its field. Then it passes the
value to the field's setter, which replaces null by the default. A ``Reader`` calls the same methods. It refuses classes
whose documents are made in another way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from inspect import getattr_static
from typing import Any

import mongoengine as me
from mongoengine.base import BaseField, get_document

from bzz.providers.mongoengine.codec import Codec
from bzz.providers.mongoengine.scalar_codecs import JSON
from bzz.schema.fields import Values

MAKING = ("__init__", "__new__", "__setattr__", "__getattribute__", "_from_son")  # the methods that make a document
ACCESS = ("__get__", "__set__")
ALWAYS_KNOWN = {"_cls", "_text_score"}  # every class takes these keys of a stored document
ARGUMENTS = {"self", "_created", "__auto_convert", "id", "pk"}  # a constructor takes these keys for something else
UNSHOWN = Codec(JSON)  # of a field that must be loaded, although it is not in the values


class Reader:
    """Reads the values of one class's documents, as ``DocumentClass.values`` returns them.

    Args:
        model: the class.
        codecs: a dict from field name to codec.
        reader_of: returns the reader of another class.
    """

    def __init__(self, model: Any, codecs: Mapping[str, Codec], reader_of: Callable[[Any], Reader]) -> None:
        fields = {name: field for name, field in model._fields.items() if not isinstance(field, me.FileField)}
        others = [(field.db_field, _read(field, UNSHOWN)) for name, field in fields.items() if name not in codecs]
        shown = [
            (name, fields[name].db_field, codec.kept, _read(fields[name], codec)) for name, codec in codecs.items()
        ]
        self._model, self._shown, self._others, self._reader_of = model, shown, others, reader_of
        self._known = {field.db_field for field in model._fields.values()} | ALWAYS_KNOWN
        self._ambiguous = {*model._fields, *ARGUMENTS}
        self._takes_unknown = not model._meta.get("strict", True) and not model._dynamic
        self._is_refused = not _is_made_by_mongoengine(model)

    def read(self, raw: Any) -> tuple[Any, Values]:
        """Return the class of a document, and its values as a document of this reader's class.

        Args:
            raw: the document as MongoDB stores it.

        Raises:
            Exception: the document must be made. It may be broken.
        """
        model, name = self._model, raw.get("_cls", self._model._class_name)
        own = model if name == model._class_name else get_document(name)
        if own is model:
            return model, self._values(raw)
        if not _extends(own, model):
            raise TypeError(f"a {name} is no {model.__name__}")
        values = self._reader_of(own)._values(raw)
        return own, {name: values[name] for name, *_ in self._shown}

    def _values(self, raw: Mapping[str, Any]) -> Values:
        if self._is_refused or _is_heard(self._model):
            raise TypeError(f"a {self._model.__name__} must be made")
        if not raw.keys() <= self._known:
            unknown = raw.keys() - self._known
            if not self._takes_unknown or unknown & self._ambiguous:
                raise ValueError(f"unknown keys: {unknown}")
        for key, read in self._others:
            read(raw.get(key))
        return {
            name: value if type(value := raw.get(key)) is kept else read(value) for name, key, kept, read in self._shown
        }


class _Made:
    """All that the setter of a field needs of a document that is being made."""

    _initialised = False

    def __init__(self) -> None:
        self._data: dict[str, Any] = {}


def _read(field: BaseField, codec: Codec) -> Callable[[Any], Any]:
    """Return a function from the stored value of a field, or None, to the typed value."""
    to_python, converts = field.to_python, type(field).__set__ is not BaseField.__set__
    keeps_null = (field.null or field.default is None) and not isinstance(field, me.EnumField)

    def read(stored: Any) -> Any:
        value = None if stored is None else to_python(stored)
        if value is None and keeps_null:
            return None
        if value is None or converts:
            made = _Made()
            field.__set__(made, value)
            value = made._data[field.name]
        return codec.decode_if_possible(value)

    read_part = codec.read
    return read if read_part is None else lambda stored: read(None) if stored is None else read_part(stored)


def read_list(field: Any, item: Codec) -> Callable[[Any], Any] | None:
    """Return ``Codec.read`` of a ListField whose items have the codec ``item``."""

    def read(stored: Any) -> list[Any]:
        if not isinstance(stored, list):
            raise TypeError(f"{field.name}: no list")
        return [read_one(one) for one in stored]

    read_one = _read_item(field.field, item)
    return read if field.field else None


def read_map(field: Any, item: Codec) -> Callable[[Any], Any] | None:
    """Return ``Codec.read`` of a DictField whose values have the codec ``item``."""

    def read(stored: Any) -> Values:
        return {key: read_one(value) for key, value in stored.items()}

    read_one = _read_item(field.field, item)
    return read if field.field else None


def _read_item(field: Any, codec: Codec) -> Callable[[Any], Any]:
    def read(stored: Any) -> Any:
        value = field.to_python(stored)  # as MongoEngine does, also for None
        return None if value is None else codec.decode(value)

    return codec.read or read


def overrides(cls: type, base: type, names: Iterable[str]) -> bool:
    """Tell whether a class defines one of ``names`` where ``base``, a class of MongoEngine, would give another one."""
    classes = cls.__mro__[: cls.__mro__.index(base)]
    return any(name in vars(one) for one in classes if not one.__module__.startswith("mongoengine.") for name in names)


def _is_made_by_mongoengine(model: Any) -> bool:
    """Return whether a document of the class is made of its fields' stored values alone."""
    base, renamed = (me.Document if issubclass(model, me.Document) else me.EmbeddedDocument), model._db_field_map
    if model.STRICT or any(getattr_static(model, name) is not getattr_static(base, name) for name in MAKING):
        return False
    return all(
        getattr(model, name) is field
        and renamed.get(field.db_field, field.db_field) == field.db_field
        and not overrides(type(field), BaseField, ACCESS)
        and not (isinstance(field, me.FileField) and overrides(type(field), me.FileField, ["to_python"]))
        for name, field in model._fields.items()
    )


def _is_heard(model: Any) -> bool:
    """Return whether a receiver would get a document of the class that is being made."""
    return bool(me.signals.pre_init.has_receivers_for(model) or me.signals.post_init.has_receivers_for(model))


@cache
def _extends(own: Any, model: Any) -> bool:
    """Return whether a class inherits from ``model`` and has its fields unchanged."""
    return issubclass(own, model) and all(
        own._fields[name] is field for name, field in model._fields.items() if name != "_cls"
    )
