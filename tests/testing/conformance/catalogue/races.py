"""Many requests at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from bzz.exceptions import Conflict, NotFound
from bzz.providers.memory import MemoryProvider, instances
from bzz.schema.keeping import copied
from tests.support.broken import breaks

BETWEEN = "no_write_comes_between_the_read_and_the_write_of_an_update"


@breaks("No write comes between the values that a change got and those that it made.", "no_change_is_lost")
@breaks("Nor if the other write is a single one.", BETWEEN, exact=False)
@breaks("Of many writes on one condition one succeeds.", "of_many_writes_with_one_entity_tag_one_succeeds")
@breaks("No member that joins is lost.", "all_members_that_join_at_once_are_stored")
@breaks("No embedded document that joins is lost.", "all_documents_embedded_at_once_are_stored")
class Late(MemoryProvider):
    """Lets other writes happen between its read and its write."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        found = await self.get(address, state=options["state"], needs_instances=False)
        changed = change(found.values)
        await asyncio.sleep(0.001)
        return await super().update(address, lambda _: changed, **options)


class Again(Exception):
    """A field is no longer what it was."""


class Optimistic(MemoryProvider):
    """Writes on condition that the written fields are what they were. Else it starts again."""

    async def update(self, address: Any, change: Any, *, exact: bool, loaded: Any, state: Any) -> Any:
        while True:
            found = await self.get(address, state=state, needs_instances=False)
            changed = address.schema.changed(found.values, await self.read(change, found.values))
            await asyncio.sleep(0.001)
            names = self.compared(found.values, changed, exact)

            def write(
                now: Any, found: Any = found.values, changed: Any = changed, names: Any = names
            ) -> dict[str, Any]:
                if any(now[name] != found[name] for name in names):
                    raise Again
                return {**now, **changed}

            try:
                return await super().update(address, write, exact=exact, loaded=loaded, state=state)
            except Again:
                change = self.again(change, changed)

    def compared(self, found: Any, changed: Any, exact: bool) -> Any:
        return found if exact else changed

    def again(self, change: Any, changed: Any) -> Any:
        """The change of the next attempt."""
        return change


@breaks("If exact is true, the condition covers all fields.", "if_match_compares_all_fields")
@breaks("The change gets the values of all fields that another write has stored.", BETWEEN, exact=True)
class IgnoresExact(Optimistic):
    """Compares the written fields only."""

    def compared(self, found: Any, changed: Any, exact: bool) -> Any:
        return changed


@breaks("The next attempt applies the change to the new values.", "no_change_is_lost")
class Repeats(Optimistic):
    """Makes one change, and repeats its result."""

    def again(self, change: Any, changed: Any) -> Any:
        return lambda values: {**values, **changed}


@breaks("An update does not give up.", "no_change_is_lost")
class GivesUp(Optimistic):
    """Raises a conflict instead of another attempt."""

    def again(self, change: Any, changed: Any) -> Any:
        raise Conflict("The instance has changed.")


@breaks("previous has the values that the change got last.", BETWEEN, exact=True)
class FirstPrevious(Optimistic):
    """Returns as previous the values of its first attempt."""

    async def update(self, address: Any, change: Any, *, exact: bool, loaded: Any, state: Any) -> Any:
        found = await self.get(address, state=state, needs_instances=False)
        written = await super().update(address, change, exact=exact, loaded=loaded, state=state)
        return replace(written, previous=found.values)


