"""A provider that writes what it should not, or does not what it should, is noticed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bzz.providers.memory import MemoryProvider
from tests.testing.conformance.broken import suite_of


class Forgetful(MemoryProvider):
    """Says that it has written."""

    async def update(self, address: Any, change: Any, *, exact: bool, loaded: Any, state: Any) -> Any:
        found = await self.get(address, state=state, represent=False)
        return replace(found, previous=found.values)


class Replacing(MemoryProvider):
    """Puts the new in the place of the old."""

    async def create(self, schema: Any, data: Any, *, state: Any) -> Any:
        self._table(schema.model).pop(data.get(schema.pk), None)
        return await super().create(schema, data, state=state)


def test_a_write_that_is_none_is_noticed() -> None:
    with pytest.raises(AssertionError):
        suite_of(Forgetful).test_an_update_announces_the_fields_that_differ()
    with pytest.raises(LookupError):
        suite_of(Replacing).test_a_clients_key_is_inserted_once_and_never_changes()
