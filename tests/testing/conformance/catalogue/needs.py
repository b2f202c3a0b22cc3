"""Reads with instances and without, and code of the model."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

from bzz.exceptions import Unavailable
from bzz.providers.memory import MemoryProvider
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.support.broken import breaks

SAME = "a_read_tells_the_same_with_instances_and_without"
KIND = "each_kind_of_read_leaves_hidden_instances_out"
OWN = "values_belong_to_the_caller"


@breaks("Values without instances are typed.", SAME)
class ReadsRawValues(MemoryProvider):
    """Returns values as the store keeps them where no instances are needed."""

    async def get(self, address: Any, *, needs_instances: bool, **options: Any) -> Any:
        stored = await super().get(address, needs_instances=needs_instances, **options)
        raw = {name: str(value) if isinstance(value, float) else value for name, value in stored.values.items()}
        return stored if needs_instances else replace(stored, values=raw)


@breaks("A list without instances has all fields.", SAME)
class ListsFewerFields(MemoryProvider):
    """Leaves fields without a value out where no instances are needed."""

    async def list(self, schema: Any, query: Any, *, needs_instances: bool, **options: Any) -> Any:
        listing = await super().list(schema, query, needs_instances=needs_instances, **options)
        if needs_instances:
            return listing
        values = [{name: value for name, value in one.values.items() if value is not None} for one in listing.items]
        return replace(
            listing, items=[replace(one, values=held) for one, held in zip(listing.items, values, strict=True)]
        )


@breaks("A get returns an instance where one is needed.", SAME)
class GetsNoInstances(MemoryProvider):
    """Never returns instances from a get."""

    async def get(self, address: Any, **options: Any) -> Any:
        return replace(await super().get(address, **options), instance=None)


@breaks("A list returns instances where they are needed.", SAME)
class ListsNoInstances(MemoryProvider):
    """Never returns instances from a list."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        return replace(listing, items=[replace(one, instance=None) for one in listing.items])


@breaks("A read without instances names the class of a row.", "a_read_names_the_class_of_each_instance", needs=False)
class NamesTheBase(SQLAlchemyProvider):
    """Names the model of the schema where no instances are needed."""

    async def get(self, address: Any, *, needs_instances: bool, **options: Any) -> Any:
        stored = await super().get(address, needs_instances=needs_instances, **options)
        return stored if needs_instances else replace(stored, instance=None, model=address.schema.model)


class ShowsSome(MemoryProvider):
    """Forgets hooks in one kind of reads."""

    forgets = True

    async def list(self, schema: Any, query: Any, *, needs_instances: bool, **options: Any) -> Any:
        hidden = query.hidden or needs_instances is self.forgets
        return await super().list(schema, replace(query, hidden=hidden), needs_instances=needs_instances, **options)


@breaks("A list of instances has no hidden one.", KIND, needs=True)
class ShowsHiddenInstances(ShowsSome):
    """Forgets hooks where instances are needed."""


@breaks("A list of values has none of a hidden instance.", KIND, needs=False)
class ShowsHiddenValues(ShowsSome):
    """Forgets hooks where no instances are needed."""

    forgets = False


@breaks("A get of values finds no hidden instance.", KIND, needs=False)
class GetsHiddenValues(MemoryProvider):
    """Forgets hooks in a get that needs no instance."""

    async def get(self, address: Any, *, needs_instances: bool, **options: Any) -> Any:
        found = self._table(address.schema.model).get(address.key)
        if needs_instances or found is None:
            return await super().get(address, needs_instances=needs_instances, **options)
        return self.stored(address.schema, found)


@breaks("The values of a get belong to the caller.", OWN, needs=False)
@breaks("The values of a get with an instance belong to the caller.", OWN, needs=True)
class GetsWhatItKeeps(MemoryProvider):
    """Returns the value that it keeps from a get."""

    async def get(self, address: Any, **options: Any) -> Any:
        stored = await super().get(address, **options)
        kept = self._find(address, options["state"])
        return replace(
            stored, values={**stored.values, "notes": kept.notes} if hasattr(kept, "notes") else stored.values
        )


@breaks("The values that a create returns belong to the caller.", OWN, needs=False)
class CreatesWhatItReturns(MemoryProvider):
    """Returns the value that it keeps from a create."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        stored = await super().create(schema, data, **options)
        kept = self._table(schema.model)[stored.values[schema.pk]]
        return replace(stored, values={**stored.values, "notes": kept.notes})


@breaks("The values that an update returns belong to the caller.", OWN, needs=False)
class UpdatesWhatItReturns(MemoryProvider):
    """Returns the value that it keeps from an update."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        stored = await super().update(address, change, **options)
        kept = self._table(address.schema.model)[stored.values[address.schema.pk]]
        return replace(stored, values={**stored.values, "notes": kept.notes})


@breaks("The instances of a read belong to receivers.", "instances_of_reads_belong_to_receivers")
class GivesItsInstances(MemoryProvider):
    """Returns the instance that it keeps from a get."""

    async def get(self, address: Any, **options: Any) -> Any:
        return replace(await super().get(address, **options), instance=self._find(address, options["state"]))


@breaks("Receivers change the instances of a list for the reply alone.", "instances_of_reads_belong_to_receivers")
@breaks(
    "A method that represents changes nothing in the store.", "a_method_that_represents_changes_nothing_in_the_store"
)
class ListsItsInstances(MemoryProvider):
    """Returns the instances that it keeps from a list."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        kept = [self._table(schema.model)[one.values[schema.pk]] for one in listing.items]
        items = [replace(one, instance=own) for one, own in zip(listing.items, kept, strict=True)]
        return replace(listing, items=items)


@breaks("Code of the model that runs stores nothing.", "a_method_that_represents_changes_nothing_in_the_store")
class CommitsWhatItRuns(SQLAlchemyProvider):
    """Commits after it has run code of the model."""

    async def run(self, schema: Any, instances: Any, function: Any, *, state: Any) -> Any:
        def committing() -> Any:
            result = function()
            state.unit.commit()
            return result

        return await super().run(schema, instances, committing, state=state)


@breaks("An exception of the model's code is no error of the store.", "a_method_that_represents_and_fails_is_500")
class HandlesTheModel(MemoryProvider):
    """Handles each exception as its own."""

    async def run(self, schema: Any, instances: Any, function: Any, **options: Any) -> Any:
        try:
            return await super().run(schema, instances, function, **options)
        except Exception as error:
            raise Unavailable("The store does not answer.") from error


@breaks("Code of the model runs in a thread.", "a_method_that_represents_does_not_block_the_event_loop")
class RunsOnTheLoop(MemoryProvider):
    """Runs code of the model on the event loop."""

    async def run(self, schema: Any, instances: Any, function: Any, **options: Any) -> Any:
        return function()


@breaks("Code of the model has the context of its caller.", "what_a_request_runs_has_the_id_of_the_request")
class RunsInAnotherContext(MemoryProvider):
    """Runs code of the model in a bare thread."""

    async def run(self, schema: Any, instances: Any, function: Any, **options: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, partial(function))
