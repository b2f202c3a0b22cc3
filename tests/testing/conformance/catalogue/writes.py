"""Creates, updates and deletes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks


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
