"""Values in requests, in signals and in replies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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


class Describing(MemoryProvider):
    """Describes a field in another way."""

    name_of_field: str
    changed: Mapping[str, Any] = {}  # attributes of the field
    retyped: Mapping[str, Any] = {}  # attributes of its type

    def describe(self, model: Any) -> Any:
        schema = super().describe(model)
        known = schema.fields.get(self.name_of_field)
        if known is None or "email" not in schema.fields:
            return schema
        kind = replace(known.type, **self.retyped)  # type: ignore[type-var]
        changed = replace(known, type=kind, **self.changed)
        return replace(schema, fields={**schema.fields, self.name_of_field: changed})


DESCRIBED = "a_field_says_what_its_values_are"
REQUIRED = "a_field_says_whether_it_needs_a_value"


@breaks("A field says that its values are unique.", DESCRIBED, feature="email")
class NotUnique(Describing):
    """Describes the e-mail address as any other text."""

    name_of_field, changed = "email", {"unique": False}


@breaks("A field is unique only if the store refuses a second value.", DESCRIBED, feature="age")
class AllUnique(Describing):
    """Describes the age as unique."""

    name_of_field, changed = "age", {"unique": True}


@breaks("JSON Schema says the kind of the values.", DESCRIBED, feature="height")
class TextSchema(Describing):
    """Describes numbers as text."""

    name_of_field, retyped = "height", {"shape": {"type": "string"}}


@breaks("An enumeration says its members.", DESCRIBED, feature="status")
class NoMembers(Describing):
    """Describes an enumeration as any text."""

    name_of_field, retyped = "status", {"members": {}}


@breaks("A required field is described as required.", REQUIRED)
class NotRequired(Describing):
    """Describes the name as a field that may be left out."""

    name_of_field, changed = "name", {"required": False}


@breaks("A field that may be left out is not required.", REQUIRED)
class AllRequired(Describing):
    """Describes the age as required."""

    name_of_field, changed = "age", {"required": True}


@breaks("A field that takes null is described as nullable.", REQUIRED)
class NotNullable(Describing):
    """Describes the age as never null."""

    name_of_field, changed = "age", {"nullable": False}


@breaks("A default is a typed value.", "a_field_says_its_default", feature="status")
class TextDefault(Describing):
    """Describes the default as the text that the store has."""

    name_of_field, changed = "status", {"default": "new"}


@breaks("A generated key cannot be set.", "a_generated_key_cannot_be_set")
class KeyIsSet(Describing):
    """Lets a POST set a generated key."""

    name_of_field, changed = "id", {"insertable": True}


@breaks("A type refuses what is none of its values.", "a_wrong_value_is_refused_by_field_and_not_stored", feature="age")
class TakesAll(Describing):
    """Takes any value for an age."""

    name_of_field, retyped = "age", {"parser": lambda raw: 3}


@breaks("A form may have the text of each value.", "a_list_is_filtered_by_a_value", feature="active")
class JsonOnly(Describing):
    """Takes booleans of JSON only."""

    name_of_field, retyped = "active", {"parser": lambda raw: raw is True}


@breaks("updated_fields has the fields that differ.", "receivers_get_values_of_the_fields_type", feature="notes")
class TellsOthers(MemoryProvider):
    """Changes the age in each update."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        return await super().update(address, lambda old: {**change(old), "age": 7}, **options)


@breaks("Null removes a value.", "a_value_is_shown_as_it_was_sent", feature="age")
@breaks("Null removes an embedded document.", "a_value_is_shown_as_it_was_sent", feature="home")
class KeepsValues(MemoryProvider):
    """Ignores null in an update."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        def kept(old: Any) -> Any:
            return {name: old[name] if value is None else value for name, value in change(old).items()}

        return await super().update(address, kept, **options)


@breaks("A list shows the computed fields that it is asked for.", "a_computed_field_is_read_where_it_is_asked_for")
class Uncomputed(MemoryProvider):
    """Computes nothing in lists."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return await super().list(schema, replace(query, undefer={}), **options)


@breaks("A computed field is read only where it is asked for.", "a_computed_field_is_read_where_it_is_asked_for")
class Eager(MemoryProvider):
    """Computes all properties of each instance."""

    def values(self, schema: Any, instance: Any) -> Any:
        getattr(instance, "loud", None)
        return super().values(schema, instance)
