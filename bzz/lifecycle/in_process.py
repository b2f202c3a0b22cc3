"""The acts of a model for plain code: scripts, tests, WebSocket handlers, whatever runs outside of a request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from bzz.exceptions import NotFound
from bzz.lifecycle import members, reads, writes
from bzz.lifecycle.act import Act
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.base import Provider
from bzz.query.parser import Parser
from bzz.resources.catalogue import resource_of
from bzz.resources.paths import find_path
from bzz.resources.resource import Resource


class Page(list[Any]):
    """One page of a list of instances.

    Args:
        items: the instances.
        more: whether another page follows.
        total: how many instances all pages have; None where that was not asked for.
        cursor: what ``after`` of the next page is; None where there is none, or only its number leads there.
    """

    def __init__(self, items: Iterable[Any], more: bool, total: int | None, cursor: str | None) -> None:
        super().__init__(items)
        self.more, self.total, self.cursor = more, total, cursor


class InProcess(ABC):
    """What can be done with the instances of a model, and those below them, without a request.

    Each does what a request does, with the same signals, whose ``handler`` is None; but it may reach and set any field,
    it is asked for no permission, and it returns instances.

    Args:
        provider: of the model.
        name: the resource's, which ``arguments`` begin with.
    """

    def __init__(self, provider: Provider, name: str) -> None:
        self.provider, self.name = provider, name

    @property
    @abstractmethod
    def resource(self) -> Resource:
        """The model as its hive's options leave it."""

    async def get(self, *path: Any) -> Any:
        """Return the instance at ``path``: a primary key, as a URL would have it or typed, and what comes after it.

        Raises:
            TypeError: the path leads to something else.
            BzzError: as ``actions.get_instance``.
        """
        return (await reads.get_instance(self._act("get", path))).instance

    async def list(self, /, *path: Any, **query: Any) -> Page:
        """Return a page of the instances, or of those in the list at ``path``.

        Args:
            path: empty, or ``(PK, 'members')``.
            query: the parameters that a query string has but ``fields`` and ``expand``: ``age__gte=18, sort='-age'``.

        Raises:
            TypeError: the path leads to something else.
            BzzError: as ``Parser.query`` and ``actions.get_list``.
        """
        act, resource = self._find("list", path)
        asked = Parser.at(self.provider, act.path, resource).query(query)
        listing, cursor = await reads.get_list(act, asked)
        return Page([item.instance for item in listing.items], listing.more, listing.total, cursor)

    async def create(self, *path_and_data: Any) -> Any:
        """Store a new instance with the values that come last, by field name, and return it.

        It may set fields that requests may not. Before the values comes the path, for a document inside another:
        ``await teams.create(team.id, 'projects', {'name': 'Engine'})``.

        Raises:
            TypeError: the path leads to something else.
            BzzError: as ``actions.create_instance``.
        """
        path, data = _split(path_and_data, Mapping)
        return (await writes.create_instance(self._act("create", path), data)).instance

    async def update(self, *path_and_data: Any) -> Any:
        """Merge the values that come last into the instance at the path before them, and return it.

        Raises:
            TypeError: the path leads to something else.
            BzzError: as ``actions.update_instance``.
        """
        path, data = _split(path_and_data, Mapping)
        return (await writes.update_instance(self._act("update", path), data)).instance

    async def delete(self, *path: Any) -> None:
        """Delete the instance at ``path``.

        Raises:
            TypeError: the path leads to something else.
            BzzError: as ``actions.delete_instance``.
        """
        await writes.delete_instance(self._act("delete", path))

    async def associate(self, *path_and_keys: Any) -> Sequence[Any]:
        """Have the relation at the path refer to the instances whose primary key, or list of such, comes last.

        Returns:
            These instances: ``[ada] = await teams.associate(team.id, 'members', ada.id)``.

        Raises:
            TypeError: the path leads to something else.
            BzzError: as ``associations.associate``.
        """
        path, keys = _split(path_and_keys, object)
        act = self._act("associate", path)
        keys = [keys] if act.path.end.is_list and not isinstance(keys, (list, tuple)) else keys
        association = await members.associate(act, {act.path.end.name: keys})
        return [member.instance for member in association.members]

    async def dissociate(self, *path: Any) -> None:
        """Take the instance at ``path`` out of the relation that the path leads through.

        Raises:
            TypeError: the path leads to something else.
            BzzError: as ``associations.dissociate``.
        """
        await members.dissociate(self._act("dissociate", path))

    async def close(self) -> None:
        """Let go of what the provider holds; it can be used again."""
        await self.provider.close()

    @cached_property
    def _trusting(self) -> Resource:
        return self.resource.trusting(self.provider)

    def _act(self, name: str, below: Sequence[Any]) -> Act:
        return self._find(name, below)[0]

    def _find(self, name: str, below: Sequence[Any]) -> tuple[Act, Resource]:
        """Return what is to be done at a path, and the view of the last model on it that is stored on its own."""
        if any(part is None for part in below):
            raise TypeError(f"a path has no None in it: {below!r}")

        def reach(model: Any) -> Resource:
            return resource_of(self.provider, model).trusting(self.provider)

        try:
            path, resources = find_path(self._trusting, self.name, below, reach)
        except NotFound:
            raise TypeError(f"{self.resource.schema.model.__name__} has no path {below!r}") from None
        if name not in path.end.acts:
            raise TypeError(f"{'/'.join(path.arguments)} takes {', '.join(path.end.acts)}, not {name}")
        return Act(UnitOfWork(self.provider), path, in_process=True), resources[-1]


def _split(path_and_last: Sequence[Any], kind: type) -> tuple[Sequence[Any], Any]:
    """Return a path, and what comes after it."""
    if not path_and_last or not isinstance(path_and_last[-1], kind):
        raise TypeError(f"after the path comes a {kind.__name__} of what to write: {path_and_last!r}")
    return path_and_last[:-1], path_and_last[-1]
