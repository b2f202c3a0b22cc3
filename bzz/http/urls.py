"""URLs: the paths of resources, the segments of paths, and ``Location``."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from bzz.exceptions import NotFound
from bzz.resources.paths import MAX_SEGMENTS, NO_PATH, Path


def snake_case(name: str) -> str:
    """Return the name of a class in snake case.

    ``CustomQuerySet`` becomes ``custom_query_set``. ``HTTPUser`` becomes ``http_user``.
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def base_path(prefix: str, resource_name: str) -> str:
    """Return a resource's percent-encoded path, without a slash at its end.

    Args:
        prefix: the prefix in any spelling: ``api``, ``/api``, ``/api/``, or empty.
        resource_name: the resource's name in any spelling.
    """
    parts = [part for part in f"{prefix}/{resource_name}".split("/") if part]
    return "/" + "/".join(quote(part) for part in parts)


def prefix_path(prefix: str) -> str:
    """Return the percent-encoded path of a prefix in any spelling, or an empty text."""
    return base_path(prefix, "").removesuffix("/")


def pattern(base: str) -> str:
    """Return a regular expression for ``base`` and all paths below it."""
    return f"{re.escape(base)}(?:/.*)?"


def segments(base: str, path: str) -> list[str]:
    """Return the percent-decoded segments after ``base`` in a request's raw ``path``.

    A slash at the end is ignored.

    Raises:
        NotFound: a segment is empty or not UTF-8 (RFC 3986, section 2.5), or there are ``MAX_SEGMENTS`` or more.
    """
    encoded = path[len(base) :].removesuffix("/").split("/")[1:]
    if "" in encoded or len(encoded) >= MAX_SEGMENTS:
        raise NotFound(NO_PATH)
    try:
        return [unquote(segment, errors="strict") for segment in encoded]
    except UnicodeDecodeError:
        raise NotFound(NO_PATH) from None


def encode_segment(identifier: str) -> str:
    """Return an identifier percent-encoded as one path segment (RFC 3986, section 2.1)."""
    return quote(identifier, safe="")


def location(base: str, path: Path, identifier: str | None = None) -> str:
    """Return the ``Location`` of a path's end or of an instance there.

    Args:
        base: the path of the first resource, from ``base_path``.
        path: the steps.
        identifier: the identifier of the instance in the list, not percent-encoded. None for the end of ``path``.
    """
    first, *others = path.steps
    parts = [first.id, *(part for step in others for part in (step.name, step.id)), identifier]
    return "/".join([base, *(encode_segment(part) for part in parts if part is not None), ""])
