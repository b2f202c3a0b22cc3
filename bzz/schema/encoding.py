"""The encoding of values as JSON, which replies, entity tags and cursors contain.

Decoded JSON has all digits of its numbers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import orjson

from bzz.schema.free_form import JSON
from bzz.schema.numbers import json_number

_MANY_DIGITS = re.compile(rb"[0-9][0-9.]{15}")  # a float keeps any number of 15 digits
_OPTIONS = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


def encode(value: Any, default: Callable[[Any], Any] = JSON.dump, *, sort_keys: bool = False) -> bytes:
    """Return ``value`` as JSON (RFC 8259).

    Dates are in ISO 8601 (UTC, ``Z``). Decimals are text. Bytes are in base64. An integer has all its digits. A lone
    surrogate in a text is shown as its escape: a backslash, ``u`` and four digits.

    Args:
        value: the value. It may contain the types that JSON has, and the types that ``default`` takes.
        default: ``Json.dump`` of a schema. It turns a value into types that JSON has. It raises TypeError if it cannot.
        sort_keys: whether the members of objects are sorted by their keys.

    Raises:
        TypeError: JSON cannot contain an object inside ``value``.
    """
    try:
        return orjson.dumps(value, default, _OPTIONS | orjson.OPT_SORT_KEYS if sort_keys else _OPTIONS)
    except orjson.JSONEncodeError:  # orjson refuses integers of more than 64 bits, and lone surrogates
        text = json.dumps(default(value), ensure_ascii=False, separators=(",", ":"), sort_keys=sort_keys)
        return text.encode()


def with_all_digits(text: bytes, decoded: Any) -> Any:
    """Return the value of a JSON text in which no number has lost digits.

    An integer has all its digits. A number that a float does not keep is a ``JsonNumber``.

    Args:
        text: the JSON text.
        decoded: the value that orjson has decoded from ``text``.

    Raises:
        RecursionError: ``text`` is nested too deep.
    """
    return json.loads(text, parse_float=json_number) if _MANY_DIGITS.search(text) else decoded
