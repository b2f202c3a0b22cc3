"""Entity tags (RFC 9110, section 8.8.3): what the state of an instance is called, and what a request calls it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson

from bzz.schema.schema import Schema

ANY = "*"
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def etag(schema: Schema, values: Mapping[str, Any], shown: Any = None) -> str:
    """Return the strong entity tag of an instance, quotes and all.

    It is made of what may be read and is not kept elsewhere. A hidden value has no part in it, because whoever knows
    all the others could find it by trying.

    Args:
        schema: of the instance.
        values: of the instance.
        shown: what ``schema.represent(values)`` returns, where that is known.
    """
    shown = shown or schema.represent(values)
    if schema.deferred:
        shown = {key: value for key, value in shown.items() if key not in schema.deferred}
    canonical = orjson.dumps(shown, schema.json.dump, _CANONICAL)
    return f'"{blake2b(canonical, digest_size=16).hexdigest()}"'
