"""``expand`` replaces references with the instances that they refer to.

The instances of each field are fetched in one batch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bzz.exceptions import BadRequest
from bzz.lifecycle.act import Act
from bzz.lifecycle.representing import represent
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.values import Query
from bzz.query.expansion import Tree, deferred_among, plan
from bzz.resources.reach import Reach
from bzz.schema.encoding import encode
from bzz.schema.relations import Embedded, reference_of
from bzz.schema.schema import Schema

MAX_EXPANDED = 10_000  # instances in one reply


@dataclass(slots=True)
class Size:
    """The size of what expansion adds to one representation, repetitions included.

    Args:
        instances: the number of instances.
        length: the number of bytes as JSON.
    """

    instances: int = 0
    length: int = 0

    def add(self, other: Size) -> None:
        """Add another size."""
        self.instances += other.instances
        self.length += other.length


async def shown_items(act: Act, shown: list[Any], query: Query) -> list[Any]:
    """Return representations of instances at the end of an act's path, as a query asks for them.

    Args:
        act: the act.
        shown: the representations. They are changed in place.
        query: the query, whose ``fields`` and ``expand`` say what to change.

    Raises:
        BadRequest, Unavailable: raised by ``expand``.
    """
    path = act.path
    await drop_hidden(act.unit_of_work, path.reach, path.schema, shown, act.undefer)
    if query.expand:
        tree = plan(path.reach, path.schema, query.expand)
        await expand(act.unit_of_work, path.reach, shown, tree, path.end.resource.max_reply)
    if query.fields is not None:
        names = {*query.fields, *(name.partition(".")[0] for name in query.expand)}
        shown = [{k: v for k, v in b.items() if k in names} if isinstance(b, dict) else b for b in shown]
    return shown


async def expand(unit_of_work: UnitOfWork, reach: Reach, bodies: Sequence[Any], tree: Tree, limit: int) -> list[Size]:
    """Replace the primary keys in ``bodies`` with representations, in place.

    A key becomes null if its instance does not exist, or if the request may not see the instance.

    Args:
        unit_of_work: the calls that fetch the instances.
        reach: the models that the caller may reach.
        bodies: representations.
        tree: the fields to expand, as ``plan`` returns it.
        limit: the most bytes that expansion may add.

    Returns:
        What expansion has added to each body.

    Raises:
        BadRequest: the bodies would hold more than ``MAX_EXPANDED`` instances, or more than ``limit`` bytes.
        Unavailable: the store did not answer in time.
    """
    sizes = [Size() for _ in bodies]
    for name, branch in tree.items():
        kind = branch.relation.type
        held = [(index, item) for index, body in enumerate(bodies) for item in _items(body, name)]
        if isinstance(kind, Embedded):
            parts = await expand(unit_of_work, reach, [item for _, item in held], branch.below, limit)
            for (index, _), size in zip(held, parts, strict=True):
                sizes[index].add(size)
            continue
        _check(len(held), 0, limit)
        keys = {item for _, item in held if isinstance(item, str)}
        below = deferred_among(branch.schema, branch.below)
        found: dict[str, Any] = {}
        inside: dict[str, Size] = {}
        held_below = dict.fromkeys(map(branch.schema.public_name, below), 0)
        undefer = {**dict.fromkeys(branch.schema.shown), **below}
        needs = branch.schema.has_methods
        async for some in unit_of_work.batches(branch.schema, keys, undefer=undefer, needs_instances=needs):
            shown = await represent(unit_of_work, branch.schema, [*some.values()])
            bodies_of_some = dict(zip(map(kind.dump, some), shown, strict=True))
            await drop_hidden(unit_of_work, reach, branch.schema, [*bodies_of_some.values()], below)
            for name_below in held_below:
                held_below[name_below] += sum(len(_items(body, name_below)) for body in bodies_of_some.values())
                _check(held_below[name_below], 0, limit)
            found |= bodies_of_some
            inside |= {key: Size(1, _length(branch.schema, body)) for key, body in bodies_of_some.items()}
            _check(0, sum(size.length for size in inside.values()), limit)
        added = await expand(unit_of_work, reach, [*found.values()], branch.below, limit)
        for key, size in zip(found, added, strict=True):
            inside[key].add(size)
        for index, item in held:
            if item in inside:
                sizes[index].add(inside[item])
        _check(sum(size.instances for size in sizes), sum(size.length for size in sizes), limit)
        _replace(bodies, name, found)
    return sizes


async def drop_hidden(
    unit_of_work: UnitOfWork, reach: Reach, schema: Schema, bodies: Sequence[Any], names: Iterable[str]
) -> None:
    """Leave members that the caller may not see out of relations, in place.

    Args:
        unit_of_work: the calls that fetch the members.
        reach: the models that the caller may reach.
        bodies: representations. They contain primary keys of members.
        schema: the schema of the representations.
        names: the model's own names of deferred fields.

    Raises:
        Unavailable: the store did not answer in time.
    """
    for name in names:
        kind, key = reference_of(schema.fields[name]), schema.public_name(name)
        resource = reach.members(schema.fields[name])
        if kind is None or resource is None or not resource.is_narrowed:
            continue
        held = {item for body in bodies for item in _items(body, key) if isinstance(item, str)}
        seen = await unit_of_work.shown_keys(resource.schema, held)
        found = {kind.dump(member): kind.dump(member) for member in seen}
        for body in bodies:
            if isinstance(body, dict) and isinstance(body.get(key), list):
                body[key] = [item for item in body[key] if item in found]
        _replace(bodies, key, found)


def _check(instances: int, length: int, limit: int) -> None:
    if instances > MAX_EXPANDED:
        raise BadRequest(f"At most {MAX_EXPANDED} references are expanded at once; ask for fewer.")
    if length > limit:
        raise too_long(limit)


def too_long(limit: int) -> BadRequest:
    """Return the error of a reply that would be longer than ``limit`` bytes."""
    return BadRequest(f"The reply would be longer than {limit} bytes; ask for fewer instances or fields.")


def _length(schema: Schema, body: Any) -> int:
    """Return the number of bytes of a representation as JSON."""
    return len(encode(body, schema.json.dump))


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
