"""Document classes and their schemas.

They convert documents to values, and values to documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import mongoengine as me
from mongoengine.base import BaseField

from bzz.providers.mongoengine.codec import Codec
from bzz.providers.mongoengine.composite_codecs import codec_of
from bzz.providers.mongoengine.descriptions import described
from bzz.providers.mongoengine.reading import Reader
from bzz.providers.mongoengine.scalar_codecs import JSON
from bzz.schema.custom_types import Types
from bzz.schema.fields import Field, Values
from bzz.schema.making import make_schema, with_sortable_key
from bzz.schema.schema import Schema


@dataclass(frozen=True)
class DocumentClass:
    """A class of documents or embedded documents, with its fields' codecs.

    Args:
        model: the class.
        schema: the schema of the class.
        codecs: a dict from field name to codec.
        reader: reads the values of documents that are not made.
    """

    model: Any
    schema: Schema
    codecs: Mapping[str, Codec]
    reader: Reader

    def values(self, document: Any) -> Values:
        """Return the typed values of a loaded document.

        It never queries the store.
        """
        data = document._data
        return {name: codec.decode_if_possible(data.get(name)) for name, codec in self.codecs.items()}

    def build(self, values: Mapping[str, Any]) -> Any:
        """Return a new document with the values ``values``.

        A field that is missing gets its default. So does a field that is None, unless it can store null.
        """
        fields, given = self.model._fields, {}
        for name, value in values.items():
            if value is not None:
                given[name] = self.codecs[name].encode(value)
            elif fields[name].null:
                given[name] = None
        return self.model(**given)

    def assign(self, document: Any, old: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
        """Set the ``changed`` values on ``document``.

        ``old`` has the values before the change. No other field is marked as changed.
        """
        for name, value in changed.items():
            part = document._data.get(name)
            new = None if value is None else self.codecs[name].encode_over(part, old.get(name), value)
            setattr(document, name, new)
            if new is None or new is not part:
                document._mark_as_changed(name)  # setattr does not mark equal values, and 1 equals True


class DocumentClasses:
    """The ``DocumentClass`` of each model, made at the first call.

    Args:
        types: the types that hives give to classes of fields.
    """

    def __init__(self, types: Types) -> None:
        self.types = types
        self._made: dict[Any, DocumentClass] = {}

    def __call__(self, model: Any) -> DocumentClass:
        """Return the ``DocumentClass`` of a model.

        Raises:
            TypeError: see ``make_schema``.
        """
        found = self._made.get(model)
        if found is None:
            found = self._made[model] = _make(model, self)
        return found


document_class_of = DocumentClasses({})  # of all providers to which no hive has given types


def _make(model: Any, document_class_of: DocumentClasses) -> DocumentClass:
    codecs = {
        name: codec_of(field, document_class_of)
        for name, field in ((name, model._fields[name]) for name in model._fields_ordered)
        if not name.startswith("_") and not isinstance(field, me.FileField)
    }
    pk = model._meta.get("id_field") if issubclass(model, me.Document) else None
    id_field = pk or _embedded_id_field(model, codecs)
    fields = {
        name: _schema_field(
            model._fields[name],
            codec,
            is_id=name == id_field,
            is_automatic=bool(pk) and not model._fields[name].required,
        )
        for name, codec in codecs.items()
    }
    if pk:
        fields[pk] = replace(fields[pk], unique=True, nullable=False)
        fields = with_sortable_key(fields, pk)
    order = [(_sort_field(key, str(pk)), key.startswith("-")) for key in model._meta.get("ordering") or ()]
    schema = make_schema(
        model,
        fields,
        pk=pk,
        id_field=id_field,
        sort=order,
        json=JSON,
        fills_fields=_fills_fields(model),
        target_name=model._meta.get("collection") or "",
    )
    return DocumentClass(model, schema, codecs, Reader(model, codecs, lambda other: document_class_of(other).reader))


def _embedded_id_field(model: Any, codecs: Mapping[str, Codec]) -> str | None:
    """Return the field that identifies an embedded document.

    It is the marked field, or else the field ``id``, or else None.
    """
    marked = [name for name in codecs if model._fields[name].primary_key]
    return next((name for name in [*marked, "id"] if name in codecs and "eq" in codecs[name].type.operators), None)


def _schema_field(field: BaseField, codec: Codec, *, is_id: bool, is_automatic: bool) -> Field:
    is_generated = codec.generated or (is_id and (is_automatic or field.default is not None))
    known = Field(
        field.name,
        codec.type,
        insertable=not is_generated,
        updatable=not (codec.generated or is_id),
        required=field.required and field.default is None,
    )
    return described(field, known)


def _fills_fields(model: Any) -> bool:
    """Return whether the class's own code runs before MongoEngine checks that required fields have values."""
    base = me.Document if issubclass(model, me.Document) else me.EmbeddedDocument
    own = ("__init__", "clean", "validate", *(["save"] if issubclass(model, me.Document) else []))
    signals = (me.signals.pre_init, me.signals.post_init, me.signals.pre_save)
    return any(getattr(model, name) is not getattr(base, name) for name in own) or any(
        bool(signal.has_receivers_for(model)) for signal in signals
    )


def _sort_field(key: str, pk: str) -> str:
    name = key.lstrip("+-").replace("__", ".")
    return pk if name in ("pk", "_id", "id") else name
