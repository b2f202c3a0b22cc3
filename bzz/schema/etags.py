"""Entity tags: names of the stored state of an instance (RFC 9110, section 8.8.3)."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson

from bzz.schema.schema import Schema

ANY_TAG = "*"
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def etag(schema: Schema, values: Mapping[str, Any], shown: Any = None) -> str:
    """Return the strong entity tag of an instance, with its quotes.

    The tag is a hash of the readable fields without the deferred fields. A hidden value must not be part of the tag. A
    client that knows all other values could find the hidden value by trying.

    Args:
        schema: the schema of the instance.
        values: the values of the instance.
        shown: the result of ``schema.represent(values)``, if the caller has it already.
    """
    shown = shown or schema.represent(values)
    if schema.deferred:
        shown = {key: value for key, value in shown.items() if key not in schema.deferred_keys}
    canonical = orjson.dumps(shown, schema.json.dump, _CANONICAL)
    return f'"{blake2b(canonical, digest_size=16).hexdigest()}"'
