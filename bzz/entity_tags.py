"""Entity tags (RFC 9110, section 8.8.3): what the state of an instance is called, and what a request calls it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import orjson

from bzz.resources import Resource

ANY = "*"
_CANONICAL = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS
_ENTITY_TAG = re.compile(r'(W/)?("[^"]*")')
_PARTS = re.compile(r'(?:"[^"]*"|[^",])+')


def etag(resource: Resource, values: Mapping[str, Any], shown: Any = None) -> str:
    """Return the strong entity tag of an instance, quotes and all.

    It is made of what may be read and is not kept elsewhere. A hidden value has no part in it, because whoever knows
    all the others could find it by trying.

    Args:
        resource: of the instance.
        values: of the instance.
        shown: what ``resource.represent(values)`` returns, where that is known.
    """
    shown = shown or resource.represent(values)
    if resource.deferred:
        shown = {key: value for key, value in shown.items() if key not in resource.deferred}
    canonical = orjson.dumps(shown, resource.json.dump, _CANONICAL)
    return f'"{blake2b(canonical, digest_size=16).hexdigest()}"'


def parse(header: str) -> list[tuple[str, bool]]:
    """Return the entity tags of a header field (RFC 9110, section 13.1), each with whether it is a weak one."""
    if header.strip() == ANY:
        return [(ANY, False)]
    found = [_ENTITY_TAG.fullmatch(part.strip()) for part in _PARTS.findall(header)]
    return [(match[2], bool(match[1])) for match in found if match]
