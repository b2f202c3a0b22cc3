"""Sorting."""

from __future__ import annotations

from typing import Any

from bzz.query.filters import find
from bzz.schema.schema import Schema


def parse_sort(schema: Schema, text: str) -> list[tuple[str, bool]]:
    """Return a sort order as pairs of field name and whether it descends, from ``-age,name``.

    Raises:
        ValueError: a field is unknown or cannot be sorted by.
    """
    order: list[tuple[str, bool]] = []
    for part in text.split(","):
        found = find(schema, part.removeprefix("-"))
        if found is None or not may_sort(schema, *found):
            names = [name for name, known in schema.readable if may_sort(schema, known.name, known)]
            raise ValueError(f"cannot sort by {part!r}; a list is sorted by {', '.join(names)}")
        if found[0] in dict(order):
            raise ValueError(f"cannot sort by {found[0]} twice")
        order.append((found[0], part.startswith("-")))
    return order


def may_sort(schema: Schema, name: str, known: Any) -> bool:
    return bool(known.type.sortable or name == schema.pk)
