"""Lists, and objects with keys of the client's choice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bzz.exceptions import Invalid
from bzz.schema.errors import add_error
from bzz.schema.types import DataType, dump_value, parse_text, parse_value, references_in


@dataclass(frozen=True)
class List(DataType):
    """A list of values of one type, none of them null."""

    item: DataType
    name: str = "list"
    is_list = True

    @property
    def operators(self) -> tuple[str, ...]:  # type: ignore[override]  # of a list they depend on its items
        """Whether a value is in the list, where its items can be compared; and whether there is any."""
        return ("contains", "exists") if "eq" in self.item.operators else ("exists",)

    def parse(self, raw: Any) -> list[Any]:
        """Return the typed items; raise ValueError if ``raw`` is no list, Invalid by index if an item does not fit."""
        if not isinstance(raw, (list, tuple)):
            raise ValueError("expected a list")
        items = list(_parse_items(self.item, enumerate(raw)).values())
        ids = [found for item in items if (found := self.item.id_of(item)) is not None]
        if len(set(ids)) < len(ids):
            raise ValueError("has items with the same id")
        return items

    def dump(self, value: Any) -> list[Any]:
        """Return the items as JSON has them."""
        return [dump_value(self.item, item) for item in value]

    def same(self, one: Any, other: Any) -> bool:
        """Compare item by item; None and the empty list are the same."""
        one, other = one or [], other or []
        if not (isinstance(one, list) and isinstance(other, list)):
            return bool(one == other)
        return len(one) == len(other) and all(map(self.item.same, one, other))

    def merge(self, stored: Any, patch: Any) -> Any:  # noqa: ARG002  # a list is replaced
        """Take the list given, with nothing to merge its items into."""
        return None if patch is None else [self.item.merge(None, item) for item in patch]

    def read_only_values(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:
        """Yield what an item gives, unless it is an item that is stored, told by its own protected values."""
        left: defaultdict[str, list[Any]] = defaultdict(list)
        for item in reversed(stored or ()):
            left[self._own(item)].append(item)
        for index, item in enumerate(value):
            same = left[self._own(item)]
            found = self.item.read_only_values(item, same.pop() if same else None)
            yield from ((f"{index}.{name}", inner) for name, inner in found)

    def _own(self, item: Any) -> str:
        """Return what tells an item from others: the protected values in it that are not in lists in turn."""
        found = self.item.read_only_values(item, None)
        return repr([pair for pair in found if not any(part.isdigit() for part in pair[0].split("."))])

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the references in the items, each under its index."""
        return references_in((str(index), self.item, item) for index, item in enumerate(value))


@dataclass(frozen=True)
class Map(DataType):
    """An object with keys of the client's choice and values of one type.

    Args:
        item: the type of the values.
        check_key: raises ValueError for a key that the store could not keep.
    """

    item: DataType
    check_key: Callable[[str], object] = parse_text
    name: str = "object"

    def parse(self, raw: Any) -> dict[str, Any]:
        """Return the typed values; a null stays, for merging (RFC 7396, section 2)."""
        if not isinstance(raw, Mapping):
            raise ValueError("expected an object")
        for key in raw:
            self.check_key(key)
        return _parse_items(self.item, raw.items(), nullable=True)

    def dump(self, value: Any) -> dict[str, Any]:
        """Return the values as JSON has them."""
        return {str(key): dump_value(self.item, item) for key, item in value.items()}

    def same(self, one: Any, other: Any) -> bool:
        """Compare key by key; None and the empty object are the same."""
        one, other = one or {}, other or {}
        if not (isinstance(one, dict) and isinstance(other, dict)):
            return bool(one == other)
        return one.keys() == other.keys() and all(self.item.same(one[key], other[key]) for key in one)

    def merge(self, stored: Any, patch: Any) -> Any:
        """Merge key by key; null removes a key."""
        if patch is None:
            return None
        stored = stored if isinstance(stored, dict) else {}
        given = {key: self.item.merge(stored.get(key), value) for key, value in patch.items() if value is not None}
        return {key: value for key, value in stored.items() if key not in patch} | given

    def read_only_values(self, value: Any, stored: Any) -> Iterator[tuple[str, Any]]:
        """Yield what a key's value gives that the stored one under that key has not."""
        for key, item in value.items():
            if item is not None:
                found = self.item.read_only_values(item, (stored or {}).get(key))
                yield from ((f"{key}.{name}", inner) for name, inner in found)

    def references(self, value: Any) -> Iterator[tuple[str, type, Any]]:
        """Yield the references in the values, each under its key."""
        return references_in((key, self.item, item) for key, item in value.items())


def _parse_items(datatype: DataType, items: Iterable[tuple[Any, Any]], *, nullable: bool = False) -> dict[Any, Any]:
    typed: dict[Any, Any] = {}
    errors: dict[str, list[str]] = {}
    for key, raw in items:
        try:
            typed[key] = parse_value(datatype, raw)
            if typed[key] is None and not (nullable or datatype.nullable):
                raise ValueError("null is not a value here")
        except ValueError as error:
            add_error(errors, str(key), error)
    if errors:
        raise Invalid(errors=errors)
    return typed
