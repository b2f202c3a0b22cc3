"""References shown as the instances they refer to, fetched in one batch for each field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bzz.catalogue import view_of
from bzz.conditions import Condition
from bzz.exceptions import BadRequest
from bzz.interfaces import Provider, Query
from bzz.relations import Embedded, Reference, Relation, relation_of
from bzz.resources import Resource

MAX_LEVELS = 2
MAX_EXPANDED = 10_000
Tree = dict[str, Any]


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
    for dotted in names:
        branch, here, levels, ends = tree, resource, 0, False
        for name in dotted.split("."):
            relation = _relations(provider, here).get(name)
            levels += ends
            if relation is None or levels == MAX_LEVELS:
                raise ValueError(
                    f"cannot expand {dotted!r}; there are {', '.join(_names(provider, resource)) or 'none'}"
                )
            ends = isinstance(relation.type, Reference)
            here, branch = _target(provider, relation), branch.setdefault(name, {})
        if not ends:
            raise ValueError(f"cannot expand {dotted!r}: it is no reference")
    return tree


def _relations(provider: Provider, resource: Resource) -> dict[str, Relation]:
    """Return what of a resource may be expanded or leads to it, by the names that requests have."""
    found = {name: relation_of(known) for name, known in resource.readable}
    return {name: relation for name, relation in found.items() if relation and _may_be_read(provider, relation)}


def _may_be_read(provider: Provider, relation: Relation) -> bool:
    if isinstance(relation.type, Embedded):
        return True
    return "GET" in view_of(provider, relation.type.target()).methods


def _target(provider: Provider, relation: Relation) -> Resource:
    kind = relation.type
    return kind.resource if isinstance(kind, Embedded) else view_of(provider, kind.target()).resource


def _names(provider: Provider, resource: Resource) -> list[str]:
    found = _relations(provider, resource).items()
    return [name for name, relation in found if isinstance(relation.type, Reference)]


@dataclass(frozen=True, slots=True)
class Expander:
    """Fetches what bodies refer to.

    Args:
        provider: of the instances.
        handler: the request's, for the models' own hooks.
    """

    provider: Provider
    handler: object

    async def expand(self, bodies: Sequence[Any], resource: Resource, tree: Mapping[str, Tree]) -> None:
        """Put, in place, instances where ``bodies`` have their primary keys; null where there is none to be seen.

        Args:
            bodies: representations of instances of ``resource``.
            resource: the model.
            tree: what to expand, as ``plan`` returns it.

        Raises:
            BadRequest: they refer to more instances than are expanded at once.
            Unavailable: the store cannot be reached in time.
        """
        holders = [body for body in bodies if isinstance(body, dict)]
        for name, inner in tree.items():
            relation = _relations(self.provider, resource)[name]
            target = _target(self.provider, relation)
            held = [holder.get(name) for holder in holders]
            if isinstance(relation.type, Embedded):
                await self.expand([*_flat(held)], target, inner)
                continue
            keys = dict.fromkeys(key for key in _flat(held) if isinstance(key, str))
            found = await self._fetch(relation.type, target, keys)
            await self.expand([*found.values()], target, inner)
            for holder, value in zip(holders, held, strict=True):
                if isinstance(value, list):
                    holder[name] = [found.get(key) if isinstance(key, str) else key for key in value]
                elif isinstance(value, str):
                    holder[name] = found.get(value)

    async def _fetch(self, reference: Reference, target: Resource, texts: Iterable[str]) -> dict[str, Any]:
        keys = [key for key in map(reference.key_of, texts) if key is not None]
        if len(keys) > MAX_EXPANDED:
            raise BadRequest(f"More than {MAX_EXPANDED} references cannot be expanded at once.")
        if not keys:
            return {}
        pk = str(target.pk)
        query = Query(where=[Condition(pk, "in", keys)], per_page=len(keys))
        listing = await self.provider.list(target, query, handler=self.handler, represent=True)
        return {reference.dump(item.values[pk]): item.body for item in listing.items}


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value
