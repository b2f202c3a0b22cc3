"""The types of embedded documents and references, and the relations made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from bzz.schema.containers import List
from bzz.schema.fields import Field, Values
from bzz.schema.schema import Schema
from bzz.schema.types import EQUALITY, DataType, Diff


@dataclass(frozen=True)
class Embedded(DataType):
    """The type of embedded documents of one schema.

    Args:
        find_schema: returns the document's schema. bzz calls it once, at first use, so that a document may embed
            itself.
    """

    find_schema: Callable[[], Schema]
    name: str = "object"

    @cached_property
    def schema(self) -> Schema:
        """The schema of the embedded document."""
        return self.find_schema()

    def parse(self, raw: Any) -> Values:
        """Return the typed values.

        Raises:
            ValueError: ``raw`` is no object.
            Invalid: a field is unknown or cannot take its value; ``errors`` is keyed by field name.
        """
        if not isinstance(raw, Mapping):
            raise ValueError("expected an object")
        return self.schema.parse(raw)

    def dump(self, value: Any) -> Any:
        """Return the representation of the document."""
        return self.schema.represent(value)

    def same(self, one: Any, other: Any) -> bool:
        """Compare field by field; an absent field equals None."""
        if not (isinstance(one, dict) and isinstance(other, dict)):
            return bool(one == other)
        return not self.schema.diff(one, other)

    def merge(self, stored: Any, patch: Any) -> Any:
        """Merge field by field; null unsets the whole document."""
        return None if patch is None else self.schema.merge(stored if isinstance(stored, dict) else {}, patch)

    def diff(self, name: str, before: Any, after: Any) -> Diff:
        """Return an entry for each unequal inner field; one for a document set or unset as a whole."""
        if not (isinstance(before, dict) and isinstance(after, dict)):
            return super().diff(name, before, after)
        return {f"{name}.{inner}": change for inner, change in self.schema.diff(before, after).items()}

    def read_only_values(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:
        """Yield the inner fields' values that a request may not set."""
        return self.schema.read_only_values(value, stored)

    def id_of(self, value: Any) -> str | None:
        """Return the document's identifier, not percent-encoded; None if it has none."""
        return self.schema.id_of(value) if isinstance(value, dict) else None

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the references in the embedded document's fields."""
        return self.schema.references(value)


@dataclass(frozen=True)
class Reference(DataType):
    """The type of references to instances of one model: their primary keys.

    Args:
        find_model: returns the model referred to; bzz calls it once, at first use.
        find_key_type: returns the type of that model's primary key; bzz calls it once, at first use.
    """

    find_model: Callable[[], type]
    find_key_type: Callable[[], DataType]
    name: str = "reference"
    operators: tuple[str, ...] = EQUALITY

    @cached_property
    def model(self) -> type:
        """The model referred to."""
        return self.find_model()

    @cached_property
    def key_type(self) -> DataType:
        """The type of that model's primary key."""
        return self.find_key_type()

    def parse(self, raw: Any) -> Any:
        """Return the primary key; raise ValueError if ``raw`` cannot be one."""
        return self.key_type.parse(raw)

    def dump(self, value: Any) -> str:
        """Return the primary key as text."""
        return str(self.key_type.dump(value))

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
        """Whether the relation leads to embedded documents, rather than to instances."""
        return isinstance(self.type, Embedded)


def relation_at(schema: Schema, name: str) -> Relation | None:
    """Return the relation with a public name; None if no readable relation has it."""
    known = schema.field_for(name)
    if known is None or not known.readable:
        return None
    many = isinstance(known.type, List)
    datatype = known.type.item if isinstance(known.type, List) else known.type
    return Relation(known, datatype, many) if isinstance(datatype, (Embedded, Reference)) else None
