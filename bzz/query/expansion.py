"""The references to expand and the deferred fields to load.

The parameters ``expand`` and ``fields`` of a query string name them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bzz.providers.base import Provider
from bzz.providers.values import Query, Undefer
from bzz.resources.catalogue import resource_of
from bzz.schema.relations import Embedded, Reference, Relation, relation_at
from bzz.schema.schema import Schema
from bzz.schema.types import MAX_DEPTH

MAX_LEVELS = 2  # references, one inside another


@dataclass(frozen=True, slots=True)
class Branch:
    """One field to expand, or an embedded document that contains such fields.

    Args:
        relation: the relation of the field.
        schema: the schema of the instances or documents that the relation leads to.
        below: the fields to expand in these instances or documents.
    """

    relation: Relation
    schema: Schema
    below: dict[str, Branch]


Tree = dict[str, Branch]


def plan(provider: Provider, schema: Schema, names: Iterable[str]) -> Tree:
    """Return the fields to expand: a dict from public name to branch.

    Args:
        provider: the provider of the model.
        schema: the schema of the model with the references.
        names: dotted public names: ``['owner', 'members.team', 'address.country']``.

    Raises:
        ValueError: a name belongs to no reference that requests may read, or goes through more than ``MAX_LEVELS``
            references.
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
            ends = not relation.is_embedded
            here = _schema(provider, relation)
            below = below.setdefault(name, Branch(relation, here, {})).below
        if not ends:
            raise ValueError(f"cannot expand {dotted!r}: it is no reference")
    return tree


def models(tree: Tree) -> Iterator[type]:
    """Yield the models that a tree's references refer to."""
    for branch in tree.values():
        if not branch.relation.is_embedded:
            yield branch.schema.model
        yield from models(branch.below)


def undeferred(schema: Schema, query: Query) -> Undefer:
    """Return the deferred fields that a reply to ``query`` shows."""
    asked = {*(query.fields or ()), *(name.partition(".")[0] for name in query.expand)}
    return deferred_among(schema, asked) if schema.deferred else {}


def deferred_among(schema: Schema, keys: Iterable[str]) -> Undefer:
    """Return the deferred fields whose public names are in ``keys``."""
    return {known.name: None for key in keys if (known := schema.field_for(key)) and known.deferred}


def _relation(provider: Provider, schema: Schema, name: str) -> Relation | None:
    """Return the relation ``name`` if requests may GET its instances."""
    relation = relation_at(schema, name)
    if relation is None or isinstance(relation.type, Embedded):
        return relation
    return relation if "GET" in resource_of(provider, relation.type.model).methods else None


def _schema(provider: Provider, relation: Relation) -> Schema:
    kind = relation.type
    return kind.schema if isinstance(kind, Embedded) else resource_of(provider, kind.model).schema


def _names(provider: Provider, schema: Schema, *, depth: int = MAX_LEVELS) -> Iterator[str]:
    """Yield the dotted names of references.

    References inside more than ``depth`` embedded documents are left out.
    """
    for name, _ in schema.readable:
        relation = _relation(provider, schema, name)
        if relation and isinstance(relation.type, Reference):
            yield name
        elif relation and depth:
            yield from (f"{name}.{inner}" for inner in _names(provider, _schema(provider, relation), depth=depth - 1))
