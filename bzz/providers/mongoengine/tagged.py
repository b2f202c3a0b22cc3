"""The type of MongoEngine's generic fields, whose values name their document class."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mongoengine.base import get_document

from bzz.exceptions import Invalid
from bzz.providers.mongoengine.scalar_codecs import JSON
from bzz.schema.errors import add_error
from bzz.schema.fields import Values
from bzz.schema.keeping import Show, keep_keys
from bzz.schema.types import DataType, missing_in, parse_value, references_in


@dataclass(frozen=True)
class Tagged(DataType):
    """A value that belongs to one of several document classes.

    It has the form ``{"type": "Class name", key: value}``.

    Args:
        choices: the class names that ``type`` may be.
        key: ``id`` for a reference, ``value`` for an embedded document.
        inner: a function from a document class to the type of the value.
    """

    choices: tuple[str, ...]
    key: str
    inner: Callable[[Any], DataType]
    name: str = "object"

    def parse(self, raw: Any) -> Values:
        """Return the object with a typed value.

        Raises:
            ValueError: ``raw`` is no object with ``type`` and ``key``.
            Invalid: ``type`` is not in ``choices``, or the class does not take such a value.
        """
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
        """Return the object with a value for JSON."""
        return {"type": value["type"], self.key: self.inner(get_document(value["type"])).dump(value[self.key])}

    def keep_parts(self, raw: Any, stored: Any, show: Show) -> Any:
        """Compare the values if their types are equal."""
        if not (isinstance(raw, Mapping) and isinstance(stored, Mapping) and raw.get("type") == stored.get("type")):
            return raw
        return keep_keys(self.inner(get_document(stored["type"])), raw, stored, show)

    def read_only_values(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:
        """Yield the read-only values inside the embedded document.

        Each value is yielded with its dotted name.
        """
        before = stored[self.key] if stored and stored["type"] == value["type"] else None
        inner = self.inner(get_document(value["type"])).read_only_values(value[self.key], before)
        return ((f"{self.key}.{name}", part) for name, part in inner)

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the reference itself, or the references of the embedded document."""
        model = get_document(value["type"])
        if self.key == "id":
            return iter([("id", model, value["id"])])
        return references_in([("value", self.inner(model), value["value"])])

    def missing(self, value: Any) -> Iterator[str]:
        """Yield the dotted names of the required fields of the embedded document that have no value."""
        return missing_in([(self.key, self.inner(get_document(value["type"])), value[self.key])])
