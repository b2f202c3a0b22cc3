"""References shown as the instances they refer to, fetched in one batch for each field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bzz.catalogue import view_of
from bzz.datatypes import MAX_DEPTH
from bzz.exceptions import BadRequest
from bzz.interfaces import Load, Provider, Query
from bzz.relations import Embedded, Reference, Relation, relation_at
from bzz.resources import Resource
from bzz.store import Store

MAX_LEVELS = 2
MAX_EXPANDED = 10_000


@dataclass(frozen=True, slots=True)
class Branch:
    """One field that is expanded, or in which something is.

    Args:
        relation: the field's.
        target: what is there.
        below: what is expanded in that.
    """

    relation: Relation
    target: Resource
    below: dict[str, Branch]


Tree = dict[str, Branch]


def plan(provider: Provider, resource: Resource, names: Iterable[str]) -> Tree:
    """Return, by the names of fields, what is to be expanded below each.

    Args:
        provider: of the resource.
        resource: whose references are expanded.
        names: dotted names, as requests have them: ``['owner', 'members.team', 'address.country']``.

    Raises:
        ValueError: a name is none of a reference that may be read, or leads through too many.
    """
    tree: Tree = {}
    for dotted in dict.fromkeys(names):
        below, here, levels, ends = tree, resource, 0, False
        for depth, name in enumerate(dotted.split(".")):
            relation = _relation(provider, here, name)
            levels += ends
            if relation is None or levels == MAX_LEVELS or depth == MAX_DEPTH:
                known = ", ".join(_names(provider, resource)) or "none"
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


def load(resource: Resource, query: Query) -> Load:
    """Return the deferred fields of a resource that a reply to ``query`` shows."""
    asked = {*(query.fields or ()), *(name.partition(".")[0] for name in query.expand)}
    return dict.fromkeys(resource.deferred & asked) if resource.deferred else {}


def _relation(provider: Provider, resource: Resource, name: str) -> Relation | None:
    """Return the relation ``name``, if what it leads to may be read."""
    relation = relation_at(resource, name)
    if relation is None or isinstance(relation.type, Embedded):
        return relation
    return relation if "GET" in view_of(provider, relation.type.target()).methods else None


def _target(provider: Provider, relation: Relation) -> Resource:
    kind = relation.type
    return kind.resource if isinstance(kind, Embedded) else view_of(provider, kind.target()).resource


def _names(provider: Provider, resource: Resource, *, depth: int = MAX_LEVELS) -> Iterator[str]:
    """Yield the dotted names of references, those inside embedded documents included, as deep as anybody reads."""
    for name, _ in resource.readable:
        relation = _relation(provider, resource, name)
        if relation and isinstance(relation.type, Reference):
            yield name
        elif relation and depth:
            yield from (f"{name}.{inner}" for inner in _names(provider, _target(provider, relation), depth=depth - 1))


async def expand(store: Store, bodies: Sequence[Any], tree: Tree) -> list[int]:
    """Put, in place, instances where ``bodies`` have their primary keys; null where there is none to be seen.

    Args:
        store: of the instances.
        bodies: representations.
        tree: what to expand in them, as ``plan`` returns it.

    Returns:
        How many instances each body holds now, however deep.

    Raises:
        BadRequest: those are more than are expanded at once.
        Unavailable: the store cannot be reached in time.
    """
    sizes = [0] * len(bodies)
    for name, branch in tree.items():
        kind = branch.relation.type
        held = [(index, item) for index, body in enumerate(bodies) for item in _items(body, name)]
        if isinstance(kind, Embedded):
            parts = await expand(store, [item for _, item in held], branch.below)
            for (index, _), size in zip(held, parts, strict=True):
                sizes[index] += size
            continue
        _check_size(len(held))
        keys = {item for _, item in held if isinstance(item, str)}
        below = dict.fromkeys(branch.target.deferred & branch.below.keys())
        instances = await store.fetch(branch.target, keys, load=below, represent=True)
        found = {kind.dump(key): item.body for key, item in instances.items()}
        inside = dict(zip(found, await expand(store, [*found.values()], branch.below), strict=True))
        for index, item in held:
            sizes[index] += (1 + inside.get(item, 0)) if isinstance(item, str) else 0
        _check_size(sum(sizes))
        _replace(bodies, name, found)
    return sizes


def _check_size(size: int) -> None:
    if size > MAX_EXPANDED:
        raise BadRequest(f"More than {MAX_EXPANDED} references are not expanded at once.")


def _items(body: Any, name: str) -> list[Any]:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, list) else [value]


def _replace(bodies: Sequence[Any], name: str, found: Mapping[str, Any]) -> None:
    """Put what was ``found`` in the place of the texts in a field."""
    for body in bodies:
        value = body.get(name) if isinstance(body, dict) else None
        if isinstance(value, list):
            body[name] = [found.get(key) if isinstance(key, str) else key for key in value]
        elif isinstance(value, str):
            body[name] = found.get(value)
