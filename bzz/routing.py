"""The URL grammar: where a resource lives, and what a path under it leads to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

from bzz.exceptions import NotFound
from bzz.relations import Embedded, Reference, Relation, relation_at
from bzz.resources import Resource

MAX_SEGMENTS = 8
NO_PATH = "There is nothing at this path."


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a path: the resource it begins with, or a relation of the model before.

    Args:
        resource: the model there.
        name: the resource's name, or the relation's.
        id: which of several instances, percent-decoded; None for all of them, or where there is but one.
        relation: None for the first step.
    """

    resource: Resource
    name: str
    id: str | None = None
    relation: Relation | None = None

    @property
    def field(self) -> str:
        """Name of the relation's field, as the model before has it; empty for the first step."""
        return self.relation.field.name if self.relation else ""

    @property
    def is_list(self) -> bool:
        """Whether it leads to several instances."""
        return self.id is None and (self.relation is None or self.relation.many)

    @property
    def acts(self) -> tuple[str, ...]:
        """What can be done with what is there, as ``request_failed`` calls it."""
        if self.is_list:
            return ("list", "associate" if self.is_reference else "create")
        is_single = self.relation is not None and self.id is None
        if self.is_reference:
            return ("get", "associate", "dissociate") if is_single else ("get", "dissociate")
        return ("get", "create", "update", "delete") if is_single else ("get", "update", "delete")

    @property
    def is_embedded(self) -> bool:
        """Whether what is there lives inside the model before."""
        return self.relation is not None and isinstance(self.relation.type, Embedded)

    @property
    def is_reference(self) -> bool:
        """Whether what is there is stored on its own, and the model before refers to it."""
        return self.relation is not None and isinstance(self.relation.type, Reference)


@dataclass(frozen=True, slots=True)
class Path:
    """What a request points at.

    Args:
        steps: from the resource whose routes they are to what is meant.
    """

    steps: tuple[Step, ...]

    @property
    def end(self) -> Step:
        """The last step."""
        return self.steps[-1]

    @property
    def resource(self) -> Resource:
        """The model at the end."""
        return self.end.resource

    @property
    def parent(self) -> Path:
        """The path without its end."""
        return Path(self.steps[:-1])

    @property
    def arguments(self) -> list[str]:
        """The path as the signals give it: ``['user']``, ``['team/ID', 'users/UID']``."""
        return [step.name if step.id is None else f"{step.name}/{step.id}" for step in self.steps]


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


def parse(root: Resource, name: str, below: Iterable[Any], describe: Callable[[Any], Resource]) -> Path:
    """Return the path that segments lead to.

    Args:
        root: the model that the path begins with.
        name: its resource's name.
        below: the segments after the name, as ``segments`` returns them; what identifies an instance may be typed, too.
        describe: returns what a model that something refers to looks like.

    Raises:
        NotFound: a segment names no relation that requests may see, or goes on where nothing can be told apart.
    """
    waiting = list(reversed([*below]))
    steps = [Step(root, name, _written(root, waiting.pop()) if waiting else None)]
    while waiting:
        before, key = steps[-1], waiting.pop()
        relation = relation_at(before.resource, key)
        if relation is None or before.is_list:
            raise NotFound(NO_PATH)
        found = relation.type.resource if isinstance(relation.type, Embedded) else describe(relation.type.target())
        identifier = waiting.pop() if waiting and relation.many else None
        if identifier is not None and found.id_field is None:
            raise NotFound(NO_PATH)
        steps.append(Step(found, key, None if identifier is None else _written(found, identifier), relation))
    return Path(tuple(steps))


def _written(resource: Resource, identifier: Any) -> str | None:
    if isinstance(identifier, str):
        return identifier
    with suppress(ValueError):
        identifier = resource.fields[str(resource.id_field)].type.parse(identifier)
    return resource.identifier(identifier)


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
