"""Creates, updates and deletes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.exceptions import Conflict, Invalid, NotFound
from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks

DURING = "an_instance_deleted_during_a_write_stays_deleted"


@breaks("An update is stored.", "an_update_applies_the_change_to_the_stored_values")
class Forgetful(MemoryProvider):
    """Returns an update without storing it."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        found = self._get(address, options["state"], False)
        return replace(found, values=change(found.values), previous=found.values)


@breaks("A create never replaces an instance.", "a_clients_key_is_inserted_once_and_never_changes")
class Replacing(MemoryProvider):
    """Replaces an instance by a new one with its key."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        self._table(schema.model).pop(data.get(schema.pk), None)
        return await super().create(schema, data, **options)


@breaks("A created instance is found.", "a_created_instance_is_found_at_its_location")
class Loses(MemoryProvider):
    """Stores no new instance."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        made = await super().create(schema, data, **options)
        self._table(schema.model).clear()
        return made


@breaks("Each new instance has its own key.", "a_created_instance_is_found_at_its_location")
class OneKey(MemoryProvider):
    """Gives each instance the same key."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        self._table(schema.model).clear()
        return await super().create(schema, {**data, "id": "1"}, **options)


@breaks("A client's key is kept.", "a_clients_key_is_inserted_once_and_never_changes")
class MakesKeys(MemoryProvider):
    """Writes the keys of clients in capitals."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        loud = {name: value.upper() if name == "code" else value for name, value in data.items()}
        return await super().create(schema, loud, **options)


@breaks("A taken value is a conflict.", "a_taken_unique_value_is_a_conflict")
class NotUnique(MemoryProvider):
    """Stores a value as often as it is sent."""

    def _check_unique(self, model: Any, instance: Any, key: Any) -> None:
        pass


@breaks("A conflict names the field whose value is taken.", "a_taken_unique_value_is_a_conflict")
class WrongField(MemoryProvider):
    """Names another field."""

    def _check_unique(self, model: Any, instance: Any, key: Any) -> None:
        try:
            super()._check_unique(model, instance, key)
        except Conflict as error:
            raise Conflict(errors={"name": ["is taken"]}) from error


@breaks("A taken value is no wrong value.", "a_taken_unique_value_is_a_conflict")
class ConflictIsInvalid(MemoryProvider):
    """Raises Invalid if a value is taken."""

    def _check_unique(self, model: Any, instance: Any, key: Any) -> None:
        try:
            super()._check_unique(model, instance, key)
        except Conflict as error:
            raise Invalid(errors=error.errors) from error


@breaks("Instances without a value do not conflict.", "a_taken_unique_value_is_a_conflict")
class OneNull(MemoryProvider):
    """Stores one instance without a value."""

    def _check_unique(self, model: Any, instance: Any, key: Any) -> None:
        others = [one for other, one in self._table(model).items() if other != key]
        if any(getattr(one, "email", "") is None is getattr(instance, "email", "") for one in others):
            raise Conflict(errors={"email": ["is taken"]})
        super()._check_unique(model, instance, key)


@breaks("updated_fields has the values that differ.", "an_update_announces_the_fields_that_differ")
class TellsNothing(MemoryProvider):
    """Returns as previous the values of the update."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        written = await super().update(address, change, **options)
        return replace(written, previous=written.values)


@breaks("Both signals tell what is stored.", "changes_of_receivers_to_data_are_stored_and_to_the_instance_not")
class StoresInstance(MemoryProvider):
    """Stores what receivers have changed in the loaded instance, too."""

    async def update(self, address: Any, change: Any, *, exact: bool, loaded: Any, state: Any) -> Any:
        name = loaded.instance.name if loaded is not None and loaded.instance is not None else None

        def changed(values: Any) -> Any:
            return {**change(values), **({} if name is None else {"name": name})}

        return await super().update(address, changed, exact=exact, loaded=loaded, state=state)


@breaks("An embedded document keeps its other fields.", "embedded_documents_are_merged")
class ReplacesDocuments(MemoryProvider):
    """Stores only the changed fields of an embedded document."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        def changed(old: Any) -> Any:
            new = change(old)
            if old.get("home") and new.get("home"):
                return {**new, "home": {k: v for k, v in new["home"].items() if v != old["home"].get(k)}}
            return new

        return await super().update(address, changed, **options)


