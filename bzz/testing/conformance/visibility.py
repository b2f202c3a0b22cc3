"""Cases of scopes: the functions of a schema that narrow the instances that requests may see."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn

from bzz.exceptions import Conflict, NotFound
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.base import Provider
from bzz.providers.conditions import Condition
from bzz.providers.values import ActState, Address, Listing, Query
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.serving import Served, hooked

SOON = 4  # seconds; a scope that waits longer for the event loop fails


async def listed(provider: Provider, schema: Schema, query: Query | None = None, handler: Any = None) -> Listing:
    """Return the page of a list."""
    unit_of_work = UnitOfWork(provider, ActState(handler))
    try:
        return await unit_of_work.list(schema, query or Query(), needs_instances=False)
    finally:
        await unit_of_work.end()


def ids(schema: Schema, listing: Listing) -> list[str]:
    """Return the identifiers of the instances on a page, as replies show them."""
    return [str(schema.identifier(item.values[str(schema.pk)], schema.pk)) for item in listing.items]


async def finding(provider: Provider, schema: Schema, identifier: str, handler: Any = None) -> list[str]:
    """Return the names of the calls that find an instance: ``get``, ``update``, ``delete``.

    No call changes the instance.
    """
    address, found = Address.parse(schema, identifier), []
    for name in ("get", "update", "delete"):
        unit_of_work = UnitOfWork(provider, ActState(handler))
        try:
            await _call(unit_of_work, name, address)
        except NotFound:
            continue
        except Conflict:
            found.append(name)
        finally:
            await unit_of_work.end()
    return found


async def _call(unit_of_work: UnitOfWork, name: str, address: Address) -> None:
    """Make a call that raises NotFound, or else Conflict."""

    def refuse(values: Values) -> NoReturn:
        raise Conflict("The instance is found.")

    if name == "get":
        refuse((await unit_of_work.get(address)).values)
    async with unit_of_work.writing(address.schema):
        if name == "update":
            await unit_of_work.update(address, refuse)
        else:
            await unit_of_work.delete(address, check=refuse)


@contextmanager
def unhooked(model: Any) -> Iterator[Any]:
    """Yield the list hook of a model, which may be a scope.

    While the block runs, the model has no hooks.
    """
    hook = model.get_list_queryset

    def show_one(cls: Any, model: Any, queryset: Any, instance_id: Any, handler: Any) -> Any:
        return queryset

    def show_all(cls: Any, queryset: Any, handler: Any) -> Any:
        return queryset

    with hooked(model, get_instance_queryset=show_one, get_list_queryset=show_all):
        yield hook


@contextmanager
def scoped(provider: Provider, model: Any) -> Iterator[Schema]:
    """Yield the schema of a model with the model's hook as its scope.

    While the block runs, the model has no hooks.
    """
    with unhooked(model) as hook:
        yield replace(provider.describe(model), scopes=(hook,))


class VisibilityCases(Cases):
    """A scope narrows as the hooks of a model do."""

    async def notes(self, served: Served) -> list[str]:
        """Create three notes. Return their ids; the second note is hidden."""
        texts = ("one", "hidden", "two")
        return [(await served.api.create("/note", text=text, hidden=text == "hidden"))["id"] for text in texts]

    @case("note")
    async def test_a_scope_narrows_lists(self, served: Served) -> None:
        """A page is as long as possible, and the count is of the shown instances only."""
        first, _, last = await self.notes(served)
        with scoped(served.provider, self.note) as schema:
            query = Query(per_page=2, count=served.provider.capabilities.count)
            listing = await listed(served.provider, schema, query)
            assert sorted(ids(schema, listing)) == sorted((first, last))
            assert not listing.more
            assert listing.total in (2, None)
            assert len((await listed(served.provider, replace(schema, scopes=()))).items) == 3

    @case("note")
    async def test_a_scope_narrows_a_list_of_keys(self, served: Served) -> None:
        """With such a list, bzz finds references and members."""
        first, hidden, _ = await self.notes(served)
        with scoped(served.provider, self.note) as schema:
            keys = schema.parse_keys((first, hidden))
            listing = await listed(served.provider, schema, Query(where=[Condition(str(schema.pk), "in", keys)]))
            assert ids(schema, listing) == [first]

    @case("note")
    async def test_a_scope_narrows_single_instances(self, served: Served) -> None:
        """A hidden instance is found by no read and no write."""
        first, hidden, _ = await self.notes(served)
        with scoped(served.provider, self.note) as schema:
            assert await finding(served.provider, schema, hidden) == []
            assert await finding(served.provider, schema, first) == ["get", "update", "delete"]
            assert await finding(served.provider, replace(schema, scopes=()), hidden) == ["get", "update", "delete"]

    @case("note")
    async def test_a_scope_does_not_replace_the_hooks(self, served: Served) -> None:
        """An instance must be shown by the hook and by each scope."""
        first, hidden, _ = await self.notes(served)
        schema = served.provider.describe(self.note)
        told: list[Any] = []

        def show_all(queryset: Any, handler: Any) -> Any:
            told.append(handler)
            return queryset

        both = replace(schema, scopes=(show_all, show_all))
        assert len((await listed(served.provider, both, handler=self)).items) == 2
        assert await finding(served.provider, both, hidden, handler=self) == []
        assert await finding(served.provider, both, first, handler=self) == ["get", "update", "delete"]
        assert {*told} == {self}, "a scope gets the handler of the act"
        with scoped(served.provider, self.note) as schema:
            both = replace(schema, scopes=(show_all, *schema.scopes, show_all))
            assert len((await listed(served.provider, both)).items) == 2
            assert await finding(served.provider, both, hidden) == []

    @case()
    async def test_a_scope_that_blocks_does_not_block_the_event_loop(self, served: Served) -> None:
        """The scope waits for an event.

        Only a running event loop can set the event.
        """
        await served.person()
        gate, reached, loop = threading.Event(), asyncio.Event(), asyncio.get_running_loop()

        def scope(queryset: Any, handler: Any) -> Any:
            loop.call_soon_threadsafe(reached.set)
            assert gate.wait(SOON), "the event loop is blocked"
            return queryset

        schema = replace(served.provider.describe(self.person), scopes=(scope,))
        listing, waiting = asyncio.ensure_future(listed(served.provider, schema)), asyncio.ensure_future(reached.wait())
        await asyncio.wait((listing, waiting), return_when=asyncio.FIRST_COMPLETED)
        assert waiting.done(), "the scope did not run"
        gate.set()
        assert len((await listing).items) == 1
