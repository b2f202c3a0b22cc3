"""Members, dangling references and dependents."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from bzz.exceptions import Conflict, Invalid, NotFound
from bzz.providers.memory import MemoryProvider
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.writes import Dependent, Update
from tests.providers.sqlalchemy.suite import Cat, Pet, Review
from tests.support.broken import breaks

ASKED = "values_have_the_members_that_are_asked_for"
DANGLING = "a_reference_may_lose_its_instance_before_the_write"
SEARCH = "a_search_for_dependents_changes_nothing"


def whole(undefer: Any) -> Any:
    """Ask for all members of the same fields."""
    return dict.fromkeys(undefer)


@breaks("A get loads only the members that it names.", ASKED)
class GetsAllMembers(SQLAlchemyProvider):
    """Ignores the keys of members in a get."""

    async def get(self, address: Any, **options: Any) -> Any:
        return await super().get(replace(address, undefer=whole(address.undefer)), **options)


@breaks("A list loads only the members that it names.", ASKED)
class ListsAllMembers(SQLAlchemyProvider):
    """Ignores the keys of members in a list."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return await super().list(schema, replace(query, undefer=whole(query.undefer)), **options)


@breaks("A deferred field is loaded only if it is named.", ASKED)
class LoadsEverything(SQLAlchemyProvider):
    """Loads all deferred fields."""

    async def get(self, address: Any, **options: Any) -> Any:
        return await super().get(replace(address, undefer=whole(address.schema.deferred)), **options)


@breaks("An update leaves the members that it does not name.", "an_update_leaves_members_that_it_does_not_name")
class ReplacesMembers(SQLAlchemyProvider):
    """Takes the members of a change for all members."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        asked = address.undefer.get("members")
        if asked is None:
            return await super().update(address, change, **options)

        def changed(found: Any) -> Any:
            return change({**found, "members": [key for key in found["members"] if key in asked]})

        return await super().update(replace(address, undefer=whole(address.undefer)), changed, **options)


@breaks("An update loads the fields that the read did not.", "an_update_may_name_more_fields_than_the_read_before_it")
class TrustsTheRead(SQLAlchemyProvider):
    """Loads no more fields after a read."""

    async def update(self, address: Any, change: Any, *, loaded: Any, **options: Any) -> Any:
        undefer = address.undefer if loaded is None else {}
        return await super().update(replace(address, undefer=undefer), change, loaded=loaded, **options)


@breaks("An update writes only the fields that change.", "an_update_of_another_field_leaves_the_members")
class WritesEverything(MemoryProvider):
    """Writes all values as its act has read them."""

    async def update(self, address: Any, change: Any, *, loaded: Any, **options: Any) -> Any:
        held = {} if loaded is None else loaded.values
        return await super().update(address, lambda found: change({**found, **held}), loaded=loaded, **options)


@breaks("Requests at once do not undo each other.", "members_join_and_leave_at_once")
class WritesLate(MemoryProvider):
    """Lets other tasks run between its read and its write."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        found = self.values(address.schema, self._find(address, options["state"]))
        await asyncio.sleep(0.01)
        return await super().update(address, lambda _: change(found), **options)


@breaks("A list of keys leaves missing ones out.", DANGLING, feature="owner")
@breaks("A list of keys of members leaves missing ones out.", DANGLING, feature="members")
class NeedsAllKeys(MemoryProvider):
    """Raises NotFound if an instance of a list of keys is missing."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        wanted = [len(one.value) for one in query.where if one.field == schema.pk and one.operator == "in"]
        if wanted and max(wanted) > len(listing.items) and not options["state"].is_writing:
            raise NotFound("There is no such instance.")
        return listing


@breaks("A reference that the store refuses is invalid.", DANGLING, feature="members")
class RefusesAnotherWay(SQLAlchemyProvider):
    """Raises another error for such a reference."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        try:
            return await super().create(schema, data, **options)
        except Invalid as error:
            raise Conflict("The store refuses this.") from error


