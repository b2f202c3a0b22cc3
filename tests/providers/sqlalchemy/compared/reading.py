"""Requests that read, each with the reply that SQLAlchemy's session leads to expect."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from tests.providers.sqlalchemy.compared.conftest import Served
from tests.providers.sqlalchemy.compared.oracle import World, names, shape_of
from tests.support.client import Api

AT_ONCE = 8  # requests
PER_PAGE = 7
NEXT = re.compile(r'<([^>]*)>; rel="?next"?')
Expected = tuple[str, Any]  # a path, and the JSON of the reply


@dataclass
class Comparison:
    """Compares replies with what is expected, and keeps the differences.

    Args:
        api: the application.
        differences: sentences.
    """

    api: Api
    differences: list[str] = field(default_factory=list)

    def differ(self, path: str, got: Any, wanted: Any) -> None:
        if got != wanted:
            self.differences.append(f"{path}: bzz {got!r}, SQLAlchemy {wanted!r}")

    async def all(self, expected: Iterable[Expected], *, walked: bool = False) -> None:
        waiting = [*expected]
        assert waiting, "there is something to compare"
        compare = self.walk if walked else self.one
        for start in range(0, len(waiting), AT_ONCE):
            await asyncio.gather(*(compare(*pair) for pair in waiting[start : start + AT_ONCE]))

    async def one(self, path: str, wanted: Any) -> None:
        """Compare one reply. A number stands for a status."""
        reply = await self.api("GET", path)
        if isinstance(wanted, int):
            self.differ(path, reply.status, wanted)
        else:
            self.differ(path, reply.json if reply.status == 200 else (reply.status, reply.body), wanted)

    async def walk(self, path: str, wanted: Any) -> None:
        """Compare all pages of a list, by ``Link`` and by number."""
        if not isinstance(wanted, list):
            await self.one(path, wanted)
            return
        start = f"{path}{'&' if '?' in path else '?'}per_page={PER_PAGE}"
        linked, following = await self._page(start)
        while following:
            some, following = await self._page(following)
            linked += some
            assert len(linked) <= len(wanted) + PER_PAGE, f"{path} ends"
        self.differ(f"{path} by Link", linked, wanted)
        pages = range(1, len(wanted) // PER_PAGE + 2)
        numbered = [one for page in pages for one in (await self._page(f"{start}&page={page}"))[0]]
        self.differ(f"{path} by page", numbered, wanted)

    async def _page(self, path: str) -> tuple[list[Any], str]:
        reply = await self.api("GET", path)
        if reply.status != 200:
            return [(reply.status, reply.body)], ""
        found = NEXT.search(reply.headers.get("Link", ""))
        return reply.json, found[1].replace(self.api.url, "") if found else ""


def lists(served: Served, world: World) -> Iterator[Expected]:
    for model in served.models:
        yield served.path(model), [row.shown for row in world[model].values()]


def instances(served: Served, world: World) -> Iterator[Expected]:
    for model in served.models:
        for row in world[model].values():
            yield served.path(model, quote(row.id)), row.shown


def paths_to_one(served: Served, world: World) -> Iterator[Expected]:
    """Yield the paths of relations that lead to one instance, and of the members of lists."""
    for model, row, name, target, member in _relations(served, world):
        path = served.path(model, quote(row.id), name)
        if isinstance(member, list):
            for one in member[:2]:
                yield f"{path}/{quote(one)}", world[target][one].shown
            outside = next((one for one in world[target] if one not in member), None)
            if outside is not None:
                yield f"{path}/{quote(outside)}", 404
        else:
            yield path, 404 if member is None else world[target][member].shown


def paths_to_many(served: Served, world: World) -> Iterator[Expected]:
    for model, row, name, target, member in _relations(served, world):
        if isinstance(member, list):
            path = served.path(model, quote(row.id), name)
            yield path, [world[target][one].shown for one in member]


def deep_paths(served: Served, world: World) -> Iterator[Expected]:
    """Yield, for each pair of relations in a row, one path through both."""
    seen = set()
    for model, row, name, target, member in _relations(served, world):
        for inner in names(target) if member else ():
            if (model, name, inner) not in seen:
                seen.add((model, name, inner))
                one = member[0] if isinstance(member, list) else member
                path = served.path(
                    model, quote(row.id), name, *([quote(one)] if isinstance(member, list) else []), inner
                )
                found = (world[target][one].shown | world[target][one].related)[inner]
                yield path, 404 if found is None else _inlined(world, shape_of(target).target(inner), found)


def shown_fields(served: Served, world: World) -> Iterator[Expected]:
    for model, row, name, _, member in _relations(served, world):
        yield served.path(model, f"{quote(row.id)}?fields=id,{name}"), {"id": row.id, name: member}


def expanded(served: Served, world: World) -> Iterator[Expected]:
    for model, row, name, target, member in _relations(served, world):
        yield served.path(model, f"{quote(row.id)}?expand={name}"), row.shown | {name: _inlined(world, target, member)}


def lists_with_relations(served: Served, world: World) -> Iterator[Expected]:
    for model in served.models:
        for name in names(model):
            target, rows = shape_of(model).target(name), world[model].values()
            found = [(row, (row.shown | row.related)[name]) for row in rows]
            yield served.path(model) + f"?fields={name}", [{name: member} for _, member in found]
            inlined = [row.shown | {name: _inlined(world, target, member)} for row, member in found]
            yield served.path(model) + f"?expand={name}", inlined


def _relations(served: Served, world: World) -> Iterator[tuple[Any, Any, str, Any, Any]]:
    """Yield each class, some rows, each relation, class of the members, and the identifiers of the members."""
    for model in served.models:
        for row in [*world[model].values()][::3]:
            for name in names(model):
                yield model, row, name, shape_of(model).target(name), (row.shown | row.related)[name]


def _inlined(world: World, target: Any, member: Any) -> Any:
    if isinstance(member, list):
        return [world[target][one].shown for one in member]
    return None if member is None else world[target][member].shown
