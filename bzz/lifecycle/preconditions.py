"""Preconditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bzz.exceptions import PreconditionFailed
from bzz.schema.etags import ANY, etag
from bzz.schema.schema import Schema


@dataclass(frozen=True, slots=True)
class Precondition:
    """What a request wants to be true of an instance before it is written (RFC 9110, section 13.1).

    Args:
        match: entity tags of which it has one (``If-Match``), ``*`` among them if any will do; None for no wish.
        none_match: entity tags of which it has none (``If-None-Match``); None for no wish.
    """

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None

    def check(self, schema: Schema, stored: Mapping[str, Any]) -> None:
        """Hold the wishes against the values that are stored; raise PreconditionFailed if one is not met."""
        tag = etag(schema, stored)
        if self.match is not None and not self.match & {ANY, tag}:
            raise PreconditionFailed("The instance is no longer what If-Match says.", headers={"ETag": tag})
        if self.none_match is not None and self.none_match & {ANY, tag}:
            raise PreconditionFailed("The instance is what If-None-Match excludes.", headers={"ETag": tag})