class Loaded(MemoryProvider):
    """Applies the change to the values that an earlier read has loaded."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        loaded = options["loaded"] or await self.get(address, state=options["state"], needs_instances=False)
        found = {name: copied(value) for name, value in loaded.values.items()}
        written = self.written(address.schema, found, change(found))
        return await super().update(address, lambda now: {**now, **written}, **options)

    def written(self, schema: Any, found: Any, changed: Any) -> Any:
        return schema.changed(found, changed)


@breaks(
    "Updates of two embedded fields both survive.",
    "updates_of_two_fields_of_one_embedded_document_both_survive",
)
@breaks("Updates of two keys of free JSON both survive.", "updates_of_two_keys_of_free_json_both_survive")
class WholeFields(Loaded):
    """Writes each changed field as a whole."""


@breaks("An update writes only the fields that change.", "updates_of_different_fields_both_survive")
class WritesAll(Loaded):
    """Writes all fields."""

    def written(self, schema: Any, found: Any, changed: Any) -> Any:
        return changed


@breaks("A member that joins many times at once joins once.", "a_member_that_joins_many_times_at_once_joins_once")
class Pushes(MemoryProvider):
    """Adds the new members to those that are stored then."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        found = await self.get(address, state=options["state"], needs_instances=False)
        held = found.values.get("members", [])
        added = [key for key in change(found.values).get("members", []) if key not in held]
        await asyncio.sleep(0.001)
        return await super().update(address, lambda now: {**now, "members": [*now["members"], *added]}, **options)


@breaks("No write comes between the check and the delete.", "no_write_comes_between_the_check_and_the_delete")
@breaks("A DELETE on a condition removes no other state.", "of_a_put_and_a_delete_with_one_entity_tag_one_succeeds")
class ChecksFirst(MemoryProvider):
    """Checks, and then deletes without a condition."""

    async def delete(self, address: Any, *, check: Any, loaded: Any, state: Any) -> Any:
        found = await self.get(address, state=state, needs_instances=False)
        if check is not None:
            check(found.values)
        await asyncio.sleep(0.001)
        return await super().delete(address, check=None, loaded=loaded, state=state)


@breaks("An update never brings back a deleted instance.", "an_update_never_brings_back_a_deleted_instance")
class Upserts(MemoryProvider):
    """Stores the changed instance whether it still exists or not."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        found = await self.get(address, state=options["state"], needs_instances=True)
        changed = change(found.values)
        await asyncio.sleep(0.001)
        self._table(address.schema.model)[address.key] = found.instance
        return await super().update(address, lambda _: changed, **options)


@breaks("A second delete does not find the instance.", "an_instance_is_deleted_once")
class DeletesTwice(MemoryProvider):
    """Looks for the instance, and then deletes it if it is still there."""

    async def delete(self, address: Any, **options: Any) -> Any:
        found = await self.get(address, state=options["state"], needs_instances=True)
        await asyncio.sleep(0.001)
        try:
            return await super().delete(address, **options)
        except NotFound:
            return found


@breaks("A unique value is stored once.", "a_unique_value_is_stored_once")
class ChecksCreate(MemoryProvider):
    """Checks a unique value before it inserts an instance."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        instance = instances.build(schema, data)
        self._check_unique(schema.model, instance, None)
        await asyncio.sleep(0.001)
        self._table(schema.model)[instance.id] = instance
        return self._copied(schema, instance)


@breaks("A unique value is taken by one of many updates.", "a_unique_value_is_taken_once_by_updates")
class ChecksUpdate(MemoryProvider):
    """Checks a unique value before it changes an instance."""

    async def update(self, address: Any, change: Any, *, exact: bool, loaded: Any, state: Any) -> Any:
        found = await self.get(address, state=state, needs_instances=True)
        changed = instances.build(address.schema, change(found.values), found.instance)
        self._check_unique(address.schema.model, changed, address.key)
        await asyncio.sleep(0.001)
        self._table(address.schema.model)[address.key] = changed
        return replace(self._copied(address.schema, changed), previous=found.values)


@breaks("A primary key is inserted once.", "a_primary_key_is_inserted_once")
class ChecksKey(MemoryProvider):
    """Checks whether a primary key is taken before it inserts an instance."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        table, key = self._table(schema.model), data.get(schema.pk)
        if key in table:
            raise Conflict("The key is taken.", errors={"id": ["is taken"]})
        await asyncio.sleep(0.001)
        table.pop(key, None)
        return await super().create(schema, data, **options)
