"""Cursors: the opaque text of ``after``.

A cursor names the position in a sorted list where a page begins.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import orjson

from bzz.exceptions import BadRequest
from bzz.providers.conditions import Order, value_at
from bzz.providers.values import Cursor, Query
from bzz.query.filters import find
from bzz.query.sorting import may_sort, parse_sort
from bzz.schema.schema import Schema
from bzz.schema.types import dump_value, parse_value


def encode_cursor(schema: Schema, order: Order, values: Mapping[str, Any]) -> str | None:
    """Return the text of a cursor: the position right after an instance.

    Args:
        schema: the schema of the instances.
        order: the order of the list: pairs of a field name and whether the order descends.
        values: the values of the instance.

    Returns:
        The text, or None if it would show a field that requests may not read. The result is also None if a value is
        not of its field's type.
    """
    parts = []
    for name, _ in order:
        found, value = find(schema, _public(schema, name)), value_at(values, name)
        if found is None or not may_sort(schema, *found):
            return None
        shown = schema.json.dump(dump_value(found[1].type, value))
        if not _comes_back(found[1].type, shown, value):
            return None
        parts.append(shown)
    names = [f"{'-' if descending else ''}{_public(schema, name)}" for name, descending in order]
    return base64.urlsafe_b64encode(orjson.dumps([",".join(names), parts])).decode().rstrip("=")


def _comes_back(datatype: Any, shown: Any, value: Any) -> bool:
    try:
        return bool(parse_value(datatype, shown) == value)
    except ValueError:
        return False


def _public(schema: Schema, name: str) -> str:
    first, dot, rest = name.partition(".")
    return f"{schema.public_name(first)}{dot}{rest}"


def decode_cursor(schema: Schema, text: str) -> Cursor:
    """Return the cursor that ``encode_cursor`` wrote as ``text``.

    Raises:
        ValueError: ``text`` is not a cursor of a list of these instances.
    """
    try:
        names, shown = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        order = parse_sort(schema, names)
        fields = [found for name, _ in order if (found := find(schema, _public(schema, name)))]
        values = [parse_value(known.type, value) for (_, known), value in zip(fields, shown, strict=True)]
    except (ValueError, TypeError, AttributeError, binascii.Error):
        raise ValueError("is no cursor of this list") from None
    if order[-1][0] != schema.pk or values[-1] is None:
        raise ValueError("is no cursor of this list")
    return Cursor(tuple(order), tuple(values))


def check_cursor(schema: Schema, query: Query, *, has_cursors: bool = True) -> None:
    """Raise BadRequest if a query's cursor belongs to another order, or the order of the list has no cursors."""
    if query.after is None:
        return
    if not has_cursors:
        raise BadRequest("This list has no cursors in its own order; use page, or sort.")
    if query.after.order != tuple(query.order(schema)):
        raise BadRequest("The cursor is of a list in another order; begin again without it.")
