"""The types of lists, and of objects with free keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bzz.exceptions import Invalid
from bzz.schema.errors import add_error
from bzz.schema.keeping import Kept, Show, keep_items, keep_keys
from bzz.schema.types import DataType, dump_value, missing_in, parse_text, parse_value, references_in


@dataclass(frozen=True)
class List(DataType):
    """The type of lists whose items all have one type.

    An item may be null only if the type of the items is nullable.

    Args:
        item: the type of the items.
    """

    item: DataType
    name: str = "list"
    is_list = True

    @property
    def operators(self) -> tuple[str, ...]:  # type: ignore[override]  # they depend on the items
        """``exists``, and ``contains`` if the items can be compared."""
        return ("contains", "exists") if "eq" in self.item.operators else ("exists",)

    @property
    def unbounded(self) -> DataType:
        """The type of lists whose items have no bounds."""
        return replace(self, item=self.item.unbounded)

    def parse(self, raw: Any) -> list[Any]:
        """Parse the items and return them.

        Raises:
            ValueError: ``raw`` is not a list, or two items have the same identifier.
            Invalid: an item is not a value of the items' type. ``errors`` is a dict from index to texts.
        """
        if not isinstance(raw, (list, tuple)):
            raise ValueError("expected a list")
        items = list(parse_items(self.item, enumerate(raw)).values())
        ids = [found for item in items if (found := self.item.id_of(item)) is not None]
        if len(set(ids)) < len(ids):
            raise ValueError("has items with the same id")
        return items

    def dump(self, value: Any) -> list[Any]:
        """Return the items as JSON."""
        return [dump_value(self.item, item) for item in value]

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of lists of such items."""
        return {"type": "array", "items": self.item.json_schema()}

    def same(self, one: Any, other: Any) -> bool:
        """Compare two lists item by item. None equals the empty list."""
        one, other = one or [], other or []
        if not (isinstance(one, list) and isinstance(other, list)):
            return bool(one == other)
        return len(one) == len(other) and all(map(self.item.same, one, other))

    def merge(self, stored: Any, patch: Any) -> Any:  # noqa: ARG002  # a list is replaced
        """Return the items of ``patch``, which replace the stored list.

        A new item is not merged with a stored item.
        """
        return None if patch is None else self.as_item(patch)

    def as_item(self, value: Any) -> Any:
        """Return the items as new items."""
        return [None if item is None else self.item.as_item(item) for item in value]

    def keep_parts(self, raw: Any, stored: Any, show: Show) -> Any:
        """Compare the lists item by item."""
        return keep_items(self.item, raw, stored, show)

    def read_only_values(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:
        """Yield the read-only values of the items.

        The dotted name of a value begins with the index of its item. The read-only values of an item are allowed if all
        of them equal those of a stored item. Each stored item allows this for one item.
        """
        left: defaultdict[str, list[Any]] = defaultdict(list)
        for item in reversed(stored or ()):
            left[self._fingerprint(item)].append(item)
        for index, item in enumerate(value):
            same = left[self._fingerprint(item)]
            found = self.item.read_only_values(item, same.pop() if same else None)
            yield from ((f"{index}.{name}", inner) for name, inner in found)

    def _fingerprint(self, item: Any) -> str:
        """Return a text that tells items with different identifiers or read-only values apart.

        Other items have the same text. The values in inner lists are left out.
        """
        found = self.item.read_only_values(item, None)
        pairs = [pair for pair in found if not any(part.isdigit() for part in pair[0].split("."))]
        return repr((self.item.id_of(item), pairs))

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the references in the items.

        The dotted name of a reference begins with the index of its item.
        """
        return references_in((str(index), self.item, item) for index, item in enumerate(value))

    def missing(self, value: Any) -> Iterator[str]:
        """Yield the dotted names of the required fields in the items that have no value.

        Each name begins with the index of its item.
        """
        return missing_in((str(index), self.item, item) for index, item in enumerate(value))


@dataclass(frozen=True)
class Map(DataType):
    """The type of objects with free keys and values of one type.

    Args:
        item: the type of the values.
        check_key: a function that raises ValueError for a key that the store cannot hold.
    """

    item: DataType
    check_key: Callable[[str], object] = parse_text
    name: str = "object"

    def parse(self, raw: Any) -> dict[str, Any]:
        """Parse the values and return a dict from key to value.

        A null stays in the dict, because ``merge`` needs it (RFC 7396, section 2).

        Raises:
            ValueError: ``raw`` is not an object, or ``check_key`` refuses a key.
            Invalid: a value is not of the values' type. ``errors`` is a dict from key to texts.
        """
        if not isinstance(raw, Mapping):
            raise ValueError("expected an object")
        for key, item in raw.items():
            if type(item) is not Kept:
                self.check_key(key)
        return parse_items(self.item, raw.items(), nullable=True)

    def dump(self, value: Any) -> dict[str, Any]:
        """Return the values as JSON."""
        return {str(key): dump_value(self.item, item) for key, item in value.items()}

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of objects with such values."""
        return {"type": "object", "additionalProperties": self.item.json_schema()}

    def same(self, one: Any, other: Any) -> bool:
        """Compare two objects key by key. None equals the empty object."""
        one, other = one or {}, other or {}
        if not (isinstance(one, dict) and isinstance(other, dict)):
            return bool(one == other)
        return one.keys() == other.keys() and all(self.item.same(one[key], other[key]) for key in one)

    def merge(self, stored: Any, patch: Any) -> Any:
        """Merge two objects key by key. Null removes a key, unless the key is null already."""
        if patch is None:
            return None
        merged = dict(stored) if isinstance(stored, dict) else {}
        for key, value in patch.items():
            if value is not None:
                merged[key] = self.item.merge(merged.get(key), value)
            elif merged.get(key) is not None:
                del merged[key]
        return merged

    def as_item(self, value: Any) -> Any:
        """Return the values as new values. A null is left out if it is no value of their type."""
        given = {key: item for key, item in value.items() if item is not None or self.item.nullable}
        return {key: None if item is None else self.item.as_item(item) for key, item in given.items()}

    def keep_parts(self, raw: Any, stored: Any, show: Show) -> Any:
        """Compare the objects key by key."""
        return keep_keys(self.item, raw, stored, show)

    def read_only_values(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:
        """Yield the read-only values inside the values.

        The dotted name of a read-only value begins with a key. Each value is compared with the stored value of the same
        key.
        """
        for key, item in value.items():
            if item is not None:
                found = self.item.read_only_values(item, (stored or {}).get(key))
                yield from ((f"{key}.{name}", inner) for name, inner in found)

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the references in the values.

        The dotted name of a reference begins with the key of its value.
        """
        return references_in((key, self.item, item) for key, item in value.items())

    def missing(self, value: Any) -> Iterator[str]:
        """Yield the dotted names of the required fields in the values that have no value.

        Each name begins with the key of its value.
        """
        return missing_in((key, self.item, item) for key, item in value.items())


def parse_items(datatype: DataType, items: Iterable[tuple[Any, Any]], *, nullable: bool = False) -> dict[Any, Any]:
    """Parse the items of a list or object and return a dict from index or key to value.

    Args:
        datatype: the type of the items.
        items: pairs of index or key and input.
        nullable: whether an item may be null, although null is no value of its type.

    Raises:
        Invalid: an item is not a value of its type. ``errors`` is a dict from index or key to texts.
    """
    typed: dict[Any, Any] = {}
    errors: dict[str, list[str]] = {}
    for key, raw in items:
        try:
            typed[key] = parse_value(datatype, raw)
            if typed[key] is None and not (nullable or datatype.nullable or type(raw) is Kept):
                raise ValueError("must not be null")
        except ValueError as error:
            add_error(errors, str(key), error)
    if errors:
        raise Invalid(errors=errors)
    return typed
