"""``If-Match`` and ``If-None-Match``: the state that the stored instance must have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bzz.exceptions import PreconditionFailed
from bzz.schema.etags import ANY_TAG, etag
from bzz.schema.schema import Schema


@dataclass(frozen=True, slots=True)
class Precondition:
    """The conditions of a request on the stored instance (RFC 9110, section 13.1).

    Args:
        match: the entity tags of ``If-Match``. The instance must have one of these tags. ``*`` stands for any tag. None
            if there is no such condition.
        none_match: the entity tags of ``If-None-Match``. The instance must have none of these tags. None if there is no
            such condition.
    """

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None

    def check(self, schema: Schema, stored: Mapping[str, Any]) -> None:
        """Compare the conditions with stored values.

        Raises:
            PreconditionFailed: a condition does not hold.
        """
        tag = etag(schema, stored)
        headers = {"ETag": tag}
        if self.match is not None and not self.match & {ANY_TAG, tag}:
            raise PreconditionFailed(
                "If-Match does not hold: the instance has changed; read it again.", headers=headers
            )
        if self.none_match is not None and self.none_match & {ANY_TAG, tag}:
            raise PreconditionFailed("If-None-Match does not hold: it excludes the stored instance.", headers=headers)
