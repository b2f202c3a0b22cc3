"""Codecs of MongoEngine's references, embedded documents, lists and dicts.

``codec_of`` returns the codec of any field.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import mongoengine as me
from bson import SON, DBRef
from mongoengine.base import BaseField, LazyReference, get_document

from bzz.exceptions import Invalid
from bzz.providers.mongoengine.codec import Codec
from bzz.providers.mongoengine.reading import Reader, overrides, read_list, read_map
from bzz.providers.mongoengine.scalar_codecs import JSON, SCALARS, SHOWN, check_key
from bzz.providers.mongoengine.tagged import Tagged
from bzz.schema.containers import List, Map
from bzz.schema.custom_types import Types, type_for
from bzz.schema.fields import Values
from bzz.schema.relations import Embedded, Reference
from bzz.schema.schema import Schema
from bzz.schema.types import DataType


class DocumentClassLike(Protocol):
    """The part of ``DocumentClass`` that the codecs of embedded documents use."""

    @property
    def schema(self) -> Schema:
        """The schema of the class."""

    def values(self, document: Any) -> Values:
        """Return the typed values of a document."""

    def build(self, values: Mapping[str, Any]) -> Any:
        """Return a new document with the values ``values``."""

    def assign(self, document: Any, old: Mapping[str, Any], changed: Mapping[str, Any]) -> None:
        """Set the ``changed`` values on ``document``."""

    @property
    def reader(self) -> Reader:
        """The reader of the class."""


class DocumentClassOf(Protocol):
    """The part of ``DocumentClasses`` that the codecs use."""

    @property
    def types(self) -> Types:
        """The types that hives give to classes of fields."""

    def __call__(self, model: Any) -> DocumentClassLike:
        """Return the ``DocumentClass`` of a model. It is called at first use, as a class may embed itself."""


def primary_key(value: Any) -> Any:
    """Return the primary key of a document or of a reference.

    A key is returned unchanged.
    """
    if isinstance(value, (me.Document, LazyReference)):
        return value.pk
    return value.id if isinstance(value, DBRef) else value


def key_type(model: Any, document_class_of: DocumentClassOf) -> DataType:
    """Return the type of a document class's primary key."""
    return codec_of(model._fields[model._meta["id_field"]], document_class_of).type


@dataclass(frozen=True)
class DocumentReference(Reference):
    """A reference that contains a primary key.

    It can also parse a document, which a receiver may have set.
    """

    def parse(self, raw: Any) -> Any:
        """Return the typed primary key for ``raw``.

        ``raw`` may be a document, a reference or a key.
        """
        return super().parse(primary_key(raw))


def _reference_codec(reference: Any, document_class_of: DocumentClassOf) -> Codec:
    def encode(key: Any) -> Any:
        model = reference.document_type
        if isinstance(reference, me.CachedReferenceField):
            return model.objects(pk=key).first()
        if isinstance(reference, me.LazyReferenceField):
            return LazyReference(model, key)
        return DBRef(model._get_collection_name(), key)

    datatype = DocumentReference(
        lambda: reference.document_type, lambda: key_type(reference.document_type, document_class_of)
    )
    return Codec(datatype, primary_key, encode)


def _generic_reference_codec(reference: Any, document_class_of: DocumentClassOf) -> Codec:
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
    if not choices:  # a request must not be able to try class names
        return Codec(SHOWN, lambda value: SHOWN.dump(decode(value)), generated=True)
    return Codec(Tagged(choices, "id", lambda model: key_type(model, document_class_of)), decode, encode)


def _generic_embedded_codec(embedded: Any, document_class_of: DocumentClassOf) -> Codec:
    def decode(value: Any) -> Values:
        return {"type": value._class_name, "value": document_class_of(type(value)).values(value)}

    def encode(value: Values) -> Any:
        return document_class_of(get_document(value["type"])).build(value["value"])

    def read(stored: Any) -> Values:
        model, values = document_class_of(get_document(stored["_cls"])).reader.read(stored)
        return {"type": model._class_name, "value": values}

    choices = tuple(choice._class_name for choice in embedded.choices or ())
    if not choices:
        return Codec(
            SHOWN, lambda value: SHOWN.dump(decode(value)), generated=True, read=lambda stored: SHOWN.dump(read(stored))
        )
    datatype = Tagged(choices, "value", lambda model: Embedded(lambda: document_class_of(model).schema))
    return Codec(datatype, decode, encode, read=read)


def _embedded_codec(embedded: Any, document_class_of: DocumentClassOf) -> Codec:
    def decode(document: Any) -> Values:
        return document_class_of(embedded.document_type).values(document)

    def encode(values: Values) -> Any:
        return document_class_of(embedded.document_type).build(values)

    def reuse(document: Any, before: Values, values: Values) -> Any:
        document_class = document_class_of(type(document))
        document_class.assign(document, before, document_class.schema.changed(before, values))
        return document

    def read(stored: Any) -> Values:
        return document_class_of(embedded.document_type).reader.read(stored)[1]

    datatype = Embedded(lambda: document_class_of(embedded.document_type).schema)
    return Codec(datatype, decode, encode, reuse=reuse, read=read)


