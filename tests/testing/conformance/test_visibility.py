"""Cases of scopes fail for a provider that forgets them in one of its calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bzz.providers.memory import MemoryProvider
from tests.support.broken import suite_of


def unscoped(schema: Any) -> Any:
    return replace(schema, scopes=())


class ListsAll(MemoryProvider):
    """Forgets the scopes of lists."""

    async def list(self, schema: Any, query: Any, *, state: Any, represent: bool) -> Any:
        return await super().list(unscoped(schema), query, state=state, represent=represent)


class NarrowsPages(ListsAll):
    """Applies the scopes to a page, and not to the list."""

    async def list(self, schema: Any, query: Any, *, state: Any, represent: bool) -> Any:
        listing = await super().list(schema, query, state=state, represent=represent)
        shown: Any = [item.instance for item in listing.items]
        for scope in schema.scopes:
            shown = [*scope(shown, state.handler)]
        return replace(listing, items=[item for item in listing.items if item.instance in shown])


class Finds(MemoryProvider):
    """Forgets the scopes of single instances."""

    def _find(self, address: Any, state: Any) -> Any:
        return super()._find(replace(address, schema=unscoped(address.schema)), state)


class Updates(Finds):
    """Forgets the scopes in an update."""

    async def get(self, address: Any, *, state: Any, represent: bool) -> Any:
        MemoryProvider._find(self, address, state)
        return await super().get(address, state=state, represent=represent)

    async def delete(self, address: Any, *, check: Any, loaded: Any, state: Any) -> Any:
        MemoryProvider._find(self, address, state)
        return await super().delete(address, check=check, loaded=loaded, state=state)


class Deletes(Updates):
    """Forgets the scopes in a delete."""

    async def update(self, address: Any, change: Any, *, exact: bool, loaded: Any, state: Any) -> Any:
        MemoryProvider._find(self, address, state)
        return await super().update(address, change, exact=exact, loaded=loaded, state=state)

    async def delete(self, address: Any, *, check: Any, loaded: Any, state: Any) -> Any:
        return await MemoryProvider.delete(self, address, check=check, loaded=loaded, state=state)


class Replaces(MemoryProvider):
    """Lets the scopes take the place of the hooks."""

    async def list(self, schema: Any, query: Any, *, state: Any, represent: bool) -> Any:
        if schema.scopes:
            schema = replace(schema, model=type("Hookless", (), {}))
            self._tables[schema.model] = next(iter(self._tables.values()))
        return await super().list(schema, query, state=state, represent=represent)


class Blocks(MemoryProvider):
    """Runs the scopes on the event loop."""

    async def list(self, schema: Any, query: Any, *, state: Any, represent: bool) -> Any:
        for scope in schema.scopes:
            scope((), state.handler)
        return await super().list(schema, query, state=state, represent=represent)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (ListsAll, "a_scope_narrows_lists"),
        (ListsAll, "a_scope_narrows_a_list_of_keys"),
        (NarrowsPages, "a_scope_narrows_lists"),
        (Finds, "a_scope_narrows_single_instances"),
        (Updates, "a_scope_narrows_single_instances"),
        (Deletes, "a_scope_narrows_single_instances"),
        (Replaces, "a_scope_does_not_replace_the_hooks"),
    ],
)
def test_a_provider_that_forgets_scopes_fails_their_cases(kind: Any, name: str) -> None:
    with pytest.raises(AssertionError):
        getattr(suite_of(kind), f"test_{name}")()


def test_a_provider_that_runs_scopes_on_the_event_loop_fails_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bzz.testing.conformance.visibility.SOON", 0.1)
    with pytest.raises(AssertionError, match="the event loop is blocked"):
        suite_of(Blocks).test_a_scope_that_blocks_does_not_block_the_event_loop()
