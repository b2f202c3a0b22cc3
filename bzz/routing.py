"""The URL grammar: where a resource lives, and what a path under it points at."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from bzz.exceptions import NotFound


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
    """Return the regular expression of all paths of the resource at ``base``, with and without trailing slash."""
    return f"{re.escape(base)}(?:/[^/]+)?/?"


def identifier(base: str, path: str) -> str | None:
    """Return the identifier in a request's raw ``path``, percent-decoded; None where it names the whole resource.

    Raises:
        NotFound: the identifier is not UTF-8 (RFC 3986, section 2.5).
    """
    encoded = path[len(base) :].strip("/")
    if not encoded:
        return None
    try:
        return unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        raise NotFound("There is no such instance.") from None


def encode(identifier: str) -> str:
    """Return an identifier percent-encoded as one path segment (RFC 3986, section 2.1)."""
    return quote(identifier, safe="")


def location(base: str, identifier: str) -> str:
    """Return the path of the instance with ``identifier`` in the resource at ``base``."""
    return f"{base}/{encode(identifier)}/"
