"""Stored values in cursors, as JSON."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from bzz.schema.scalars import BYTES, INT64
from bzz.schema.types import parse_text

KINDS = (int, float, str, bytes, Decimal)  # JSON tells values of these classes apart


def to_json(value: Any) -> Any:
    """Return a stored value as JSON, which ``parse_stored`` reads. A value of no class in ``KINDS`` becomes text."""
    if isinstance(value, bytes):
        return {"bytes": BYTES.dump(value)}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if value is None or isinstance(value, (int, float, str)):
        return int(value) if isinstance(value, bool) else value
    return str(value)


def parse_stored(raw: Any) -> Any:
    """Return the stored value that a cursor has as ``raw``. The value of several columns is a tuple.

    Raises:
        ValueError: no cursor has such a value.
    """
    if isinstance(raw, list):
        return tuple(map(_parsed, raw))
    return _parsed(raw)


def _parsed(raw: Any) -> Any:
    if isinstance(raw, dict):
        [(kind, text)] = raw.items()
        if kind not in _KINDS:
            raise ValueError(f"expected one of {', '.join(_KINDS)}")
        return _KINDS[kind](parse_text(text))
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        raise ValueError("expected a stored value")
    if isinstance(raw, int) and not INT64[0] <= raw <= INT64[1]:
        raise ValueError("expected an integer of at most 64 bits")
    return raw


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise ValueError("expected a decimal number") from None


_KINDS: Mapping[str, Callable[[str], Any]] = {
    "bytes": lambda text: base64.b64decode(text, validate=True),
    "decimal": _decimal,
    "float": float,
}
