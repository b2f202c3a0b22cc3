"""References shown as the instances they refer to, fetched in one batch for each field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bzz.providers.base import Provider
from bzz.providers.values import Query, Undefer
from bzz.resources.catalogue import resource_of
from bzz.schema.relations import Embedded, Reference, Relation, relation_at
from bzz.schema.schema import Schema
from bzz.schema.types import MAX_DEPTH

MAX_LEVELS = 2


@dataclass(frozen=True, slots=True)
class Branch:
    """One field that is expanded, or in which something is.

    Args:
        relation: the field's.
        target: what is there.
        below: what is expanded in that.
    """

    relation: Relation
    target: Schema
    below: dict[str, Branch]


Tree = dict[str, Branch]


def plan(provider: Provider, schema: Schema, names: Iterable[str]) -> Tree:
    """Return, by the names of fields, what is to be expanded below each.

    Args:
        provider: of the resource.
        schema: whose references are expanded.
        names: dotted names, as requests have them: ``['owner', 'members.team', 'address.country']``.

    Raises:
        ValueError: a name is none of a reference that may be read, or leads through too many.
    """
    tree: Tree = {}
    for dotted in dict.fromkeys(names):
        below, here, levels, ends = tree, schema, 0, False
        for depth, name in enumerate(dotted.split(".")):
            relation = _relation(provider, here, name)
            levels += ends
            if relation is None or levels == MAX_LEVELS or depth == MAX_DEPTH:
                known = ", ".join(_names(provider, schema)) or "none"
                raise ValueError(f"cannot expand {dotted!r}, at most {MAX_LEVELS} deep; there are {known}")
            ends = isinstance(relation.type, Reference)
            here = _target(provider, relation)
            below = below.setdefault(name, Branch(relation, here, {})).below
        if not ends:
            raise ValueError(f"cannot expand {dotted!r}: it is no reference")
    return tree


def models(tree: Tree) -> Iterator[type]:
    """Yield the models of what a plan expands that are stored on their own."""
    for branch in tree.values():
        if isinstance(branch.relation.type, Reference):
            yield branch.target.model
        yield from models(branch.below)


def undeferred(schema: Schema, query: Query) -> Undefer:
    """Return the deferred fields of a resource that a reply to ``query`` shows."""
    asked = {*(query.fields or ()), *(name.partition(".")[0] for name in query.expand)}
    return dict.fromkeys(schema.deferred & asked) if schema.deferred else {}


def _relation(provider: Provider, schema: Schema, name: str) -> Relation | None:
    """Return the relation ``name``, if what it leads to may be read."""
    relation = relation_at(schema, name)
    if relation is None or isinstance(relation.type, Embedded):
        return relation
    return relation if "GET" in resource_of(provider, relation.type.target()).methods else None


def _target(provider: Provider, relation: Relation) -> Schema:
    kind = relation.type
    return kind.schema if isinstance(kind, Embedded) else resource_of(provider, kind.target()).schema


def _names(provider: Provider, schema: Schema, *, depth: int = MAX_LEVELS) -> Iterator[str]:
    """Yield the dotted names of references, those inside embedded documents included, as deep as anybody reads."""
    for name, _ in schema.readable:
        relation = _relation(provider, schema, name)
        if relation and isinstance(relation.type, Reference):
            yield name
        elif relation and depth:
            yield from (f"{name}.{inner}" for inner in _names(provider, _target(provider, relation), depth=depth - 1))