@breaks("A DELETE deletes.", "a_deleted_instance_is_not_found")
class Keeps(MemoryProvider):
    """Says that it has deleted an instance."""

    async def delete(self, address: Any, **options: Any) -> Any:
        return await self.get(address, state=options["state"], needs_instances=True)


@breaks("Receivers get a deleted instance in its last state.", "a_deleted_instance_is_not_found")
class DeletesEmpty(MemoryProvider):
    """Returns an empty instance of a delete."""

    async def delete(self, address: Any, **options: Any) -> Any:
        gone = await super().delete(address, **options)
        return replace(gone, instance=address.schema.model(name=""))


@breaks("A change that raises stores nothing.", "an_update_applies_the_change_to_the_stored_values")
class StoresFirst(MemoryProvider):
    """Stores a mark before it applies a change."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        await super().update(address, lambda old: {**old, "height": (old["height"] or 0) + 1.0}, **options)
        return await super().update(address, change, **options)


@breaks(
    "An instance deleted during an update stays deleted.",
    "an_instance_deleted_during_a_write_stays_deleted",
    method="PUT",
)
class Remembers(MemoryProvider):
    """Stores an instance again that was deleted after its announcement."""

    async def update(self, address: Any, change: Any, *, exact: bool, loaded: Any, state: Any) -> Any:
        if loaded is not None and loaded.instance is not None:
            self._table(address.schema.model).setdefault(address.key, loaded.instance)
        return await super().update(address, change, exact=exact, loaded=loaded, state=state)


@breaks(
    "An instance deleted during a delete is not found.",
    "an_instance_deleted_during_a_write_stays_deleted",
    method="DELETE",
)
class Forgives(MemoryProvider):
    """Takes a delete of a missing instance for done."""

    async def delete(self, address: Any, *, check: Any, loaded: Any, state: Any) -> Any:
        try:
            return await super().delete(address, check=check, loaded=loaded, state=state)
        except NotFound:
            if loaded is None:
                raise
            return loaded


@breaks("An identifier that no instance can have is not found.", "an_id_that_no_instance_has_is_not_found", key="x")
class Numbers(MemoryProvider):
    """Takes each identifier for a number."""

    async def get(self, address: Any, **options: Any) -> Any:
        int(address.id, 16)
        return await super().get(address, **options)


@breaks("A missing instance is not found.", "an_id_that_no_instance_has_is_not_found", key="1")
class RaisesKeyError(MemoryProvider):
    """Raises the error of its dict."""

    async def get(self, address: Any, **options: Any) -> Any:
        if address.key not in self._table(address.schema.model):
            raise KeyError(address.key)
        return await super().get(address, **options)


@breaks("A missing value is refused.", "a_missing_required_field_is_refused")
class NullName(MemoryProvider):
    """Stores a missing name as an empty text."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        return await super().create(schema, {"name": "", **data}, **options)

    def describe(self, model: Any) -> Any:
        schema = super().describe(model)
        if "name" not in schema.fields:
            return schema
        name = replace(schema.fields["name"], required=False)
        return replace(schema, fields={**schema.fields, "name": name})


@breaks("A unique value is free again after its instance.", "a_unique_value_is_free_again")
class NeverFrees(MemoryProvider):
    """Never forgets a unique value."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: dict[str, Any] = {}

    def _check_unique(self, model: type, instance: Any, key: Any) -> None:
        super()._check_unique(model, instance, key)
        email = getattr(instance, "email", None)
        if email is not None and self.taken.setdefault(email, key) != key:
            raise Conflict("The value is taken.", errors={"email": ["is taken"]})
