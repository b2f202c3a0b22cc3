"""What a provider's calls return, and the errors that they raise."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from bzz.exceptions import Conflict, Invalid, NotFound, Unavailable
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Stored
from bzz.schema.keeping import copied
from tests.support.broken import breaks
from tests.support.conformance import Person

SAME = "all_calls_return_the_same_values"
SPOILT = "a_receiver_that_changes_a_result_does_not_change_the_store"


@breaks("A create returns what is stored.", SAME, feature="age")
class AsSent(MemoryProvider):
    """Returns the values that it was given, without those that the model adds."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        made = await super().create(schema, data, **options)
        return replace(made, values={"id": made.values["id"], **data})


@breaks("list and get return the same values.", SAME, feature="home")
class FlatLists(MemoryProvider):
    """Leaves embedded documents out of lists."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        items = [replace(item, values={**item.values, "home": None}) for item in listing.items]
        return replace(listing, items=items)


@breaks("The instance has the values that are told.", SAME, feature="height")
class OldInstance(MemoryProvider):
    """Returns the instance as it was before an update."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        before = await self.get(address, state=options["state"], needs_instances=True)
        return replace(await super().update(address, change, **options), instance=before.instance)


@breaks("previous has the values before the update.", SAME, feature="day")
class NewPrevious(MemoryProvider):
    """Returns as previous the values after an update."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        written = await super().update(address, change, **options)
        return replace(written, previous=written.values)


@breaks("An update that changes nothing returns the stored values, too.", SAME, feature="email")
class EmptyUpdate(MemoryProvider):
    """Returns no values if there are no changes."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        written = await super().update(address, change, **options)
        return written if written.previous != written.values else replace(written, values={})


@breaks("A delete returns the last state.", SAME, feature="wake")
class DeletesSilently(MemoryProvider):
    """Returns only the key of a deleted instance."""

    async def delete(self, address: Any, **options: Any) -> Any:
        gone = await super().delete(address, **options)
        return replace(gone, values={"id": gone.values["id"]})


@breaks("If an instance is needed, a read returns one.", SAME, feature="notes")
class NoInstances(MemoryProvider):
    """Never returns an instance from a list."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        return replace(listing, items=[replace(item, instance=None, model=schema.model) for item in listing.items])


@breaks("A change to an instance does not change the store.", SPOILT, feature="age")
class Shares(MemoryProvider):
    """Returns the instances that it stores."""

    def _copied(self, schema: Any, instance: Any, undefer: Any = ()) -> Stored:
        return self.stored(schema, instance, undefer)


@breaks("A change to a list of an instance does not change the store.", SPOILT, feature="tags")
@breaks("Nor does a change to an embedded document.", SPOILT, feature="home")
class CopiesFlat(MemoryProvider):
    """Copies instances, and not the values inside."""

    def _copied(self, schema: Any, instance: Any, undefer: Any = ()) -> Stored:
        return self.stored(schema, copy.copy(instance), undefer)


@breaks("A change to values does not change the store.", SPOILT, feature="notes")
class SharesValues(MemoryProvider):
    """Returns the free JSON that it stores."""

    def values(self, schema: Any, instance: Any) -> Any:
        held = super().values(schema, instance)
        return {**held, "notes": instance.notes} if "notes" in held else held

    def _copied(self, schema: Any, instance: Any, undefer: Any = ()) -> Stored:
        return replace(self.stored(schema, copy.deepcopy(instance)), values=self.values(schema, instance))


@breaks("A write is of one instance.", "a_write_is_of_one_instance")
class UpdatesNamesakes(MemoryProvider):
    """Updates all instances with the same name."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        written = await super().update(address, change, **options)
        for instance in self._table(address.schema.model).values():
            if written.previous is not None and instance.name == written.previous["name"]:
                instance.name = written.values["name"]
        return written


@breaks("A delete calls its check.", "a_delete_calls_its_check_with_the_stored_values")
class NoCheck(MemoryProvider):
    """Deletes without a check."""

    async def delete(self, address: Any, *, check: Any, loaded: Any, state: Any) -> Any:
        return await super().delete(address, check=None, loaded=loaded, state=state)


@breaks("An instance stays if the check of a delete raises.", "a_delete_calls_its_check_with_the_stored_values")
class ChecksAfter(MemoryProvider):
    """Deletes, and calls the check then."""

    async def delete(self, address: Any, *, check: Any, loaded: Any, state: Any) -> Any:
        gone = await super().delete(address, check=None, loaded=loaded, state=state)
        if check is not None:
            check(gone.values)
        return gone


