"""MongoEngine's document classes as resources, and documents as plain values and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import mongoengine as me
from mongoengine.base import BaseField

from bzz.providers.mongoengine.fields import JSON, Codec
from bzz.providers.mongoengine.relations import codec
from bzz.resources import Field, Resource, Values, describe


@dataclass(frozen=True)
class Schema:
    """A document class, embedded or not, with how the values of each of its fields travel.

    Args:
        model: the class.
        resource: what it looks like, without the restrictions of any hive.
        codecs: by the names of its fields.
        own: whether it has a ``to_dict()``, and so represents itself.
    """

    model: Any
    resource: Resource
    codecs: Mapping[str, Codec]
    own: bool

    def values(self, document: Any) -> Values:
        """Return a document's values, typed; reads what is loaded and never queries."""
        data = document._data
        return {name: codec.read(data.get(name)) for name, codec in self.codecs.items()}

    def build(self, values: Mapping[str, Any]) -> Any:
        """Return a new document with ``values``; what is not there, or None, gets its default."""
        return self.model(**{n: self.codecs[n].store(value) for n, value in values.items() if value is not None})

    def assign(self, document: Any, old: Mapping[str, Any], changed: Mapping[str, Any]) -> list[str]:
        """Set on ``document`` what has ``changed`` since its values were ``old``, and nothing besides.

        Returns:
            The names, as the store has them, of the fields into which something was merged: they come out right only
            if the store still has in them what was loaded.
        """
        merged = []
        for name, value in changed.items():
            codec, part, before = self.codecs[name], document._data.get(name), old.get(name)
            new = None if value is None else codec.change(part, before, value)
            setattr(document, name, new)
            if new is None or new is not part:
                document._mark_as_changed(name)  # which setting does not, where Python finds 1 and True the same
            if isinstance(value, dict):
                merged.append(self.model._fields[name].db_field)
        return merged

    def represent(self, resource: Resource, document: Any) -> Any:
        """Return a document as JSON has it: its own ``to_dict()``, else what ``resource`` lets be read."""
        if self.own:
            return JSON.dump(document.to_dict())
        data, codecs = document._data, self.codecs
        return {key: codecs[f.name].show(f.type, data.get(f.name)) for key, f in resource.readable}


def _schema(model: Any) -> Schema:
    """Return the schema of a document class; raise TypeError if it cannot be served: see ``bzz.resources.describe``."""
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


schema: Callable[[Any], Schema] = cache(_schema)


def _describe(known: BaseField, codec: Codec, pk: str | None) -> Field:
    if known.name != pk:
        return Field(known.name, codec.type, insertable=not codec.generated, updatable=not codec.generated)
    given = known.required and known.default is None and not codec.generated
    return Field(known.name, codec.type, insertable=given, updatable=False)


def _sort_name(key: str, pk: str) -> str:
    name = key.lstrip("+-").replace("__", ".")
    return pk if name in ("pk", "_id", "id") else name
