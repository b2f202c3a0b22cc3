"""The values that are stored when a write begins, and pages and conditions of all of them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bzz.concurrency.offload import in_pool
from bzz.exceptions import NotFound, Unavailable
from bzz.providers.memory import MemoryProvider, instances
from bzz.providers.values import ActState
from bzz.schema.keeping import copied
from tests.support.broken import breaks
from tests.testing.conformance.catalogue.conditions import Filtering

NOW = "a_write_is_of_the_values_that_are_stored_now"
SPOILT = "a_receiver_that_changes_a_result_does_not_change_the_store"


@breaks("A delete returns the last state, and not an earlier one.", NOW)
class ReturnsLoaded(MemoryProvider):
    """Returns what the act has read."""

    async def delete(self, address: Any, *, check: Any, loaded: Any, state: Any) -> Any:
        gone = await super().delete(address, check=check, loaded=loaded, state=state)
        return loaded or gone


@breaks("A check gets the stored values.", NOW)
class ChecksLoaded(MemoryProvider):
    """Checks what the act has read."""

    async def delete(self, address: Any, *, check: Any, loaded: Any, state: Any) -> Any:
        if loaded is not None and check is not None:
            check(loaded.values)
            check = None
        return await super().delete(address, check=check, loaded=loaded, state=state)


@breaks("A value replaces the value before it.", "an_update_replaces_free_json")
class Merges(MemoryProvider):
    """Keeps the keys that a new object lacks."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        def merge(found: Any) -> Any:
            new = dict(change(found))
            if isinstance(new.get("notes"), dict):
                new["notes"] = {**found["notes"], **new["notes"]}
            return new

        return await super().update(address, merge, **options)


@breaks("A change gets computed fields.", "changes_get_the_computed_fields_that_are_asked_for")
class ComputesLater(MemoryProvider):
    """Computes no field before an update."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        return await super().update(replace(address, undefer={}), change, **options)


@breaks("So does a check.", "changes_get_the_computed_fields_that_are_asked_for")
class ChecksStoredFields(MemoryProvider):
    """Computes no field before a delete."""

    async def delete(self, address: Any, **options: Any) -> Any:
        return await super().delete(replace(address, undefer={}), **options)


@breaks("The values before an update that changes nothing are no values of the store.", SPOILT, feature="notes")
class SharesPrevious(MemoryProvider):
    """Returns the stored object as the value before an update."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        held = self._table(address.schema.model)[address.key].notes
        written = await super().update(address, change, **options)
        return replace(written, previous={**(written.previous or {}), "notes": held})


@breaks(
    "An update applies the hooks to the values that it replaces.",
    "an_instance_that_is_hidden_between_a_read_and_its_write_stays_as_it_is",
)
class ComparesWrittenFields(MemoryProvider):
    """Writes if the written fields are still the same, whatever the hooks say about the others."""

    def _update(self, address: Any, change: Any, state: ActState) -> Any:
        schema, held = address.schema, self._find(address, state)
        found = instances.values(schema, held)
        changed = schema.changed(found, change(found))
        with self._lock:
            now = self._table(schema.model)[address.key]
            assert all(found[name] == getattr(now, name) for name in changed)
            written = instances.build(schema, copied(changed), now)
            self._table(schema.model)[address.key] = written
        return replace(self._copied(schema, written), previous=found)


@breaks("A deleted instance cannot be deleted again.", "an_instance_is_deleted_once")
class DeletesAgain(MemoryProvider):
    """Does not look whether its delete has deleted anything."""

    async def delete(self, address: Any, *, check: Any, loaded: Any, state: Any) -> Any:
        found = await self.get(address, state=state, needs_instances=True)
        try:
            return await super().delete(address, check=check, loaded=loaded, state=state)
        except NotFound:
            return found


@breaks("A write that runs when the provider is closed ends as usual.", "each_call_may_be_the_first_after_a_close")
class CutsWritesOff(MemoryProvider):
    """Ends running writes when it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closings = 0

    async def write(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        begun = self.closings
        result = await super().write(function, *args, **kwargs)
        if self.closings > begun:
            raise Unavailable("The connection was closed.")
        return result

    async def close(self) -> None:
        self.closings += 1
        await super().close()


@breaks("Code of the model has a time limit.", "a_method_that_represents_and_takes_too_long_is_503")
class Waits(MemoryProvider):
    """Waits for code of the model as long as it takes."""

    async def run(self, schema: Any, instances: Any, function: Any, *, state: Any) -> Any:
        return await in_pool(function)


@breaks("Members have their places.", "members_have_the_places_that_an_update_gives_them")
class AppendsMembers(MemoryProvider):
    """Lets members join at the end of the list."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        def join(found: Any) -> Any:
            new, old = dict(change(found)), found.get("members", [])
            wanted = new.get("members", [])
            joined = [one for one in old if one in wanted] + [one for one in wanted if one not in old]
            return {**new, "members": joined} if "members" in new else new

        return await super().update(address, join, **options)


@breaks(
    "A row has the fields of its embedded documents, with null.", "a_read_tells_the_same_with_instances_and_without"
)
class LeavesNullOut(MemoryProvider):
    """Leaves fields without a value out of embedded documents."""

    def _read(self, schema: Any, instance: Any, undefer: Any, needs_instances: bool) -> Any:
        one = super()._read(schema, instance, undefer, needs_instances)
        if needs_instances or not one.values.get("home"):
            return one
        return replace(
            one, values={**one.values, "home": {k: v for k, v in one.values["home"].items() if v is not None}}
        )


@breaks("A page is as long as it is asked for.", "a_long_page_is_whole")
class Limited(MemoryProvider):
    """Loads at most a hundred instances."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        return replace(listing, items=listing.items[:100])


@breaks("A condition is never rounded.", "a_decimal_number_is_never_rounded")
class RoundsConditions(Filtering):
    """Rounds a number to the places of the field."""

    def meets(self, condition: Any, value: Any) -> bool:
        if condition.field == "balance" and condition.value is not None:
            condition = replace(condition, value=round(condition.value, 2))
        return super().meets(condition, value)


@breaks("A line is not the start of a text.", "text_operators_take_their_value_literally", operator="startswith")
class Lines(Filtering):
    """Finds the text at the start of any line."""

    def meets(self, condition: Any, value: Any) -> bool:
        if condition.operator == "startswith" and value is not None:
            return re.search("^" + re.escape(condition.value), value, re.MULTILINE) is not None
        return super().meets(condition, value)


@breaks("Two conditions may differ in their values only.", "an_instance_must_meet_all_conditions")
class OneOfEach(Filtering):
    """Keeps conditions in a dict, by field and operator."""

    def meets_all(self, where: Any, values: Any) -> bool:
        return super().meets_all({(one.field, one.operator): one for one in where}.values(), values)


@breaks("A document that is missing has no value of its fields.", "a_list_is_filtered_by_embedded_fields")
class NeedsParents(Filtering):
    """Finds by ``ne`` only instances with the document."""

    def meets(self, condition: Any, value: Any) -> bool:
        is_inside = condition.operator == "ne" and "." in condition.field
        return super().meets(condition, value) and not (is_inside and value is None)


@breaks("A page of members is as long as it is asked for.", "members_are_listed_like_any_list")
class Unpaged(MemoryProvider):
    """Returns all instances whose keys are asked for."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        keys = [len(one.value) for one in query.where if one.operator == "in" and one.field == schema.pk]
        return await super().list(schema, replace(query, per_page=max([query.per_page, *keys])), **options)
