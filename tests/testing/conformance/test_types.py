"""Cases of types fail for a provider that changes values."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.providers.memory import MemoryProvider
from tests.support.broken import suite_of


class Shouting(MemoryProvider):
    """Stores an e-mail address in capitals."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        loud = {name: value.upper() if name == "email" else value for name, value in data.items()}
        return await super().create(schema, loud, **options)


class Untyped(MemoryProvider):
    """Reads decimal numbers as text."""

    def values(self, schema: Any, instance: Any) -> Any:
        held = super().values(schema, instance)
        return {name: str(value) if name == "balance" else value for name, value in held.items()}


def test_a_provider_that_changes_values_fails_the_cases_of_types() -> None:
    with pytest.raises(AssertionError):
        suite_of(Shouting).test_a_value_is_shown_as_it_was_sent(feature="email")
    with pytest.raises(AssertionError):
        suite_of(Untyped).test_receivers_get_values_of_the_fields_type(feature="balance")