@breaks("A call that finds no instance raises NotFound.", "a_call_that_finds_no_instance_raises_not_found")
class Conflicting(MemoryProvider):
    """Raises Conflict if an instance is gone."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        try:
            return await super().update(address, change, **options)
        except NotFound as error:
            raise Conflict("The instance is gone.") from error


@breaks("A change is not called without an instance.", "a_call_that_finds_no_instance_raises_not_found")
class ChangesNothing(MemoryProvider):
    """Applies the change to no values, to see whether it raises."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        change({"name": None, "age": 0})
        return await super().update(address, change, **options)


class Required(MemoryProvider):
    """Raises another error if a required value is missing."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        try:
            return await super().create(schema, data, **options)
        except Invalid as error:
            raise self.error(error) from error

    def error(self, error: Invalid) -> Exception:
        raise NotImplementedError


@breaks("A missing value is Invalid.", "a_required_value_is_missed_by_the_provider_itself")
class MissingConflicts(Required):
    """Raises Conflict."""

    def error(self, error: Invalid) -> Exception:
        return Conflict(errors=error.errors)


@breaks("Invalid names the fields without a value.", "a_required_value_is_missed_by_the_provider_itself")
class Nameless(Required):
    """Names no field."""

    def error(self, error: Invalid) -> Exception:
        return Invalid("A value is missing.")


@breaks("An update needs required values, too.", "a_required_value_is_missed_by_the_provider_itself")
class KeepsRequired(MemoryProvider):
    """Ignores null for a required field."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        def kept(values: Any) -> Any:
            return {name: values[name] if one is None else one for name, one in change(values).items()}

        return await super().update(address, kept, **options)


@breaks("Null gives a field its default.", "null_gives_a_field_its_default", feature="active")
@breaks("Null gives a field the default of its enumeration.", "null_gives_a_field_its_default", feature="status")
class NullIsNull(MemoryProvider):
    """Stores null in fields that do not take it."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        written = await super().update(address, change, **options)
        asked = change(copied(written.previous or {}))
        instance = self._table(address.schema.model)[address.key]
        for name in [name for name, value in asked.items() if value is None]:
            setattr(instance, name, None)
        return replace(self._copied(address.schema, instance), previous=written.previous)


@breaks("A class that is no model is refused.", "a_model_is_described_again_and_an_unknown_class_is_refused")
class DescribesAll(MemoryProvider):
    """Describes each class."""

    def describe(self, model: Any) -> Any:
        return super().describe(model if hasattr(model, "__dataclass_fields__") else Person)


@breaks("A provider does not change the data of a create.", SPOILT, feature="age")
class AddsKey(MemoryProvider):
    """Adds the key to the data."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        made = await super().create(schema, data, **options)
        data.update({name: made.values[name] for name in ("id",) if name in made.values})
        return made


@breaks("A read returns what the last write has stored.", "a_created_instance_is_found_at_its_location")
class CachesReads(MemoryProvider):
    """Reads each instance once."""

    def __init__(self) -> None:
        super().__init__()
        self.cache: dict[Any, Any] = {}

    async def get(self, address: Any, **options: Any) -> Any:
        if address.key not in self.cache:
            self.cache[address.key] = await super().get(address, **options)
        return self.cache[address.key]


@breaks("A list has no deleted instance.", "a_deleted_instance_is_not_found")
class CachesLists(MemoryProvider):
    """Keeps deleted instances in lists."""

    def __init__(self) -> None:
        super().__init__()
        self.gone: list[Any] = []

    async def delete(self, address: Any, **options: Any) -> Any:
        self.gone.append(await super().delete(address, **options))
        return self.gone[-1]

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        return replace(listing, items=[*listing.items, *self.gone])


@breaks("A description does not need the store.", "a_description_does_not_need_the_store")
class Asks(MemoryProvider):
    """Asks the store for its tables to describe a model."""

    is_reachable = True

    def describe(self, model: Any) -> Any:
        if not self.is_reachable:
            raise Unavailable("The store does not answer.")
        return super().describe(model)


@breaks("The values of an instance do not need the store.", "a_description_does_not_need_the_store")
class Reloads(MemoryProvider):
    """Reads an instance again for its values."""

    is_reachable = True

    def values(self, schema: Any, instance: Any) -> Any:
        if not self.is_reachable:
            raise Unavailable("The store does not answer.")
        return super().values(schema, instance)
