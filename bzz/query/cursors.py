"""Cursors: the opaque text of ``after``.

A cursor names the position in a sorted list where a page begins.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from bzz.exceptions import BadRequest
from bzz.providers.base import Provider
from bzz.providers.conditions import Order, value_at
from bzz.providers.values import AsStored, Cursor, Query
from bzz.query.filters import find
from bzz.query.sorting import parse_sort
from bzz.schema.encoding import encode, with_all_digits
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.schema.types import DataType, comes_back, dump_value, parse_value

STORED = "stored"


def encode_cursor(schema: Schema, order: Order, values: Values, position: Values | None) -> str | None:
    """Return the text of a cursor: the position right after an instance.

    Args:
        schema: the schema of the instances.
        order: the order of the list: pairs of a field name and whether the order descends.
        values: the values of the instance.
        position: the ``position`` of the ``Listing``, of which the instance is the last.

    Returns:
        The text, or None if it would show a field that requests may not read. The result is also None if the order does
        not end in the primary key, if ``position`` is None, or if a value is not of its field's type and ``position``
        lacks it.
    """
    types, names = _types(schema, order), [name for name, _ in order]
    if position is None or types is None or schema.pk not in names:
        return None
    parts = []
    for name, datatype in zip(names, types, strict=True):
        value = value_at(values, name)
        if name in position:
            raw = position[name]
            parts.append(None if raw is None else {STORED: raw})
        elif comes_back(datatype, value):
            parts.append(schema.json.dump(dump_value(datatype, value)))
        else:
            return None
    return _text(schema, order, parts)


def encode_token(schema: Schema, order: Order, token: str | None) -> str | None:
    """Return the text of a cursor that contains a token of the store.

    Args:
        schema: the schema of the instances.
        order: the order of the list, as in ``encode_cursor``.
        token: the token. None if the store gives none.

    Returns:
        The text, or None if it would name a field that requests may not read. The result is also None without a token.
    """
    return None if token is None or _types(schema, order) is None else _text(schema, order, token)


def _types(schema: Schema, order: Order) -> list[DataType] | None:
    """Return the types of the fields of an order. Return None if a request could not ask for this order."""
    found = [find(schema, _public(schema, name)) for name, _ in order]
    types = [one[1].type for one in found if one and one[1].type.sortable]
    return types if len(types) == len(found) else None


def _text(schema: Schema, order: Order, content: Any) -> str:
    names = [f"{'-' if descending else ''}{_public(schema, name)}" for name, descending in order]
    return base64.urlsafe_b64encode(encode([",".join(names), content])).decode().rstrip("=")


def _public(schema: Schema, name: str) -> str:
    first, dot, rest = name.partition(".")
    return f"{schema.public_name(first)}{dot}{rest}"


def decode_cursor(provider: Provider, schema: Schema, text: str) -> Cursor:
    """Return the cursor that ``encode_cursor`` or ``encode_token`` wrote as ``text``.

    Args:
        provider: the provider of the list.
        schema: the schema of the instances.
        text: the text of the cursor.

    Raises:
        ValueError: ``text`` is not a cursor of a list of these instances.
    """
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        names, shown = with_all_digits(decoded, orjson.loads(decoded))
        order = parse_sort(schema, names) if names else []
        if isinstance(shown, str):
            return Cursor(tuple(order), (), shown)
        values = [_value(provider, schema, name, part) for (name, _), part in zip(order, shown, strict=True)]
    except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise ValueError("is no cursor of this list") from None
    if not order or order[-1][0] != schema.pk or values[-1] is None:
        raise ValueError("is no cursor of this list")
    return Cursor(tuple(order), tuple(values))


def _value(provider: Provider, schema: Schema, name: str, shown: Any) -> Any:
    """Return the value of a field that a cursor has as ``shown``."""
    if isinstance(shown, dict):
        [(key, raw)] = shown.items()
        if key != STORED:
            raise ValueError(f"expected {STORED}")
        return AsStored(provider.stored_value(schema, name, raw))
    found = find(schema, _public(schema, name))
    return found and parse_value(found[1].type, shown)


def check_cursor(schema: Schema, query: Query, *, has_cursors: bool = True) -> None:
    """Raise BadRequest if a query's cursor belongs to another order, or the order of the list has no cursors."""
    if query.after is None:
        return
    if not has_cursors:
        raise BadRequest("This list has no cursors in its own order; use page, or sort.")
    if query.after.order != tuple(query.order(schema)):
        raise BadRequest("The cursor is of a list in another order; begin again without it.")


def check_kind(query: Query, *, has_tokens: bool) -> None:
    """Raise BadRequest if a query's cursor has values where the list has tokens, or the other way round."""
    if query.after is not None and (query.token is not None) != has_tokens:
        raise BadRequest("The cursor is of no such list; begin again without it.")
