"""Identifiers and unique values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.exceptions import Conflict, NotFound
from bzz.providers.memory import MemoryProvider, instances
from tests.support.broken import breaks

FINDS = "a_shown_value_finds_itself"


@breaks("An address names its field.", "an_instance_is_found_by_the_field_that_its_model_names")
class KeysOnly(MemoryProvider):
    """Looks for the identifier among the primary keys."""

    async def get(self, address: Any, **options: Any) -> Any:
        return await super().get(replace(address, field="id"), **options)


@breaks("A conflict names the field.", "a_conflict_names_the_field")
class NamelessConflict(MemoryProvider):
    """Says that something is taken."""

    def _check_unique(self, model: Any, instance: Any, key: Any) -> None:
        try:
            super()._check_unique(model, instance, key)
        except Conflict as error:
            raise Conflict("Something is taken.") from error


@breaks("A taken value is a conflict for an update, too.", "a_conflict_names_the_field")
class ChecksCreates(MemoryProvider):
    """Checks unique values of new instances only."""

    async def update(self, address: Any, change: Any, *, exact: bool, loaded: Any, state: Any) -> Any:
        found = await self.get(address, state=state, needs_instances=True)
        changed = instances.build(address.schema, change(found.values), found.instance)
        self._table(address.schema.model)[address.key] = changed
        return replace(self._copied(address.schema, changed), previous=found.values)


class Graves(MemoryProvider):
    """Remembers something of deleted instances."""

    def __init__(self) -> None:
        super().__init__()
        self.graves: dict[Any, Any] = {}

    async def delete(self, address: Any, **options: Any) -> Any:
        gone = await super().delete(address, **options)
        self.graves[address.key] = gone.values
        return gone


@breaks("The key of a deleted instance is free.", "the_key_of_a_deleted_instance_is_free")
class Tombstones(Graves):
    """Marks the keys of deleted instances as taken."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        if data.get(schema.pk) in self.graves:
            raise Conflict(errors={str(schema.pk): ["is taken"]})
        return await super().create(schema, data, **options)


@breaks("A new instance has nothing of an old one.", "the_key_of_a_deleted_instance_is_free")
class Ghosts(Graves):
    """Gives a new instance the values of a deleted one with its key."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        return await super().create(schema, {**self.graves.get(data.get(schema.pk), {}), **data}, **options)


@breaks("A value that no instance has any more is free.", "a_unique_value_that_no_instance_has_is_free")
class KeepsUnique(MemoryProvider):
    """Never frees a unique value."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[Any, Any] = {}

    def _check_unique(self, model: Any, instance: Any, key: Any) -> None:
        email = getattr(instance, "email", None)
        if email is not None and self.taken.setdefault(email, key) != key:
            raise Conflict(errors={"email": ["is taken"]})


@breaks("Values that differ in case are different unique values.", FINDS, feature="email")
class FoldsUnique(MemoryProvider):
    """Compares unique values as MySQL does by default."""

    def _check_unique(self, model: Any, instance: Any, key: Any) -> None:
        super()._check_unique(model, instance, key)
        email = getattr(instance, "email", None)
        others = [getattr(one, "email", None) for other, one in self._table(model).items() if other != key]
        if email is not None and email.casefold() in [one.casefold() for one in others if one is not None]:
            raise Conflict(errors={"email": ["is taken"]})


@breaks("An address has one field.", "an_instance_is_found_by_the_field_that_its_model_names")
class AlsoKeys(MemoryProvider):
    """Also looks among the primary keys."""

    async def get(self, address: Any, **options: Any) -> Any:
        try:
            return await super().get(address, **options)
        except NotFound:
            return await super().get(replace(address, field=str(address.schema.pk)), **options)


@breaks("Keys that differ in case are different keys.", "keys_in_upper_and_lower_case_are_different_keys")
class FoldsKeys(MemoryProvider):
    """Finds a key without regard to its case."""

    def _find(self, address: Any, state: Any) -> Any:
        table = self._table(address.schema.model)
        keys = {str(key).lower(): key for key in table}
        return super()._find(replace(address, parsed=keys.get(str(address.key).lower(), address.key)), state)


@breaks("A key never changes.", "a_change_of_the_key_is_invalid")
class IgnoresKeys(MemoryProvider):
    """Leaves the key out of an update."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        pk = str(address.schema.pk)
        return await super().update(address, lambda found: {**change(found), pk: found[pk]}, **options)


@breaks("The empty text is a unique value, too.", "a_conflict_names_the_field")
class FreeEmptyText(MemoryProvider):
    """Takes the empty text for no value."""

    def _check_unique(self, model: Any, instance: Any, key: Any) -> None:
        if getattr(instance, "email", None) != "":
            super()._check_unique(model, instance, key)
