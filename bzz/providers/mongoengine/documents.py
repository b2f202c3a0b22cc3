"""MongoEngine's document classes as resources, and documents as plain values and back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import mongoengine as me
from mongoengine.base import BaseField

from bzz.datatypes import Map
from bzz.providers.mongoengine.fields import JSON, Codec
from bzz.providers.mongoengine.relations import codec
from bzz.relations import Embedded
from bzz.resources import Field, Resource, Values, describe


@dataclass(frozen=True)
class Schema:
    """A document class, embedded or not, with how the values of each of its fields travel."""

    model: Any
    resource: Resource
    codecs: Mapping[str, Codec]

    own: bool  # whether it represents itself

    def values(self, document: Any) -> Values:
        """Return a document's values, typed; reads what is loaded and never queries."""
        data = document._data
        return {name: codec.read(data.get(name)) for name, codec in self.codecs.items()}

    def build(self, values: Mapping[str, Any]) -> Any:
        """Return a new document with ``values``; what is not there, or None, gets its default."""
        return self.model(**{n: self.codecs[n].store(value) for n, value in values.items() if value is not None})

    def assign(self, document: Any, old: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
        """Set on ``document`` what has ``changed`` since its values were ``old``, and nothing besides.

        Returns:
            What has to hold in the store for that to come out whole, as MongoDB has it: an embedded document that is
            changed inside is still there, and a dict that was empty still is.
        """
        condition: dict[str, Any] = {}
        for name, value in changed.items():
            part, codec, before = document._data.get(name), self.codecs[name], old.get(name)
            stored = self.model._fields[name].db_field
            if value is None:
                setattr(document, name, None)
            elif isinstance(codec.type, Embedded) and isinstance(part, me.EmbeddedDocument):
                inner = schema(type(part))
                deeper = inner.assign(part, before or {}, inner.resource.changed(before or {}, value))
                condition[stored] = {"$ne": None}
                condition |= {f"{stored}.{path}": holds for path, holds in deeper.items()}
            elif isinstance(codec.type, Map) and before and codec.item:
                _assign_keys(getattr(document, name), before, value, codec.item)
            elif codec.item and isinstance(codec.item.type, Embedded) and isinstance(before, list):
                setattr(document, name, _reuse(part or [], before, value, codec.item))
            else:
                setattr(document, name, codec.store(value))
                if isinstance(codec.type, Map):
                    condition[stored] = {"$in": [None, {}]}
        return condition

    def represent(self, resource: Resource, document: Any) -> Any:
        """Return a document as JSON has it: its own ``to_dict()``, else what ``resource`` lets be read."""
        if self.own:
            return JSON.dump(document.to_dict())
        data, codecs = document._data, self.codecs
        return {key: codecs[f.name].show(f.type, data.get(f.name)) for key, f in resource.readable}


def _assign_keys(target: Any, old: Mapping[str, Any], new: Mapping[str, Any], item: Codec) -> None:
    """Set in a document's dict the keys that differ, so that writers of different keys do not undo each other."""
    for key in old.keys() - new.keys():
        del target[key]
    for key, value in new.items():
        if key not in old or not item.type.same(old[key], value):
            if item.type is JSON and isinstance(value, dict) and isinstance(old.get(key), dict):
                _assign_keys(target[key], old[key], value, item)
            else:
                target[key] = None if value is None else item.store(value)


def _reuse(parts: list[Any], old: list[Any], new: list[Any], item: Codec) -> list[Any]:
    """Return the documents of a list, those that did not change as they are: they may be of subclasses."""
    left: defaultdict[str, list[Any]] = defaultdict(list)
    for part, value in zip(reversed(parts), reversed(old), strict=True):
        left[_key(item, value)].append(part)
    return [same.pop() if (same := left[_key(item, value)]) else item.store(value) for value in new]


def _key(item: Codec, value: Mapping[str, Any]) -> str:
    """Return what is the same for equal values of an embedded document, however they were given."""
    return repr([value.get(name) for name in item.type.resource.fields])  # type: ignore[attr-defined]


def schema(model: Any) -> Schema:
    """Return the schema of a document class, made once.

    Raises:
        TypeError: it cannot be served, and why: see ``bzz.resources.describe``.
    """
    return _schema(model)


@cache
def _schema(model: Any) -> Schema:
    codecs = {
        name: codec(known, schema)
        for name, known in ((name, model._fields[name]) for name in model._fields_ordered)
        if not name.startswith("_") and not isinstance(known, me.FileField)
    }
    pk = model._meta.get("id_field") if issubclass(model, me.Document) else None
    fields = {name: _describe(model._fields[name], known, pk) for name, known in codecs.items()}
    resource = Resource(model, fields)
    if pk:
        found = model.get_id_field_name() if hasattr(model, "get_id_field_name") else pk
        order = [(_sort_name(key, pk), key.startswith("-")) for key in model._meta.get("ordering") or ()]
        resource = describe(model, fields, pk=pk, id_field=getattr(found, "name", found), sort=order)
    return Schema(model, resource, codecs, hasattr(model, "to_dict"))


def _describe(known: BaseField, codec: Codec, pk: str | None) -> Field:
    if known.name != pk:
        return Field(known.name, codec.type, insertable=not codec.generated, updatable=not codec.generated)
    given = known.required and known.default is None and not codec.generated
    return Field(known.name, codec.type, insertable=given, updatable=False)


def _sort_name(key: str, pk: str) -> str:
    name = key.lstrip("+-").replace("__", ".")
    return pk if name in ("pk", ".id", "_id", "id") else name
