"""Paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bzz.exceptions import NotFound
from bzz.resources.resource import Resource
from bzz.schema.relations import Embedded, Reference, Relation, relation_at
from bzz.schema.schema import Schema


def find_path(
    resource: Resource, name: str, below: Iterable[Any], reach: Callable[[Any], Resource]
) -> tuple[Path, list[Resource]]:
    """Return the path that segments lead to, and the views of the models along it that are stored on their own.

    Args:
        resource: of the model that the path begins with.
        name: its resource's name.
        below: the segments after the name, as ``routing.parse`` takes them.
        reach: returns the view of a model that something refers to.

    Raises:
        NotFound: as ``routing.parse``.
    """
    resources = [resource]

    def describe(model: Any) -> Schema:
        resources.append(reach(model))
        return resources[-1].schema

    return parse_path(resource.schema, name, below, describe), resources


MAX_SEGMENTS = 8
NO_PATH = "There is nothing at this path."


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a path: the resource it begins with, or a relation of the model before.

    Args:
        schema: the model there.
        name: the resource's name, or the relation's.
        id: which of several instances, percent-decoded; None for all of them, or where there is but one.
        relation: None for the first step.
    """

    schema: Schema
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
    def schema(self) -> Schema:
        """The model at the end."""
        return self.end.schema

    @property
    def parent(self) -> Path:
        """The path without its end."""
        return Path(self.steps[:-1])

    @property
    def arguments(self) -> list[str]:
        """The path as the signals give it: ``['user']``, ``['team/ID', 'users/UID']``."""
        return [step.name if step.id is None else f"{step.name}/{step.id}" for step in self.steps]


def parse_path(root: Schema, name: str, below: Iterable[Any], describe: Callable[[Any], Schema]) -> Path:
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
        relation = relation_at(before.schema, key)
        if relation is None or before.is_list:
            raise NotFound(NO_PATH)
        found = relation.type.schema if isinstance(relation.type, Embedded) else describe(relation.type.target())
        identifier = waiting.pop() if waiting and relation.many else None
        if identifier is not None and found.id_field is None:
            raise NotFound(NO_PATH)
        steps.append(Step(found, key, None if identifier is None else _written(found, identifier), relation))
    return Path(tuple(steps))


def _written(schema: Schema, identifier: Any) -> str | None:
    if isinstance(identifier, str):
        return identifier
    with suppress(ValueError):
        identifier = schema.fields[str(schema.id_field)].type.parse(identifier)
    return schema.identifier(identifier)
