"""The path grammar: how segments become steps through the models' relations."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from typing import Any

from bzz.exceptions import NotFound
from bzz.providers.values import NO_KEY, parse_identifier
from bzz.resources.reach import Reach
from bzz.resources.resource import Resource
from bzz.schema.composite_keys import CompositeKey, join
from bzz.schema.relations import Embedded, Relation, relation_at
from bzz.schema.schema import Schema

MAX_SEGMENTS = 8
METHODS_OF = {  # the HTTP methods of acts
    "list": ("GET", "HEAD"),
    "get": ("GET", "HEAD"),
    "create": ("POST",),
    "associate": ("POST",),
    "update": ("PUT", "PATCH"),
    "delete": ("DELETE",),
    "dissociate": ("DELETE",),
}
NO_PATH = "There is nothing at this path."


class Step:
    """One part of a path: the first resource, or a relation.

    The relation belongs to the model of the step before.

    Args:
        resource: the access to the model of this step.
        name: the name of the resource, or of the relation.
        id: the percent-decoded identifier of one instance in a list. None if the step leads to the whole list, or to
            the instance of a to-one relation.
        relation: the relation; None for the first step.

    Attributes:
        schema: the schema of the resource.
        field: the model's own name of the relation's field; empty for the first step.
        is_list: whether the step leads to several instances.
        is_embedded: whether the step leads to a document inside the instance of the step before.
        is_reference: whether the step leads to a stored instance that the instance of the step before refers to.
        parsed: the value that ``id`` stands for, or ``NO_KEY`` if there is no such value. None without an ``id``.
    """

    __slots__ = (
        "field",
        "id",
        "is_embedded",
        "is_list",
        "is_reference",
        "name",
        "parsed",
        "relation",
        "resource",
        "schema",
    )

    def __init__(self, resource: Resource, name: str, id: str | None = None, relation: Relation | None = None) -> None:  # noqa: A002
        self.resource, self.schema, self.name, self.id, self.relation = resource, resource.schema, name, id, relation
        self.field = relation.field.name if relation else ""
        self.is_list = id is None and (relation is None or relation.many)
        self.is_embedded = relation is not None and relation.is_embedded
        self.is_reference = relation is not None and not relation.is_embedded
        self.parsed: Any = None if id is None else parse_identifier(self.schema, id)

    @property
    def acts(self) -> tuple[str, ...]:
        """The names of the step's acts, as ``request_failed`` uses them."""
        if self.is_list:
            return ("list", "associate" if self.is_reference else "create")
        is_single = self.relation is not None and self.id is None
        if self.is_reference:
            return ("get", "associate", "dissociate") if is_single else ("get", "dissociate")
        return ("get", "create", "update", "delete") if is_single else ("get", "update", "delete")


class Path:
    """The steps of a request's path, at least one.

    Args:
        steps: the steps, from the first to the last.
        reach: the models that the caller may reach.

    Attributes:
        end: the last step.
        schema: the schema of the model at the end.
    """

    def __init__(self, steps: tuple[Step, ...], reach: Reach) -> None:
        self.steps, self.end, self.reach = steps, steps[-1], reach
        self.schema = self.end.schema

    @cached_property
    def parent(self) -> Path:
        """The path without its last step."""
        return Path(self.steps[:-1], self.reach)

    @cached_property
    def resources(self) -> list[Resource]:
        """The resources along the path, without those of embedded documents.

        An embedded document belongs to the resource of its parent.
        """
        return [step.resource for step in self.steps if not step.is_embedded]

    @property
    def arguments(self) -> list[str]:
        """The ``arguments`` of the path's signals: ``['user']``, ``['team/ID', 'users/UID']``."""
        return [step.name if step.id is None else f"{step.name}/{step.id}" for step in self.steps]


def parse_path(root: Resource, name: str, below: Iterable[Any], reach: Reach) -> Path:
    """Return the path that a list of segments describes.

    Args:
        root: the path's first resource.
        name: the name of the first resource.
        below: the percent-decoded segments after the name. Plain code may give an identifier as a value of its field's
            type.
        reach: the models that the caller may reach.

    Raises:
        NotFound: a segment names no relation that requests may read, or a relation to a model that the caller may not
            reach. The path may also go on below a list.
    """
    waiting = [*below][::-1]
    steps = [Step(root, name, _as_text(root.schema, waiting.pop()) if waiting else None)]
    while waiting:
        before, segment = steps[-1], waiting.pop()
        relation = relation_at(before.schema, segment)
        if relation is None or before.is_list:
            raise NotFound(NO_PATH)
        kind = relation.type
        resource = before.resource.inside(kind.schema) if isinstance(kind, Embedded) else reach.members(relation.field)
        if resource is None:
            raise NotFound(NO_PATH)
        identifier = waiting.pop() if waiting and relation.many else None
        if identifier is not None and resource.schema.id_field is None:
            raise NotFound(NO_PATH)
        text = _as_text(resource.schema, identifier)
        steps.append(Step(resource, segment, text and _whole_key(before, relation, resource.schema, text), relation))
    return Path(tuple(steps), reach)


def _as_text(schema: Schema, identifier: Any) -> str | None:
    """Return the text of an identifier in a URL.

    Plain code may give an identifier as a value of its field's type.
    """
    if identifier is None or isinstance(identifier, str):
        return identifier
    datatype = schema.fields[str(schema.id_field)].type
    with suppress(ValueError):
        return schema.identifier(datatype.parse(identifier))
    if isinstance(datatype, CompositeKey):  # the rest of a key
        return join(map(str, identifier if isinstance(identifier, tuple) else [identifier]))
    return schema.identifier(identifier)


def _whole_key(parent: Step, relation: Relation, schema: Schema, identifier: str) -> str:
    """Return the identifier of a member with all parts of its key.

    Below an instance whose own key is a part of its members' keys, the rest of a member's key identifies the member.
    """
    datatype, holder = schema.fields[str(schema.id_field)].type, relation.field.holder
    is_known = parent.parsed not in (None, NO_KEY) and parent.schema.id_field == parent.schema.pk
    is_held = holder is not None and holder.field is not None and holder.member_field is None
    if not (isinstance(datatype, CompositeKey) and holder and is_held and is_known):
        return identifier
    parts = schema.fields[str(holder.field)].parts or (str(holder.field),)
    values = parent.parsed if len(parts) > 1 else (parent.parsed,)
    with suppress(ValueError):
        return datatype.complete(identifier, dict(zip(parts, values, strict=True)))
    return identifier
