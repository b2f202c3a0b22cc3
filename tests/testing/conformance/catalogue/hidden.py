"""Instances that requests may not see."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote

from bzz.exceptions import Forbidden, NotFound
from bzz.providers.memory import MemoryProvider
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.support.broken import breaks

CONDITION = "no_condition_finds_a_hidden_instance"
CALL = "a_hidden_instance_is_found_by_no_call"
HANDLER = "each_call_passes_the_hooks_what_the_act_has"
ITSELF = "an_instance_may_hide_itself_by_a_write"


class ShowsSome(MemoryProvider):
    """Forgets hooks and scopes in some lists."""

    def shows(self, query: Any) -> bool:
        raise NotImplementedError

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return await super().list(schema, replace(query, hidden=query.hidden or self.shows(query)), **options)


@breaks("A condition finds no hidden instance.", CONDITION, way="hooks")
@breaks("A condition finds no instance that a scope hides.", CONDITION, way="scope")
class ShowsFiltered(ShowsSome):
    """Forgets them if there is a condition with one value."""

    def shows(self, query: Any) -> bool:
        return any(one.operator == "eq" for one in query.where)


@breaks("A sorted list has no hidden instance.", "an_order_leaves_hidden_instances_out", way="hooks")
@breaks("A sorted list has no instance that a scope hides.", "an_order_leaves_hidden_instances_out", way="scope")
class ShowsSorted(ShowsSome):
    """Forgets them if the list is sorted by two fields."""

    def shows(self, query: Any) -> bool:
        return len(query.sort) > 1


@breaks("The second page has no hidden instance.", "pages_have_no_gaps_for_hidden_instances", way="hooks")
@breaks("The second page has no instance that a scope hides.", "pages_have_no_gaps_for_hidden_instances", way="scope")
class ShowsLaterPages(ShowsSome):
    """Forgets them after the first page."""

    def shows(self, query: Any) -> bool:
        return bool(query.page > 1)


@breaks("A page after a cursor has no hidden instance.", "a_walk_along_cursors_meets_no_hidden_instance")
class ShowsAfterCursors(ShowsSome):
    """Forgets them after a cursor."""

    def shows(self, query: Any) -> bool:
        return query.after is not None


@breaks("A count counts no hidden instance.", CONDITION, way="hooks")
@breaks("A count counts no instance that a scope hides.", CONDITION, way="scope")
class CountsAll(MemoryProvider):
    """Counts the hidden instances, too."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        everything = await super().list(schema, replace(query, hidden=True), **options)
        return replace(await super().list(schema, query, **options), total=everything.total)


@breaks("Receivers get hidden instances.", "receivers_alone_get_hidden_instances", way="hooks")
@breaks("Receivers get instances that a scope hides.", "receivers_alone_get_hidden_instances", way="scope")
class ShowsReceiversNothing(MemoryProvider):
    """Ignores ``Query.hidden``."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return await super().list(schema, replace(query, hidden=False), **options)


class Blind(MemoryProvider):
    """Forgets hooks and scopes of single instances, except in the ``guarded`` calls."""

    guarded: ClassVar[set[str]] = set()

    def _find(self, address: Any, state: Any) -> Any:
        for instance in self._table(address.schema.model).values():
            if getattr(instance, address.field) == address.key:
                return instance
        raise NotFound("There is no such instance.")

    def guard(self, name: str, address: Any, state: Any) -> None:
        if name in self.guarded:
            MemoryProvider._find(self, address, state)

    async def get(self, address: Any, **options: Any) -> Any:
        self.guard("get", address, options["state"])
        return await super().get(address, **options)

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        self.guard("update", address, options["state"])
        return await super().update(address, change, **options)

    async def delete(self, address: Any, **options: Any) -> Any:
        self.guard("delete", address, options["state"])
        return await super().delete(address, **options)


@breaks("A get finds no hidden instance.", CALL, way="hooks")
class Gets(Blind):
    guarded: ClassVar[set[str]] = {"update", "delete"}


@breaks("An update finds no hidden instance.", CALL, way="hooks")
class Updates(Blind):
    guarded: ClassVar[set[str]] = {"get", "delete"}


@breaks("A delete finds no hidden instance.", CALL, way="hooks")
class Deletes(Blind):
    guarded: ClassVar[set[str]] = {"get", "update"}


@breaks("A hidden instance is not found by another field, either.", CALL, way="hooks")
@breaks("Nor does a scope show it.", CALL, way="scope")
class FindsByName(Blind):
    """Forgets hooks and scopes if the address has another field than the primary key."""

    def _find(self, address: Any, state: Any) -> Any:
        if address.field == address.schema.pk:
            return MemoryProvider._find(self, address, state)
        return super()._find(address, state)


@breaks("An address names its field.", CALL, way="hooks")
class FindsByKey(MemoryProvider):
    """Looks for the primary key alone."""

    def _find(self, address: Any, state: Any) -> Any:
        return super()._find(replace(address, field=address.schema.pk), state)


@breaks("A change gets no values of a hidden instance.", CALL, way="hooks")
class ChangesFirst(Blind):
    """Applies the change, and calls the hooks then."""

    guarded: ClassVar[set[str]] = {"get", "delete"}

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        stored = await super().update(address, change, **options)
        MemoryProvider._find(self, address, options["state"])
        return stored


@breaks("Hooks decide before an update.", ITSELF)
class LooksAfterUpdates(MemoryProvider):
    """Calls the hooks after an update again."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        stored = await super().update(address, change, **options)
        self._find(address, options["state"])
        return stored


