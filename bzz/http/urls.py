"""The URL grammar: where a resource lives, and what a path under it leads to."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from bzz.exceptions import NotFound
from bzz.resources.paths import MAX_SEGMENTS, NO_PATH, Path


def snake_case(name: str) -> str:
    """Return a class name as a resource's: ``CustomQuerySet`` is ``custom_query_set``, ``HTTPUser`` ``http_user``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def base_path(prefix: str, resource_name: str) -> str:
    """Return the percent-encoded path of a resource, without a slash at its end.

    Args:
        prefix: any spelling: ``api``, ``/api``, ``/api/``, or nothing.
        resource_name: any spelling too.
    """
    parts = [part for part in f"{prefix}/{resource_name}".split("/") if part]
    return "/" + "/".join(quote(part) for part in parts)


def pattern(base: str) -> str:
    """Return the regular expression of the resource at ``base`` and all paths below it."""
    return f"{re.escape(base)}(?:/.*)?"


def segments(base: str, path: str) -> list[str]:
    """Return what follows ``base`` in a request's raw ``path``, percent-decoded; a slash at the end is nothing.

    Raises:
        NotFound: a segment is empty or not UTF-8 (RFC 3986, section 2.5), or there are too many.
    """
    encoded = path[len(base) :].removesuffix("/").split("/")[1:]
    if "" in encoded or len(encoded) >= MAX_SEGMENTS:
        raise NotFound(NO_PATH)
    try:
        return [unquote(segment, errors="strict") for segment in encoded]
    except UnicodeDecodeError:
        raise NotFound(NO_PATH) from None


def encode(identifier: str) -> str:
    """Return an identifier percent-encoded as one path segment (RFC 3986, section 2.1)."""
    return quote(identifier, safe="")


def location(base: str, path: Path, identifier: str | None = None) -> str:
    """Return the URL's path to what ``path`` leads to, or to the one of the list there with ``identifier``.

    Args:
        base: of the resource the path begins with, as ``base_path`` returns it.
        path: where to.
        identifier: not encoded.
    """
    first, *others = path.steps
    parts = [first.id, *(part for step in others for part in (step.name, step.id)), identifier]
    return "/".join([base, *(encode(part) for part in parts if part is not None), ""])
