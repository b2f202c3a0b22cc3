"""Scopes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks


def unscoped(schema: Any) -> Any:
    return replace(schema, scopes=())


@breaks("A scope narrows lists.", "a_scope_narrows_lists")
@breaks("A scope narrows a list of keys.", "a_scope_narrows_a_list_of_keys")
class ListsAll(MemoryProvider):
    """Forgets the scopes of lists."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return await super().list(unscoped(schema), query, **options)


@breaks("A scope narrows the list, and not its pages.", "a_scope_narrows_lists")
class NarrowsPages(ListsAll):
    """Applies the scopes to a page, and not to the list."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options | {"needs_instances": True})
        shown: Any = [item.instance for item in listing.items]
        for scope in schema.scopes:
            shown = [*scope(shown, options["state"].handler)]
        return replace(listing, items=[item for item in listing.items if item.instance in shown])


@breaks("A scope narrows single reads.", "a_scope_narrows_single_instances")
class Finds(MemoryProvider):
    """Forgets the scopes of single instances."""

    def _find(self, address: Any, state: Any) -> Any:
        return super()._find(replace(address, schema=unscoped(address.schema)), state)


@breaks("A scope narrows updates.", "a_scope_narrows_single_instances")
class Updates(Finds):
    """Forgets the scopes in an update."""

    async def get(self, address: Any, **options: Any) -> Any:
        MemoryProvider._find(self, address, options["state"])
        return await super().get(address, **options)

    async def delete(self, address: Any, **options: Any) -> Any:
        MemoryProvider._find(self, address, options["state"])
        return await super().delete(address, **options)


@breaks("A scope narrows deletes.", "a_scope_narrows_single_instances")
class Deletes(Updates):
    """Forgets the scopes in a delete."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        MemoryProvider._find(self, address, options["state"])
        return await super().update(address, change, **options)

    async def delete(self, address: Any, **options: Any) -> Any:
        return await MemoryProvider.delete(self, address, **options)


@breaks("A scope does not replace the hooks.", "a_scope_does_not_replace_the_hooks")
class Replaces(MemoryProvider):
    """Lets the scopes take the place of the hooks."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        if schema.scopes:
            schema = replace(schema, model=type("Hookless", (), {}))
            self._tables[schema.model] = next(iter(self._tables.values()))
        return await super().list(schema, query, **options)


@breaks("A scope runs in a thread.", "a_scope_that_blocks_does_not_block_the_event_loop")
class Blocks(MemoryProvider):
    """Runs the scopes on the event loop."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        for scope in schema.scopes:
            scope((), options["state"].handler)
        return await super().list(schema, query, **options)


@breaks("The hooks of a model narrow lists.", "an_instance_that_hooks_hide_is_not_found")
class Unhooked(MemoryProvider):
    """Lists all instances."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return await super().list(schema, replace(query, hidden=True), **options)


@breaks("Hooks get the handler of the request.", "hooks_get_the_identifier_and_the_handler")
class NoHandler(MemoryProvider):
    """Calls hooks without a handler."""

    async def list(self, schema: Any, query: Any, *, state: Any, **options: Any) -> Any:
        return await super().list(schema, query, state=replace(state, handler=None), **options)


@breaks("Hooks get the identifier as text.", "hooks_get_the_identifier_and_the_handler")
class KeyForId(MemoryProvider):
    """Gives hooks something else than the identifier."""

    def _find(self, address: Any, state: Any) -> Any:
        return super()._find(replace(address, id=repr(address.key)), state)


@breaks("A marked method makes the representation.", "a_marked_method_of_the_model_makes_the_representation")
class Unmarked(MemoryProvider):
    """Does not describe which method represents an instance."""

    def describe(self, model: Any) -> Any:
        return replace(super().describe(model), represented_by="")
