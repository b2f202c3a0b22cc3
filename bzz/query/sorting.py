"""``sort``: the order of a list."""

from __future__ import annotations

from bzz.query.filters import find
from bzz.schema.fields import Field
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
        if found is None or not may_sort(schema, *found):
            names = [n for n, known in schema.readable if known.filterable and may_sort(schema, known.name, known)]
            raise ValueError(f"cannot sort by {part!r}; a list is sorted by {', '.join(names)}")
        if found[0] in dict(order):
            raise ValueError(f"cannot sort by {found[0]} twice")
        order.append((found[0], part.startswith("-")))
    return order


def may_sort(schema: Schema, name: str, known: Field) -> bool:
    """Tell whether a list may be sorted by the field ``known``.

    ``name`` is the model's own name of the field.
    """
    return known.type.sortable or name == schema.pk
