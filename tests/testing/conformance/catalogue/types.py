"""Values in requests, in signals and in replies."""

from __future__ import annotations

from typing import Any

from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks


@breaks("A value is stored as it was sent.", "a_value_is_shown_as_it_was_sent", feature="email")
class Shouting(MemoryProvider):
    """Stores an e-mail address in capitals."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        loud = {name: value.upper() if name == "email" else value for name, value in data.items()}
        return await super().create(schema, loud, **options)


@breaks("Values are of the Python type of their field.", "receivers_get_values_of_the_fields_type", feature="balance")
class Untyped(MemoryProvider):
    """Reads decimal numbers as text."""

    def values(self, schema: Any, instance: Any) -> Any:
        held = super().values(schema, instance)
        return {name: str(value) if name == "balance" else value for name, value in held.items()}
