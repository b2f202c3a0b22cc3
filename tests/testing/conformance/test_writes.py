"""Cases of writes fail for a provider that does not store, or replaces."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bzz.providers.memory import MemoryProvider
from tests.support.broken import suite_of


class Forgetful(MemoryProvider):
    """Returns an update without storing it."""

    async def update(self, address: Any, change: Any, *, exact: bool, loaded: Any, state: Any) -> Any:
        found = await self.get(address, state=state, represent=False)
        return replace(found, previous=found.values)


class Replacing(MemoryProvider):
    """Replaces an instance by a new one with its key."""

    async def create(self, schema: Any, data: Any, *, state: Any) -> Any:
        self._table(schema.model).pop(data.get(schema.pk), None)
        return await super().create(schema, data, state=state)


def test_a_provider_that_stores_nothing_or_replaces_fails_the_cases_of_writes() -> None:
    with pytest.raises(AssertionError):
        suite_of(Forgetful).test_an_update_announces_the_fields_that_differ()
    with pytest.raises(LookupError):
        suite_of(Replacing).test_a_clients_key_is_inserted_once_and_never_changes()
