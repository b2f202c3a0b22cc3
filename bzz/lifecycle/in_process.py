"""The acts of a model for plain code outside of requests.

Examples of such code are scripts, tests and WebSocket handlers.
"""

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
from bzz.providers.values import ActState
from bzz.query.parser import Parser
from bzz.resources.family import Family
from bzz.resources.paths import parse_path
from bzz.resources.reach import PlainReach
from bzz.resources.resource import Resource


class Page(list[Any]):
    """One page of a list of instances.

    Args:
        items: the instances.
        more: whether another page follows.
        total: the number of instances on all pages. None unless the query has ``count``.
        cursor: the value of ``after`` for the next page. None if there is no next page, or if a client must ask for the
            next page with ``page``.
    """

    def __init__(self, items: Iterable[Any], more: bool, total: int | None, cursor: str | None) -> None:
        super().__init__(items)
        self.more, self.total, self.cursor = more, total, cursor


class InProcess(ABC):
    """The acts of one model, its embedded documents and its members, for plain code.

    An act does the same as the act of a request. It sends the same signals, with ``handler=None``. It may read and set
    any field, needs no permission, and returns instances.

    Args:
        provider: the provider of the model.
        model: the model.
        name: the name of the resource. The ``arguments`` of signals begin with this name.

    Attributes:
        family: the family of the hive's ``Api``; None without an ``Api``.
        is_main: whether this hive alone decides how its model is reached through other models.
    """

    family: Family | None = None
    is_main = False

    def __init__(self, provider: Provider, model: type, name: str) -> None:
        self.provider, self.model, self.name = provider, model, name
        self._reach = PlainReach(provider)

    @property
    @abstractmethod
    def resource(self) -> Resource:
        """The access to the model that the hive's options allow."""

    async def get(self, *path: Any) -> Any:
        """Return the instance at ``path``.

        Args:
            path: an identifier, and the segments below it: ``(PK, 'members', PK)``. An identifier is text, or a value
                of its field's type.

        Raises:
            TypeError: no instance can be at ``path``.
            BzzError: raised by ``reads.get_instance``.
        """
        async with self._act("get", path) as act:
            return (await reads.get_instance(act)).instance

    async def list(self, /, *path: Any, **query: Any) -> Page:
        """Return one page of the list at ``path``.

        Args:
            path: the path of a list below an instance: ``(PK, 'members')``. Empty for the list of all instances.
            query: the parameters of a query string, except ``fields`` and ``expand``: ``age__gte=18, sort='-age'``.

        Raises:
            TypeError: no list can be at ``path``.
            BzzError: raised by ``Parser.query`` or ``reads.get_list``.
        """
        async with self._act("list", path) as act:
            asked = Parser(self.provider, act.path).query(query)
            listing, cursor = await reads.get_list(act, asked)
            return Page([item.instance for item in listing.items], listing.more, listing.total, cursor)

    async def create(self, *path_and_data: Any) -> Any:
        """Store a new instance, or an embedded document, and return it.

        Args:
            path_and_data: the path, and then a dict from field name to value. The path of a new instance is empty. The
                path of an embedded document ends in the document's field:
                ``await teams.create(team.id, 'projects', {'name': 'Engine'})``.

        Raises:
            TypeError: nothing can be created at the path.
            BzzError: raised by ``writes.create_instance``.
        """
        path, data = _split(path_and_data, Mapping)
        async with self._act("create", path) as act:
            return (await writes.create_instance(act, data)).instance

    async def update(self, *path_and_data: Any) -> Any:
        """Merge values into an instance and return it.

        Args:
            path_and_data: the instance's path, as ``get`` takes it, and then a dict from field name to value.

        Raises:
            TypeError: the path cannot lead to an instance that can be updated.
            BzzError: raised by ``writes.update_instance``.
        """
        path, data = _split(path_and_data, Mapping)
        async with self._act("update", path) as act:
            return (await writes.update_instance(act, data)).instance

    async def delete(self, *path: Any) -> None:
        """Delete the instance at ``path``.

        Raises:
            TypeError: the path cannot lead to an instance that can be deleted.
            BzzError: raised by ``writes.delete_instance``.
        """
        async with self._act("delete", path) as act:
            await writes.delete_instance(act)

    async def associate(self, *path_and_keys: Any) -> Sequence[Any]:
        """Add existing instances to a relation and return them.

        Args:
            path_and_keys: the relation's path, and then a primary key or a list of primary keys:
                ``[ada] = await teams.associate(team.id, 'members', ada.id)``.

        Raises:
            TypeError: no relation is at the path.
            BzzError: raised by ``members.associate``.
        """
        path, keys = _split(path_and_keys, object)
        async with self._act("associate", path) as act:
            is_composite = bool(act.schema.fields[str(act.schema.pk)].parts)
            several = list if is_composite else (list, tuple)
            keys = [keys] if act.path.end.is_list and not isinstance(keys, several) else keys
            association = await members.associate(act, {act.path.end.name: keys})
            return [member.instance for member in association.members]

    async def dissociate(self, *path: Any) -> None:
        """Take the member at ``path`` out of its relation.

        The member is not deleted.

        Raises:
            TypeError: no member of a relation is at ``path``.
            BzzError: raised by ``members.dissociate``.
        """
        async with self._act("dissociate", path) as act:
            await members.dissociate(act)

    async def close(self) -> None:
        """Close the provider's threads and connections. The next call opens new ones."""
        await self.provider.close()

    @cached_property
    def _trusting(self) -> Resource:
        return self._reach.full(self.resource)

    def _act(self, name: str, below: Sequence[Any]) -> Act:
        """Return the act ``name`` at a path.

        Raises:
            TypeError: the path contains None, does not exist, or does not take the act.
        """
        if any(part is None for part in below):
            raise TypeError(f"a path has no None in it: {below!r}")
        try:
            path = parse_path(self._trusting, self.name, below, self._reach)
        except NotFound:
            raise TypeError(f"{self.resource.schema.model.__name__} has no path {below!r}") from None
        if name not in path.end.acts:
            raise TypeError(f"{'/'.join(path.arguments)} takes {', '.join(path.end.acts)}, not {name}")
        return Act(UnitOfWork(self.provider, ActState(hive=self)), path, in_process=True)


def _split(path_and_last: Sequence[Any], kind: type) -> tuple[Sequence[Any], Any]:
    """Return a path, and the last argument after it."""
    if not path_and_last or not isinstance(path_and_last[-1], kind):
        raise TypeError(f"after the path comes a {kind.__name__} to write: {path_and_last!r}")
    return path_and_last[:-1], path_and_last[-1]
