"""MongoEngine's document classes as resources, and documents as plain values and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

import mongoengine as me
from bson import SON, DBRef
from mongoengine.base import BaseField, LazyReference, get_document
from mongoengine.errors import NotRegistered

from bzz.datatypes import DataType, List, Map, add_error, identity, references
from bzz.exceptions import Invalid
from bzz.providers.mongoengine import fields
from bzz.providers.mongoengine.fields import JSON, Codec, check_key
from bzz.resources import Embedded, Field, Reference, Resource, Values
from bzz.scalars import STRING


@dataclass(frozen=True)
class Schema:
    """A document class, embedded or not, with how the values of each of its fields travel."""

    model: Any
    resource: Resource
    codecs: Mapping[str, Codec]

    def values(self, document: Any) -> Values:
        """Return a document's values, typed; reads what is loaded and never queries."""
        data = document._data
        return {name: None if data.get(name) is None else codec.load(data[name]) for name, codec in self.codecs.items()}

    def build(self, values: Mapping[str, Any]) -> Any:
        """Return a new document with ``values``; what is not there, or None, gets its default."""
        return self.model(**{n: self.codecs[n].store(value) for n, value in values.items() if value is not None})

    def assign(self, document: Any, old: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
        """Set on ``document`` what has ``changed`` since its values were ``old``, inside embedded documents too."""
        for name, value in changed.items():
            part = document._data.get(name)
            if (
                isinstance(part, me.EmbeddedDocument)
                and isinstance(self.resource.fields[name].type, Embedded)
                and value
            ):
                inner = schema(type(part))
                inner.assign(part, old[name], inner.resource.changed(old[name], value))
            else:
                setattr(document, name, None if value is None else self.codecs[name].store(value))

    def represent(self, resource: Resource, document: Any) -> Any:
        """Return a document as JSON has it: its own ``to_dict()``, else what ``resource`` lets be read."""
        if hasattr(document, "to_dict"):
            return JSON.dump(document.to_dict())
        data, body = document._data, {}
        for key, known in resource.readable:
            value = data.get(known.name)
            body[key] = None if value is None else known.type.dump(self.codecs[known.name].load(value))
        return body


def schema(model: Any) -> Schema:
    """Return the schema of a document class, made once.

    Raises:
        TypeError: it declares a field ``id`` that is not its primary key.
    """
    return _schema(model)


@cache
def _schema(model: Any) -> Schema:
    codecs = {
        name: codec(known)
        for name, known in ((name, model._fields[name]) for name in model._fields_ordered)
        if not name.startswith("_") and not isinstance(known, me.FileField)
    }
    pk = model._meta.get("id_field") if issubclass(model, me.Document) else None
    if pk not in (None, "id") and "id" in codecs:
        raise TypeError(f"{model.__name__}: a field id that is not the primary key has no name left in replies")
    described = {name: _describe(model._fields[name], known, pk) for name, known in codecs.items()}
    return Schema(model, Resource(model, described, pk, _id_field(model, pk), _ordering(model)), codecs)


def _describe(known: BaseField, codec: Codec, pk: str | None) -> Field:
    if known.name != pk:
        return Field(known.name, codec.type, insertable=not codec.generated, updatable=not codec.generated)
    given = known.required and known.default is None and not codec.generated
    return Field(known.name, codec.type, insertable=given, updatable=False)


def _id_field(model: Any, pk: str | None) -> str | None:
    found = model.get_id_field_name() if hasattr(model, "get_id_field_name") else pk
    name = getattr(found, "name", found)
    if name is not None and name not in model._fields:
        raise TypeError(f"{model.__name__}.get_id_field_name() names no field: {name!r}")
    return str(name) if name else None


def _ordering(model: Any) -> tuple[tuple[str, bool], ...]:
    return tuple((key.lstrip("+-"), key.startswith("-")) for key in model._meta.get("ordering") or ())


def primary_key(value: Any) -> Any:
    """Return the primary key of what stands for a document: itself, a reference of any kind, or the key."""
    if isinstance(value, (me.Document, LazyReference)):
        return value.pk
    return value.id if isinstance(value, DBRef) else value


def key_type(model: Any) -> DataType:
    """Return the type of a document class's primary key."""
    return codec(model._fields[model._meta["id_field"]]).type


@dataclass(frozen=True)
class DocumentReference(Reference):
    """A reference by primary key that also takes a document, as receivers may give one."""

    def parse(self, raw: Any) -> Any:
        """Return the primary key of what ``raw`` is or names."""
        return super().parse(primary_key(raw))


def _reference_codec(reference: Any) -> Codec:
    def store(key: Any) -> Any:
        model = reference.document_type
        if isinstance(reference, me.CachedReferenceField):
            return model.objects(pk=key).first()
        if isinstance(reference, me.LazyReferenceField):
            return LazyReference(model, key)
        return DBRef(model._get_collection_name(), key)

    datatype = DocumentReference(lambda: reference.document_type, lambda: key_type(reference.document_type))
    return Codec(datatype, primary_key, store)


@dataclass(frozen=True)
class Tagged(DataType):
    """A value of one of several document classes: ``{"type": "Class name", key: value}``.

    Args:
        choices: the class names allowed; empty where the field declares none, and then no request may set it.
        key: ``id`` for a reference, ``value`` for an embedded document.
        inner: returns the type of ``key``'s value for a class.
    """

    choices: tuple[str, ...]
    key: str
    inner: Callable[[Any], DataType]
    name: str = "object"

    def parse(self, raw: Any) -> Values:
        """Return the typed pair; raise ValueError if ``raw`` names no class that may be there."""
        if not isinstance(raw, Mapping) or set(raw) != {"type", self.key}:
            raise ValueError(f"expected an object with type and {self.key}")
        try:
            name = STRING.parse(JSON.parse(raw["type"]))
            if self.choices and name not in self.choices:
                raise ValueError(f"expected as type one of {', '.join(self.choices)}")
            model = get_document(name)
        except (ValueError, NotRegistered) as error:
            raise Invalid({"type": [str(error)]}) from None
        try:
            return {"type": name, self.key: self.inner(model).parse(raw[self.key])}
        except ValueError as error:
            errors: dict[str, list[str]] = {}
            add_error(errors, self.key, error)
            raise Invalid(errors) from None

    def dump(self, value: Any) -> Any:
        """Return the pair as JSON has it."""
        return {"type": value["type"], self.key: self.inner(get_document(value["type"])).dump(value[self.key])}

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the reference itself, or those of the embedded document."""
        model = get_document(value["type"])
        if self.key == "id":
            return iter([("id", model, value["id"])])
        return references([("value", self.inner(model), value["value"])])


def _generic_reference_codec(reference: Any) -> Codec:
    def load(value: Any) -> Values:
        if isinstance(value, me.Document):
            return {"type": value._class_name, "id": value.pk}
        if isinstance(value, LazyReference):
            return {"type": value.document_type._class_name, "id": value.pk}
        return {"type": value["_cls"], "id": value["_ref"].id}

    def store(value: Values) -> Any:
        collection = get_document(value["type"])._get_collection_name()
        return SON([("_cls", value["type"]), ("_ref", DBRef(collection, value["id"]))])

    choices = tuple(reference.choices or ())
    return Codec(Tagged(choices, "id", key_type), load, store, generated=not choices)


def _generic_embedded_codec(embedded: Any) -> Codec:
    def load(value: Any) -> Values:
        return {"type": value._class_name, "value": schema(type(value)).values(value)}

    def store(value: Values) -> Any:
        return schema(get_document(value["type"])).build(value["value"])

    choices = tuple(choice._class_name for choice in embedded.choices or ())
    inner = Tagged(choices, "value", lambda model: Embedded(lambda: schema(model).resource))
    return Codec(inner, load, store, generated=not choices)


def _embedded_codec(embedded: Any) -> Codec:
    def load(document: Any) -> Values:
        return schema(embedded.document_type).values(document)

    def store(values: Values) -> Any:
        return schema(embedded.document_type).build(values)

    return Codec(Embedded(lambda: schema(embedded.document_type).resource), load, store)


def _list_codec(listed: Any) -> Codec:
    item = codec(listed.field) if listed.field else Codec(JSON)

    def load(values: Any) -> list[Any]:
        loaded = [None if value is None else item.load(value) for value in values]
        if isinstance(listed, me.SortedListField):  # sorted as it is saved, and not before
            key: Callable[[Any], Any] = itemgetter(listed._ordering) if listed._ordering else identity
            loaded.sort(key=key, reverse=listed._order_reverse)
        return loaded

    return Codec(
        List(item.type),
        load,
        lambda values: [item.store(v) for v in values],
        generated=item.generated,
    )


def _dict_codec(mapped: Any) -> Codec:
    item = codec(mapped.field) if mapped.field else Codec(JSON)
    return Codec(
        Map(item.type, check_key),
        lambda values: {key: None if v is None else item.load(v) for key, v in values.items()},
        lambda values: {key: None if v is None else item.store(v) for key, v in values.items()},
        generated=item.generated,
    )


CODECS: tuple[tuple[type[BaseField], Callable[[Any], Codec]], ...] = (
    *fields.CODECS,
    (me.EmbeddedDocumentField, _embedded_codec),
    (me.GenericEmbeddedDocumentField, _generic_embedded_codec),
    (me.ReferenceField, _reference_codec),
    (me.CachedReferenceField, _reference_codec),
    (me.LazyReferenceField, _reference_codec),
    (me.GenericReferenceField, _generic_reference_codec),
    (me.ListField, _list_codec),
    (me.DictField, _dict_codec),
)


def codec(known: BaseField) -> Codec:
    """Return how the values of a MongoEngine field travel; a field of a class of its own holds any JSON."""
    for kind, make in CODECS:
        if isinstance(known, kind):
            return make(known)
    return Codec(JSON)