def _list_codec(field: Any, document_class_of: DocumentClassOf) -> Codec:
    item = codec_of(field.field, document_class_of) if field.field else Codec(JSON)

    def decode(values: Any) -> list[Any]:
        return [None if value is None else item.decode(value) for value in values]

    def encode(values: Any) -> list[Any]:
        return _sorted(field, [None if value is None else item.encode(value) for value in values])

    def reuse(parts: Any, before: Any, values: Any) -> list[Any]:
        return _sorted(field, _reuse_items(item, parts, before, values))

    reuse_items = reuse if item.reuse else None
    return Codec(List(item.type), decode, encode, item.generated, reuse_items, read=read_list(field, item))


def _reuse_items(item: Codec, parts: Any, before: Any, values: Any) -> list[Any]:
    """Return the parts for the items of a list.

    For each value, reuse the old part that has the same value. If there is none, reuse the old part that has the same
    id. If there is none either, make a new part.
    """
    unused: defaultdict[str, list[Any]] = defaultdict(list)
    for part, value in zip(reversed(parts), reversed(before), strict=True):
        unused[_canonical(value)].append(part)
    same = [found.pop() if (found := unused[_canonical(value)]) else None for value in values]
    by_id = _by_id(item, parts, before) if None in same else {}

    def encode(value: Any) -> Any:
        part, earlier = by_id.get(item.type.id_of(value), (None, None))
        return item.encode(value) if part is None else item.encode_over(part, earlier, value)

    return [encode(value) if part is None else part for part, value in zip(same, values, strict=True)]


def _by_id(item: Codec, parts: Any, values: Any) -> dict[str | None, tuple[Any, Any]]:
    """Return a dict from id to a pair of document and values.

    It contains the documents of the list that have an id.
    """
    found = {item.type.id_of(value): (part, value) for part, value in zip(parts, values, strict=True)}
    found.pop(None, None)
    return found


def _sorted(listed: Any, items: list[Any]) -> list[Any]:
    """Return items in the order that a SortedListField gives them.

    The field sorts its items when it is saved.

    Raises:
        Invalid: an item has no value to sort by, or the values cannot be sorted.
    """
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
    """Return a text that is the same for equal values.

    Nulls and empty lists inside an object are ignored.
    """
    if isinstance(value, Mapping):
        inner = sorted((str(key), _canonical(item)) for key, item in value.items() if item not in (None, []))
        return repr(inner)
    return repr([_canonical(item) for item in value]) if isinstance(value, list) else repr(value)


def _dict_codec(field: Any, document_class_of: DocumentClassOf) -> Codec:
    item = codec_of(field.field, document_class_of) if field.field else Codec(JSON)

    def decode(values: Any) -> Values:
        return {key: None if value is None else item.decode(value) for key, value in values.items()}

    def encode(values: Values) -> Any:
        return {key: None if value is None else item.encode(value) for key, value in values.items()}

    def reuse(parts: Any, before: Values, values: Values) -> Any:
        return {key: item.encode_over(parts.get(key), before.get(key), value) for key, value in values.items()}

    reuse_items = reuse if item.reuse else None
    return Codec(Map(item.type, check_key), decode, encode, item.generated, reuse_items, read=read_map(field, item))


COMPOSITES: tuple[tuple[type[BaseField], Callable[[Any, DocumentClassOf], Codec]], ...] = (
    (me.EmbeddedDocumentField, _embedded_codec),
    (me.GenericEmbeddedDocumentField, _generic_embedded_codec),
    (me.ReferenceField, _reference_codec),
    (me.CachedReferenceField, _reference_codec),
    (me.LazyReferenceField, _reference_codec),
    (me.GenericReferenceField, _generic_reference_codec),
    (me.ListField, _list_codec),
    (me.DictField, _dict_codec),
)
CONVERSIONS = ("to_python", "to_mongo", "__get__")  # the methods that decide which Python value a field has


def codec_of(field: BaseField, document_class_of: DocumentClassOf) -> Codec:
    """Return the codec of a MongoEngine field.

    A field without a conversion may contain any JSON. Requests only see the values of a class that has a conversion of
    its own, unless the option ``types`` of a hive tells their type.

    Args:
        field: a field of a document class.
        document_class_of: returns the ``DocumentClass`` of a model.
    """
    given = type_for(document_class_of.types, type(field))
    if given is not None:
        return Codec(given)
    for kind, make in SCALARS:
        if isinstance(field, kind):
            return UNKNOWN if overrides(type(field), kind, CONVERSIONS) else make(field)
    for kind, make_composite in COMPOSITES:
        if isinstance(field, kind):
            return UNKNOWN if overrides(type(field), kind, CONVERSIONS) else make_composite(field, document_class_of)
    return UNKNOWN if overrides(type(field), BaseField, CONVERSIONS) else Codec(JSON)


UNKNOWN = Codec(SHOWN, generated=True)
