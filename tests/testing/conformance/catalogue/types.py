"""Values in requests, in signals and in replies."""

from __future__ import annotations

from typing import Any

from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks

SAME = "all_calls_return_the_same_values"


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


class Reading(MemoryProvider):
    """Changes a value that its reads return."""

    def values(self, schema: Any, instance: Any) -> Any:
        return {name: self.value(name, one) for name, one in super().values(schema, instance).items()}

    def value(self, name: str, one: Any) -> Any:
        raise NotImplementedError


@breaks("A UUID is a UUID in values, too.", SAME, feature="token")
class TextOfUUID(Reading):
    """Returns UUIDs as text."""

    def value(self, name: str, one: Any) -> Any:
        return str(one) if name == "token" and one is not None else one


@breaks("A date and time has a zone.", SAME, feature="born")
class NoZone(Reading):
    """Returns times without a zone."""

    def value(self, name: str, one: Any) -> Any:
        return one.replace(tzinfo=None) if name == "born" and one is not None else one


@breaks("A decimal number is no float.", SAME, feature="balance")
class FloatOfDecimal(Reading):
    """Returns decimal numbers as floats."""

    def value(self, name: str, one: Any) -> Any:
        return float(one) if name == "balance" and one is not None else one


@breaks("A list is a list.", SAME, feature="tags")
class Tuples(Reading):
    """Returns lists as tuples."""

    def value(self, name: str, one: Any) -> Any:
        return tuple(one) if isinstance(one, list) else one


@breaks("A member of an enumeration is a member.", SAME, feature="status")
class ValueOfMember(Reading):
    """Returns the values of members."""

    def value(self, name: str, one: Any) -> Any:
        return getattr(one, "value", one)


@breaks("A boolean value is no number.", SAME, feature="active")
class IntOfBool(Reading):
    """Returns booleans as numbers, as SQLite does."""

    def value(self, name: str, one: Any) -> Any:
        return int(one) if isinstance(one, bool) else one


@breaks("Bytes are bytes.", SAME, feature="photo")
class ViewOfBytes(Reading):
    """Returns bytes as the driver does."""

    def value(self, name: str, one: Any) -> Any:
        return memoryview(one) if isinstance(one, bytes) else one
