"""The types of embedded documents and references, and the relations made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bzz.schema.containers import List
from bzz.schema.fields import Field, Values
from bzz.schema.keeping import Show
from bzz.schema.requirements import missing
from bzz.schema.schema import Schema
from bzz.schema.types import EQUALITY, DataType, Diff


@dataclass(frozen=True)
class Embedded(DataType):
    """The type of embedded documents of one schema.

    Args:
        find_schema: a function that returns the document's schema. bzz calls this function once, at first use. So a
            document may embed itself.
    """

    find_schema: Callable[[], Schema]
    name: str = "object"

    @cached_property
    def schema(self) -> Schema:
        """The schema of the embedded document."""
        return self.find_schema()

    def parse(self, raw: Any) -> Values:
        """Parse the fields of the document and return their values.

        Raises:
            ValueError: ``raw`` is not an object.
            Invalid: a field is unknown or cannot take its value. ``errors`` is a dict from field name to texts.
        """
        if not isinstance(raw, Mapping):
            raise ValueError("expected an object")
        return self.schema.parse(raw)

    def dump(self, value: Any) -> Any:
        """Return the representation of the document."""
        return self.schema.represent(value)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of any object. The fields of the document are those of ``schema``."""
        return {"type": "object"}

    def same(self, one: Any, other: Any) -> bool:
        """Compare two documents field by field. An absent field equals None."""
        if not (isinstance(one, dict) and isinstance(other, dict)):
            return bool(one == other)
        return not self.schema.diff(one, other)

    def merge(self, stored: Any, patch: Any) -> Any:
        """Merge two documents field by field. Null unsets the whole document."""
        return None if patch is None else self.schema.merge(stored if isinstance(stored, dict) else {}, patch)

    def as_item(self, value: Any) -> Any:
        """Return the document with its fields as in a new item."""
        fields = self.schema.fields
        return {name: None if part is None else fields[name].type.as_item(part) for name, part in value.items()}

    def keep_parts(self, raw: Any, stored: Any, show: Show) -> Any:  # noqa: ARG002  # the document's schema shows it
        """Compare the documents field by field."""
        if not (isinstance(raw, Mapping) and isinstance(stored, dict)):
            return raw
        return self.schema.keep(raw, stored)

    def diff(self, name: str, before: Any, after: Any) -> Diff:
        """Return an entry for each inner field that differs.

        A document that was set or unset as a whole has one entry.
        """
        if not (isinstance(before, dict) and isinstance(after, dict)):
            return super().diff(name, before, after)
        return {f"{name}.{inner}": change for inner, change in self.schema.diff(before, after).items()}

    def read_only_values(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:
        """Yield the values of inner fields that a request may not set."""
        return self.schema.read_only_values(value, stored)

    def id_of(self, value: Any) -> str | None:
        """Return the document's identifier, or None.

        The identifier is not percent-encoded.
        """
        return self.schema.id_of(value) if isinstance(value, dict) else None

    def id_in(self, shown: Any) -> Any:
        """Return the identifier in the representation of a document, or None."""
        key = self.schema.id_field
        found = shown.get(self.schema.public_name(key)) if key and isinstance(shown, Mapping) else None
        return None if found is None else str(found)

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the references in the embedded document's fields."""
        return self.schema.references(value)

    def missing(self, value: Any) -> Iterator[str]:
        """Yield the dotted public names of the required fields of a new document that have no value."""
        return missing(self.schema, value)


@dataclass(frozen=True)
class Reference(DataType):
    """The type of references to the instances of one model.

    A value is the primary key of an instance.

    Args:
        find_model: a function that returns the model. bzz calls this function once, at first use.
        find_key_type: a function that returns the type of the model's primary key. bzz calls this function once, at
            first use.
    """

    find_model: Callable[[], type]
    find_key_type: Callable[[], DataType]
    name: str = "reference"
    operators: tuple[str, ...] = EQUALITY
    sortable: bool = False

    @cached_property
    def model(self) -> type:
        """The model that the references refer to."""
        return self.find_model()

    @cached_property
    def key_type(self) -> DataType:
        """The type of the model's primary key."""
        return self.find_key_type()

    @property
    def unbounded(self) -> DataType:
        """The type of references by primary keys without bounds."""
        return Reference(self.find_model, lambda: self.key_type.unbounded)

    def parse(self, raw: Any) -> Any:
        """Parse ``raw`` and return a primary key.

        Raises:
            ValueError: ``raw`` is not a primary key.
        """
        return self.key_type.parse(raw)

    def dump(self, value: Any) -> str:
        """Return the primary key as text."""
        return str(self.key_type.dump(value))

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of texts, because JSON contains primary keys as text."""
        return {"type": "string"}

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the reference itself."""
        yield "", self.model, value


@dataclass(frozen=True, slots=True)
class Relation:
    """A field through which a path can go on.

    It holds an embedded document, a reference, or a list of either.

    Args:
        field: the field of the parent.
        type: the type of one member or document.
        many: whether the field is a list.
    """

    field: Field
    type: Embedded | Reference
    many: bool

    @property
    def is_embedded(self) -> bool:
        """Whether the relation leads to embedded documents, not to stored instances."""
        return isinstance(self.type, Embedded)


def relation_at(schema: Schema, name: str) -> Relation | None:
    """Return the readable relation with a public name, or None."""
    known = schema.field_for(name)
    if known is None or not known.readable:
        return None
    many = isinstance(known.type, List)
    datatype = known.type.item if isinstance(known.type, List) else known.type
    return Relation(known, datatype, many) if isinstance(datatype, (Embedded, Reference)) else None


def referred_model(known: Field) -> type | None:
    """Return the model to whose instances a field refers. Return None if the field refers to none."""
    kind = reference_of(known)
    return kind.model if kind else known.referred


def reference_of(known: Field) -> Reference | None:
    """Return the type of a field's references. Return None for a field of another type."""
    kind = known.type.item if isinstance(known.type, List) else known.type
    return kind if isinstance(kind, Reference) else None