@breaks("A create calls no hooks.", ITSELF)
class LooksAfterCreates(MemoryProvider):
    """Finds a new instance by the hooks."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        stored = await super().create(schema, data, **options)
        if not [*getattr(schema.model, "get_list_queryset", lambda found, _: found)([stored.instance], None)]:
            raise NotFound("There is no such instance.")
        return stored


@breaks("A hidden instance is not found, and nothing else.", "a_precondition_does_not_tell_of_a_hidden_instance")
class Forbids(Blind):
    """Tells that an instance is there, but hidden."""

    def _find(self, address: Any, state: Any) -> Any:
        instance = super()._find(address, state)
        try:
            return MemoryProvider._find(self, address, state)
        except NotFound as error:
            raise Forbidden(f"{instance} is hidden.") from error


class Changed(MemoryProvider):
    """Changes what the hooks get in some calls."""

    def changed(self, address: Any, state: Any) -> tuple[Any, Any]:
        raise NotImplementedError

    def _find(self, address: Any, state: Any) -> Any:
        return super()._find(*self.changed(address, state))


@breaks("Hooks get the handler of the act.", HANDLER)
class PassesNoHandler(Changed):
    """Passes the handler of reads alone."""

    def changed(self, address: Any, state: Any) -> tuple[Any, Any]:
        return address, replace(state, handler=None) if state.is_writing else state


@breaks("Hooks get the identifier of the URL.", "an_address_by_another_field_is_the_identifier_of_hooks")
class PassesTheKey(Changed):
    """Passes the primary key of the instance as the identifier."""

    def changed(self, address: Any, state: Any) -> tuple[Any, Any]:
        found = [one for one in self._snapshot(address.schema.model) if getattr(one, address.field) == address.key]
        return replace(address, id=found[0].id if found else address.id), state


@breaks("Hooks get the decoded identifier.", "hooks_get_the_decoded_identifier")
class PassesTheUrl(Changed):
    """Passes the identifier percent-encoded."""

    def changed(self, address: Any, state: Any) -> tuple[Any, Any]:
        return replace(address, id=quote(address.id)), state


@breaks("Hooks of lists get the handler of the act.", HANDLER)
@breaks("Hooks get the handler when bzz looks for keys, too.", "relations_pass_the_hooks_the_handler")
class ListsWithoutHandler(MemoryProvider):
    """Passes no handler to the hooks of lists."""

    async def list(self, schema: Any, query: Any, *, state: Any, **options: Any) -> Any:
        return await super().list(schema, query, state=replace(state, handler=None), **options)


@breaks("Hooks get the handler in several writes.", "several_writes_pass_the_hooks_the_handler")
class WritesWithoutHandler(SQLAlchemyProvider):
    """Passes no handler to the hooks in several writes."""

    async def write_all(self, writes: Any, *, state: Any) -> Any:
        return await super().write_all(writes, state=replace(state, handler=None))


@breaks(
    "A write does not find what was hidden after its load.",
    "an_instance_that_is_hidden_during_a_write_is_not_found",
    method="PUT",
)
@breaks(
    "A write does not find what was hidden after its load.",
    "an_instance_that_is_hidden_during_a_write_is_not_found",
    method="DELETE",
)
class TrustsTheLoad(MemoryProvider):
    """Applies no hook in a write if the act has loaded the instance before."""

    async def update(self, address: Any, change: Any, *, loaded: Any, **options: Any) -> Any:
        return await super().update(unruled(address, loaded), change, loaded=loaded, **options)

    async def delete(self, address: Any, *, loaded: Any, **options: Any) -> Any:
        return await super().delete(unruled(address, loaded), loaded=loaded, **options)

    def _find(self, address: Any, state: Any) -> Any:
        return self._tables[address.schema.model][address.key] if not address.id else super()._find(address, state)


def unruled(address: Any, loaded: Any) -> Any:
    """Return an address to which no hook applies, if the instance is loaded."""
    return replace(address, id="") if loaded else address
