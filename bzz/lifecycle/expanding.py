"""``expand`` replaces references with the instances that they refer to.

The instances of each field are fetched in one batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bzz.exceptions import BadRequest
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.query.expansion import Tree, deferred_among
from bzz.schema.relations import Embedded

MAX_EXPANDED = 10_000  # instances in one reply


async def expand(unit_of_work: UnitOfWork, bodies: Sequence[Any], tree: Tree) -> list[int]:
    """Replace the primary keys in ``bodies`` with representations, in place.

    A key becomes null if its instance does not exist, or if the request may not see the instance.

    Args:
        unit_of_work: the calls that fetch the instances.
        bodies: representations.
        tree: the fields to expand, as ``plan`` returns it.

    Returns:
        The number of expanded instances in each body, at any depth.

    Raises:
        BadRequest: the bodies would hold more than ``MAX_EXPANDED`` instances.
        Unavailable: the store did not answer in time.
    """
    sizes = [0] * len(bodies)
    for name, branch in tree.items():
        kind = branch.relation.type
        held = [(index, item) for index, body in enumerate(bodies) for item in _items(body, name)]
        if isinstance(kind, Embedded):
            parts = await expand(unit_of_work, [item for _, item in held], branch.below)
            for (index, _), size in zip(held, parts, strict=True):
                sizes[index] += size
            continue
        _check_size(len(held))
        keys = {item for _, item in held if isinstance(item, str)}
        below = deferred_among(branch.schema, branch.below)
        instances = await unit_of_work.fetch(branch.schema, keys, undefer=below, represent=True)
        found = {kind.dump(key): item.body for key, item in instances.items()}
        inside = dict(zip(found, await expand(unit_of_work, [*found.values()], branch.below), strict=True))
        for index, item in held:
            sizes[index] += (1 + inside.get(item, 0)) if isinstance(item, str) else 0
        _check_size(sum(sizes))
        _replace(bodies, name, found)
    return sizes


def _check_size(size: int) -> None:
    if size > MAX_EXPANDED:
        raise BadRequest(f"At most {MAX_EXPANDED} references are expanded at once; ask for fewer.")


def _items(body: Any, name: str) -> list[Any]:
    value = body.get(name) if isinstance(body, dict) else None
    return value if isinstance(value, list) else [value]


def _replace(bodies: Sequence[Any], name: str, found: Mapping[str, Any]) -> None:
    """Replace the keys in the field ``name`` with their representations in ``found``."""
    for body in bodies:
        value = body.get(name) if isinstance(body, dict) else None
        if isinstance(value, list):
            body[name] = [found.get(key) if isinstance(key, str) else key for key in value]
        elif isinstance(value, str):
            body[name] = found.get(value)
