"""``sort``: the order of a list."""

from __future__ import annotations

from bzz.query.filters import find
from bzz.schema.schema import Schema


def parse_sort(schema: Schema, text: str) -> list[tuple[str, bool]]:
    """Parse ``text`` and return an order.

    Args:
        schema: the schema of the instances.
        text: the value of ``sort``: ``-age,name``.

    Returns:
        Pairs of a field name and whether the order descends.

    Raises:
        ValueError: a field is unknown or named twice, or a list cannot be sorted by the field.
    """
    order: list[tuple[str, bool]] = []
    for part in text.split(","):
        found = find(schema, part.removeprefix("-"))
        if found is None or not found[1].type.sortable:
            names = [n for n, known in schema.readable if known.filterable and known.type.sortable]
            raise ValueError(f"cannot sort by {part!r}; a list is sorted by {', '.join(names)}")
        if found[0] in dict(order):
            raise ValueError(f"cannot sort by {found[0]} twice")
        order.append((found[0], part.startswith("-")))
    return order
