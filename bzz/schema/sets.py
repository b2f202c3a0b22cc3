"""The type of sets."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any

from bzz.schema.containers import parse_items
from bzz.schema.keeping import Show, keep_items
from bzz.schema.scalars import Scalar
from bzz.schema.types import DataType, dump_value


@dataclass(frozen=True)
class Set(DataType):
    """The type of sets whose items all have one scalar type.

    A value is a ``frozenset``, so no receiver can change a stored set by accident. Receivers and plain code may give
    any set or list. JSON has an array, in which each item is once. The order of this array depends only on the items.

    Args:
        item: the type of the items. Their values must be hashable.

    Raises:
        TypeError: ``item`` is not a ``Scalar``. References and values with parts need a ``List``.
    """

    item: DataType
    name: str = "set"
    is_list = True

    def __post_init__(self) -> None:  # noqa: D105  # the docstring of the class says what it checks
        if not isinstance(self.item, Scalar):
            raise TypeError(f"a Set has scalar items, not items of the type {self.item.name!r}; use List")

    @property
    def operators(self) -> tuple[str, ...]:  # type: ignore[override]  # they depend on the items
        """``exists``, and ``contains`` if the items can be compared."""
        return ("contains", "exists") if "eq" in self.item.operators else ("exists",)

    @property
    def unbounded(self) -> DataType:
        """The type of sets whose items have no bounds."""
        return replace(self, item=self.item.unbounded)

    def parse(self, raw: Any) -> frozenset[Any]:
        """Parse the items and return them. An item that is given more than once counts once.

        Raises:
            ValueError: ``raw`` is neither a list nor a set.
            Invalid: an item is not a value of the items' type. ``errors`` is a dict from index to texts.
        """
        if not isinstance(raw, (list, tuple, AbstractSet)):
            raise ValueError("expected a list")
        return frozenset(parse_items(self.item, enumerate(raw)).values())

    def dump(self, value: Any) -> list[Any]:
        """Return the items as JSON: numbers first, in their order, then texts in theirs."""
        return sorted((dump_value(self.item, item) for item in value), key=_place)

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON Schema of arrays of such items, each once."""
        return {"type": "array", "items": self.item.json_schema(), "uniqueItems": True}

    def same(self, one: Any, other: Any) -> bool:
        """Compare two sets. None equals the empty set."""
        return bool((one or frozenset()) == (other or frozenset()))

    def keep_parts(self, raw: Any, stored: Any, show: Show) -> Any:
        """Compare each item with the stored items."""
        return keep_items(self.item, raw, [*stored] if isinstance(stored, AbstractSet) else stored, show)


def _place(shown: Any) -> tuple[bool, float, str]:
    """Return the sort key of an item of a reply. It depends on no hash, because the order is part of the entity tag."""
    return (False, shown, "") if isinstance(shown, (int, float)) else (True, 0, str(shown))
