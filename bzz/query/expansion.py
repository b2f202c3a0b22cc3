"""The references to expand and the deferred fields to load.

The parameters ``expand`` and ``fields`` of a query string name them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bzz.exceptions import Invalid
from bzz.providers.values import Query, Undefer
from bzz.resources.reach import Reach
from bzz.resources.resource import Resource
from bzz.schema.fields import Field
from bzz.schema.relations import Embedded, Relation, relation_at
from bzz.schema.schema import Schema
from bzz.schema.types import MAX_DEPTH

MAX_LEVELS = 2  # references, one inside another


@dataclass(frozen=True, slots=True)
class Branch:
    """One field to expand, or an embedded document that contains such fields.

    Args:
        relation: the relation of the field.
        schema: the schema of the instances or documents that the relation leads to.
        resource: the access to the instances; None for embedded documents.
        below: the fields to expand in these instances or documents.
    """

    relation: Relation
    schema: Schema
    resource: Resource | None
    below: dict[str, Branch]


Tree = dict[str, Branch]


def plan(reach: Reach, schema: Schema, names: Iterable[str]) -> Tree:
    """Return the fields to expand: a dict from public name to branch.

    Args:
        reach: the models that the caller may reach.
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
            found = _branch(reach, here, name)
            levels += ends
            if found is None or levels == MAX_LEVELS or depth == MAX_DEPTH:
                known = ", ".join(_names(reach, schema)) or "none"
                raise ValueError(f"cannot expand {dotted!r}, at most {MAX_LEVELS} deep; there are {known}")
            branch = below.setdefault(name, found)
            ends, here, below = branch.resource is not None, branch.schema, branch.below
        if not ends:
            raise ValueError(f"cannot expand {dotted!r}: it is no reference")
    return tree


def resources(reach: Reach, tree: Tree) -> Iterator[Resource]:
    """Yield the access to the instances that a tree's references refer to, and to the rows that store them.

    Args:
        reach: the models that the caller may reach.
        tree: the references.
    """
    for branch in tree.values():
        yield from filter(None, (branch.resource, reach.between(branch.relation.field)))
        yield from resources(reach, branch.below)


def undeferred(schema: Schema, query: Query) -> Undefer:
    """Return the deferred fields that a reply to ``query`` shows."""
    if not schema.deferred:
        return {}
    asked = {*(query.fields or ()), *(name.partition(".")[0] for name in query.expand)}
    shown = schema.shown if query.fields is None else ()
    return {**dict.fromkeys(shown), **deferred_among(schema, asked)}


def read_resources(reach: Reach, schema: Schema, query: Query) -> Iterator[Resource]:
    """Yield the access to the instances that ``query`` reads from other rows.

    It reads instances for ``expand``. It reads primary keys for deferred fields in ``fields`` and in conditions. It
    also reads the rows of association tables that store these relations.

    Raises:
        Invalid: no request may GET these instances.
    """
    if query.expand:
        yield from resources(reach, plan(reach, schema, query.expand))
    if schema.deferred:
        asked = {*deferred_among(schema, query.fields or ()), *(condition.field for condition in query.where)}
        for name in asked & (schema.deferred - schema.computed):
            resource = _readable(reach, schema.fields[name])
            if resource is None:
                raise Invalid("The query is not valid.", errors={schema.public_name(name): ["cannot be read"]})
            yield from filter(None, (resource, reach.between(schema.fields[name])))


def deferred_among(schema: Schema, keys: Iterable[str]) -> Undefer:
    """Return the deferred fields whose public names are in ``keys``."""
    return {known.name: None for key in keys if (known := schema.field_for(key)) and known.deferred}


def _branch(reach: Reach, schema: Schema, name: str) -> Branch | None:
    """Return the branch of the relation ``name`` if requests may GET its instances."""
    relation = relation_at(schema, name)
    if relation is None:
        return None
    if isinstance(relation.type, Embedded):
        return Branch(relation, relation.type.schema, None, {})
    resource = _readable(reach, relation.field)
    return None if resource is None else Branch(relation, resource.schema, resource, {})


def _readable(reach: Reach, known: Field) -> Resource | None:
    """Return the access to the members of a relation if requests may GET them, and the rows that store the relation.

    Args:
        reach: the models that the caller may reach.
        known: the field of the relation.
    """
    resource, between = reach.members(known), reach.between(known)
    needed = [one for one in (resource, between) if one]
    return resource if all("GET" in one.methods for one in needed) else None


def _names(reach: Reach, schema: Schema, *, depth: int = MAX_LEVELS) -> Iterator[str]:
    """Yield the dotted names of references.

    References inside more than ``depth`` embedded documents are left out.
    """
    for name, _ in schema.readable:
        branch = _branch(reach, schema, name)
        if branch and branch.resource:
            yield name
        elif branch and depth:
            yield from (f"{name}.{inner}" for inner in _names(reach, branch.schema, depth=depth - 1))
