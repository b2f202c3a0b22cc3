"""The header fields of conditional requests: ``If-Match`` and ``If-None-Match``."""

from __future__ import annotations

import re

from tornado.httputil import HTTPHeaders

from bzz.lifecycle.preconditions import Precondition
from bzz.schema.etags import ANY_TAG

_ENTITY_TAG = re.compile(r'(W/)?("[^"]*")')
_PARTS = re.compile(r'(?:"[^"]*"|[^",])+')


def parse_precondition(headers: HTTPHeaders) -> Precondition | None:
    """Return the precondition of a write, or None (RFC 9110, section 13.1).

    A weak tag in ``If-Match`` never matches.
    """
    match, none_match = headers.get("If-Match"), headers.get("If-None-Match")
    if match is None and none_match is None:
        return None
    return Precondition(
        None if match is None else frozenset(tag for tag, is_weak in parse_entity_tags(match) if not is_weak),
        None if none_match is None else frozenset(tag for tag, _ in parse_entity_tags(none_match)),
    )


def parse_entity_tags(header: str) -> list[tuple[str, bool]]:
    """Return the entity tags of a header field (RFC 9110, section 8.8.3).

    Returns:
        Pairs of an entity tag and whether the tag is weak.
    """
    if header.strip() == ANY_TAG:
        return [(ANY_TAG, False)]
    found = [_ENTITY_TAG.fullmatch(part.strip()) for part in _PARTS.findall(header)]
    return [(match[2], bool(match[1])) for match in found if match]
