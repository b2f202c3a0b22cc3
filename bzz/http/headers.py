"""Header fields of requests."""

from __future__ import annotations

import re

from bzz.schema.etags import ANY

_ENTITY_TAG = re.compile(r'(W/)?("[^"]*")')
_PARTS = re.compile(r'(?:"[^"]*"|[^",])+')


def parse_entity_tags(header: str) -> list[tuple[str, bool]]:
    """Return the entity tags of a header field (RFC 9110, section 13.1), each with whether it is a weak one."""
    if header.strip() == ANY:
        return [(ANY, False)]
    found = [_ENTITY_TAG.fullmatch(part.strip()) for part in _PARTS.findall(header)]
    return [(match[2], bool(match[1])) for match in found if match]
