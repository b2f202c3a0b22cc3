"""MongoEngine's document classes as resources, and documents as plain values and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import mongoengine as me
from mongoengine.base import BaseField

from bzz.providers.mongoengine.composite_codecs import codec
from bzz.providers.mongoengine.scalar_codecs import JSON, Codec
from bzz.schema.fields import Field, Values
from bzz.schema.schema import Schema, make_schema


@dataclass(frozen=True)
class DocumentClass:
    """A document class, embedded or not, with how the values of each of its fields travel.

    Args:
        model: the class.
        schema: what it looks like, without the restrictions of any hive.
        codecs: by the names of its fields.
    """

    model: Any
    schema: Schema
    codecs: Mapping[str, Codec]

    def values(self, document: Any) -> Values:
        """Return a document's values, typed; reads what is loaded and never queries."""
        data = document._data
        return {name: codec.decode_or_keep(data.get(name)) for name, codec in self.codecs.items()}

    def build(self, values: Mapping[str, Any]) -> Any:
        """Return a new document with ``values``; what is not there, or None, gets its default."""
        return self.model(**{n: self.codecs[n].encode(value) for n, value in values.items() if value is not None})

    def assign(self, document: Any, old: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
        """Set on ``document`` what has ``changed`` since its values were ``old``, and nothing besides."""
        for name, value in changed.items():
            codec, part, before = self.codecs[name], document._data.get(name), old.get(name)
            new = None if value is None else codec.change(part, before, value)
            setattr(document, name, new)
            if new is None or new is not part:
                document._mark_as_changed(name)  # which setting does not, where Python finds 1 and True the same


def _document_class(model: Any) -> DocumentClass:
    """Return the schema of a document class; raise TypeError if it cannot be served: see ``bzz.resources.describe``."""
    codecs = {
        name: codec(known, document_class)
        for name, known in ((name, model._fields[name]) for name in model._fields_ordered)
        if not name.startswith("_") and not isinstance(known, me.FileField)
    }
    pk = model._meta.get("id_field") if issubclass(model, me.Document) else None
    id_field = pk or _embedded_id(model, codecs)
    fields = {
        name: _describe(
            model._fields[name],
            known,
            is_id=name == id_field,
            is_automatic=bool(pk) and not model._fields[name].required,
        )
        for name, known in codecs.items()
    }
    order = [(_sort_name(key, str(pk)), key.startswith("-")) for key in model._meta.get("ordering") or ()]
    return DocumentClass(model, make_schema(model, fields, pk=pk, id_field=id_field, sort=order, json=JSON), codecs)


def _embedded_id(model: Any, codecs: Mapping[str, Codec]) -> str | None:
    """Return the name of the field that tells embedded documents apart, if there is one that can."""
    marked = [name for name in codecs if model._fields[name].primary_key]
    return next((name for name in [*marked, "id"] if name in codecs and "eq" in codecs[name].type.operators), None)


document_class: Callable[[Any], DocumentClass] = cache(_document_class)


def _describe(known: BaseField, codec: Codec, *, is_id: bool, is_automatic: bool) -> Field:
    is_generated = codec.generated or (is_id and (is_automatic or known.default is not None))
    return Field(known.name, codec.type, insertable=not is_generated, updatable=not (codec.generated or is_id))


def _sort_name(key: str, pk: str) -> str:
    name = key.lstrip("+-").replace("__", ".")
    return pk if name in ("pk", "_id", "id") else name
