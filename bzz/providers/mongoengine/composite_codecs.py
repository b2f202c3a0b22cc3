"""MongoEngine's fields with parts, and its references: what each can hold, and how their values travel."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import mongoengine as me
from bson import SON, DBRef
from mongoengine.base import BaseField, LazyReference, get_document

from bzz.exceptions import Invalid
from bzz.providers.mongoengine.scalar_codecs import JSON, SCALARS, Codec, check_key
from bzz.schema.containers import List, Map
from bzz.schema.errors import add_error
from bzz.schema.fields import Values
from bzz.schema.relations import Embedded, Reference
from bzz.schema.schema import Schema
from bzz.schema.types import DataType, parse_value, references_in


class DocumentClassLike(Protocol):
    """What this module asks of the schema of a document class."""

    @property
    def schema(self) -> Schema:
        """What the class looks like."""

    def values(self, document: Any) -> Values:
        """Return a document's values."""

    def build(self, values: Mapping[str, Any]) -> Any:
        """Return a new document with ``values``."""

    def assign(self, document: Any, old: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
        """Set on ``document`` what has ``changed``."""


DocumentClasses = Callable[[Any], DocumentClassLike]


def primary_key(value: Any) -> Any:
    """Return the primary key of what stands for a document: itself, a reference of any kind, or the key."""
    if isinstance(value, (me.Document, LazyReference)):
        return value.pk
    return value.id if isinstance(value, DBRef) else value


def key_type(model: Any, document_class: DocumentClasses) -> DataType:
    """Return the type of a document class's primary key."""
    return codec(model._fields[model._meta["id_field"]], document_class).type


@dataclass(frozen=True)
class DocumentReference(Reference):
    """A reference by primary key that also takes a document, as receivers may give one."""

    def parse(self, raw: Any) -> Any:
        """Return the primary key of what ``raw`` is or names."""
        return super().parse(primary_key(raw))


def _reference_codec(reference: Any, document_class: DocumentClasses) -> Codec:
    def encode(key: Any) -> Any:
        model = reference.document_type
        if isinstance(reference, me.CachedReferenceField):
            return model.objects(pk=key).first()
        if isinstance(reference, me.LazyReferenceField):
            return LazyReference(model, key)
        return DBRef(model._get_collection_name(), key)

    datatype = DocumentReference(
        lambda: reference.document_type, lambda: key_type(reference.document_type, document_class)
    )
    return Codec(datatype, primary_key, encode)


@dataclass(frozen=True)
class Tagged(DataType):
    """A value of one of several document classes: ``{"type": "Class name", key: value}``.

    Args:
        choices: the names of the classes that may be there.
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
        errors: dict[str, list[str]] = {}
        name = JSON.parse(raw["type"])
        if name not in self.choices:
            errors["type"] = [f"expected one of {', '.join(self.choices)}"]
            raise Invalid(errors=errors)
        try:
            value = parse_value(self.inner(get_document(name)), raw[self.key])
            if value is None:
                raise ValueError("null is not a value here")
        except ValueError as error:
            add_error(errors, self.key, error)
            raise Invalid(errors=errors) from None
        return {"type": name, self.key: value}

    def dump(self, value: Any) -> Any:
        """Return the pair as JSON has it."""
        return {"type": value["type"], self.key: self.inner(get_document(value["type"])).dump(value[self.key])}

    def read_only_values(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:
        """Yield what a request may not give of an embedded document."""
        before = stored[self.key] if stored and stored["type"] == value["type"] else None
        inner = self.inner(get_document(value["type"])).read_only_values(value[self.key], before)
        return ((f"{self.key}.{name}", part) for name, part in inner)

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the reference itself, or those of the embedded document."""
        model = get_document(value["type"])
        if self.key == "id":
            return iter([("id", model, value["id"])])
        return references_in([("value", self.inner(model), value["value"])])


def _generic_reference_codec(reference: Any, document_class: DocumentClasses) -> Codec:
    def decode(value: Any) -> Values:
        if isinstance(value, me.Document):
            return {"type": value._class_name, "id": value.pk}
        if isinstance(value, LazyReference):
            return {"type": value.document_type._class_name, "id": value.pk}
        return {"type": value["_cls"], "id": value["_ref"].id}

    def encode(value: Values) -> Any:
        collection = get_document(value["type"])._get_collection_name()
        return SON([("_cls", value["type"]), ("_ref", DBRef(collection, value["id"]))])

    choices = tuple(reference.choices or ())
    if not choices:  # no class may be named, not even to see whether there is one
        return Codec(JSON, lambda value: JSON.dump(decode(value)), generated=True)
    return Codec(Tagged(choices, "id", lambda model: key_type(model, document_class)), decode, encode)


def _generic_embedded_codec(embedded: Any, document_class: DocumentClasses) -> Codec:
    def decode(value: Any) -> Values:
        return {"type": value._class_name, "value": document_class(type(value)).values(value)}

    def encode(value: Values) -> Any:
        return document_class(get_document(value["type"])).build(value["value"])

    choices = tuple(choice._class_name for choice in embedded.choices or ())
    if not choices:
        return Codec(JSON, lambda value: JSON.dump(decode(value)), generated=True)
    return Codec(Tagged(choices, "value", lambda model: Embedded(lambda: document_class(model).schema)), decode, encode)


def _embedded_codec(embedded: Any, document_class: DocumentClasses) -> Codec:
    def decode(document: Any) -> Values:
        return document_class(embedded.document_type).values(document)

    def encode(values: Values) -> Any:
        return document_class(embedded.document_type).build(values)

    def keep(document: Any, before: Values, values: Values) -> Any:
        known = document_class(type(document))
        known.assign(document, before, known.schema.changed(before, values))
        return document

    return Codec(Embedded(lambda: document_class(embedded.document_type).schema), decode, encode, keep=keep)


def _list_codec(listed: Any, document_class: DocumentClasses) -> Codec:
    item = codec(listed.field, document_class) if listed.field else Codec(JSON)

    def decode(values: Any) -> list[Any]:
        return [None if value is None else item.decode(value) for value in values]

    def encode(values: Any) -> list[Any]:
        return _sorted(listed, [None if value is None else item.encode(value) for value in values])

    def keep(parts: Any, before: Any, values: Any) -> list[Any]:
        left: defaultdict[str, list[Any]] = defaultdict(list)
        for part, value in zip(reversed(parts), reversed(before), strict=True):
            left[_canonical(value)].append(part)
        same = [found.pop() if (found := left[_canonical(value)]) else None for value in values]
        known = _by_id(item, parts, before) if None in same else {}

        def changed(value: Any) -> Any:
            part, earlier = known.get(item.type.id_of(value), (None, None))
            return item.encode(value) if part is None else item.change(part, earlier, value)

        return _sorted(
            listed, [changed(value) if part is None else part for part, value in zip(same, values, strict=True)]
        )

    return Codec(List(item.type), decode, encode, item.generated, keep if item.keep else None)


def _by_id(item: Codec, parts: Any, values: Any) -> dict[str | None, tuple[Any, Any]]:
    """Return a list's documents, each with its values, by what tells them apart."""
    found = {item.type.id_of(value): (part, value) for part, value in zip(parts, values, strict=True)}
    found.pop(None, None)
    return found


def _sorted(listed: Any, items: list[Any]) -> list[Any]:
    """Return items in the order that a SortedListField gives them when it is saved, so that they have it before."""
    if not isinstance(listed, me.SortedListField):
        return items
    stored, name = me.ListField.to_mongo(listed, items), listed._ordering
    try:
        order = sorted(
            range(len(items)), key=lambda i: stored[i][name] if name else stored[i], reverse=listed._order_reverse
        )
    except (KeyError, TypeError):
        raise Invalid(errors={listed.name: ["cannot be sorted"]}) from None
    return [items[index] for index in order]


def _canonical(value: Any) -> str:
    """Return a text that is the same for values that are the same, however they were given."""
    if isinstance(value, Mapping):
        inner = sorted((str(key), _canonical(item)) for key, item in value.items() if item not in (None, []))
        return repr(inner)
    return repr([_canonical(item) for item in value]) if isinstance(value, list) else repr(value)


def _dict_codec(mapped: Any, document_class: DocumentClasses) -> Codec:
    item = codec(mapped.field, document_class) if mapped.field else Codec(JSON)

    def decode(values: Any) -> Values:
        return {key: None if value is None else item.decode(value) for key, value in values.items()}

    def encode(values: Values) -> Any:
        return {key: None if value is None else item.encode(value) for key, value in values.items()}

    def keep(parts: Any, before: Values, values: Values) -> Any:
        return {key: item.change(parts.get(key), before.get(key), value) for key, value in values.items()}

    return Codec(Map(item.type, check_key), decode, encode, item.generated, keep if item.keep else None)


COMPOSITES: tuple[tuple[type[BaseField], Callable[[Any, DocumentClasses], Codec]], ...] = (
    (me.EmbeddedDocumentField, _embedded_codec),
    (me.GenericEmbeddedDocumentField, _generic_embedded_codec),
    (me.ReferenceField, _reference_codec),
    (me.CachedReferenceField, _reference_codec),
    (me.LazyReferenceField, _reference_codec),
    (me.GenericReferenceField, _generic_reference_codec),
    (me.ListField, _list_codec),
    (me.DictField, _dict_codec),
)


def codec(known: BaseField, document_class: DocumentClasses) -> Codec:
    """Return how the values of a MongoEngine field travel; a field of a class of its own holds any JSON.

    Args:
        known: the field.
        document_class: returns the schema of a document class; called at first use, so that classes may name each other.
    """
    for kind, make in SCALARS:
        if isinstance(known, kind):
            return make(known)
    for kind, make_with_parts in COMPOSITES:
        if isinstance(known, kind):
            return make_with_parts(known, document_class)
    return Codec(JSON)