@breaks("A delete does not delete the instances that refer to it.", "the_owner_of_a_team_may_be_deleted")
class DeletesReferrers(MemoryProvider):
    """Deletes all instances that have the instance as their owner."""

    async def delete(self, address: Any, **options: Any) -> Any:
        stored = await super().delete(address, **options)
        for rows in self._tables.values():
            for key in [key for key, one in rows.items() if getattr(one, "owner", None) == address.key]:
                del rows[key]
        return stored


@breaks("A search for dependents deletes nothing.", SEARCH)
class DeletesWhatItFinds(SQLAlchemyProvider):
    """Deletes the dependents before the delete."""

    async def dependents(self, address: Any, *, heard: Any, state: Any) -> Any:
        found = await super().dependents(address, heard=heard, state=state)
        for one in found:
            state.unit.execute(sa.delete(Review).where(Review.id == one.stored.values["id"]))
        state.unit.commit()
        return found


@breaks("The dependents of an instance are its own.", SEARCH)
class FindsAllReviews(SQLAlchemyProvider):
    """Finds the dependents of all instances."""

    async def dependents(self, address: Any, *, heard: Any, state: Any) -> Any:
        schema = self.describe(Review)
        rows = state.unit.scalars(sa.select(Review)).all()
        found = [Dependent(schema, self.stored(schema, row), None) for row in rows]
        state.unit.rollback()
        return found


@breaks("A list of a subclass has its own instances.", "a_subclass_has_its_own_instances_only")
class ListsTheBase(SQLAlchemyProvider):
    """Lists the instances of the base class."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        wider = self.describe(Pet) if schema.model is Cat else schema
        return await super().list(wider, query, **options)


@breaks("An update keeps the fields of a subclass.", "a_write_through_the_base_class_keeps_the_fields_of_the_subclass")
class ForgetsFields(SQLAlchemyProvider):
    """Stores nothing but the fields of the schema."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        if address.schema.model is Pet:
            options["state"].unit.execute(sa.update(Cat).where(Cat.id == address.key).values(lives=None))
        return await super().update(address, change, **options)


@breaks("Receivers get instances of hidden subclasses.", "instances_of_hidden_subclasses_are_left_out")
class HidesFromReceivers(SQLAlchemyProvider):
    """Ignores ``Query.hidden``."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return await super().list(schema, replace(query, hidden=False), **options)


class Narrowed(SQLAlchemyProvider):
    """Forgets a part of each schema in several writes."""

    forgotten: Any = None

    async def write_all(self, writes: Any, *, state: Any) -> Any:
        bare = [
            replace(one, address=replace(one.address, schema=replace(one.address.schema, **self.forgotten)))
            for one in writes
        ]
        return await super().write_all(bare, state=state)


@breaks(
    "Several writes find no instance that a scope hides.",
    "several_writes_do_not_find_an_instance_of_a_hidden_subclass",
)
class WritesWithoutScopes(Narrowed):
    """Forgets the scopes in several writes."""

    forgotten: Any = {"scopes": ()}  # noqa: RUF012  # it is never changed


@breaks(
    "Several writes find no instance of a hidden subclass.",
    "several_writes_do_not_find_an_instance_of_a_hidden_subclass",
)
class WritesWithoutVariants(Narrowed):
    """Forgets the variants in several writes."""

    forgotten: Any = {"variants": {}}  # noqa: RUF012  # it is never changed


@breaks("A second write gets what the first one left.", "several_writes_of_one_instance_follow_each_other")
class WritesSideBySide(SQLAlchemyProvider):
    """Applies all changes of an instance to the values before the first one."""

    async def write_all(self, writes: Any, *, state: Any) -> Any:
        first: dict[Any, Any] = {}

        def beside(write: Any) -> Any:
            key, change = write.address.key, write.change
            return replace(write, change=lambda found: change(first.setdefault(key, found)))

        bare = [beside(one) if isinstance(one, Update) else one for one in writes]
        return await super().write_all(bare, state=state)
