"""One value is stored, shown, found, sorted by and told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from bzz.providers import Field, Schema
from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks


@breaks("An update stores what it tells.", "a_put_of_a_shown_instance_changes_nothing", feature="balance")
class RoundingLate(MemoryProvider):
    """An update stores decimal numbers with one decimal place."""

    def _rounded(self, data: Any) -> Any:
        return {name: round(value, 1) if isinstance(value, Decimal) else value for name, value in data.items()}

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        return await super().update(address, lambda old: self._rounded(change(old)), **options)


@breaks("A decimal number is never rounded.", "a_decimal_number_is_never_rounded")
@breaks("The change that is announced is made.", "both_signals_of_an_update_tell_one_change", feature="balance")
class Rounding(RoundingLate):
    """Stores decimal numbers with one decimal place."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        return await super().create(schema, self._rounded(data), **options)


class Described(MemoryProvider):
    """Gives a field another type."""

    name_of_field = "balance"
    change: Callable[[Any], Any]

    def describe(self, model: type) -> Schema:
        schema = super().describe(model)
        if self.name_of_field not in schema.fields:
            return schema
        known: Field = schema.fields[self.name_of_field]
        changed = replace(known, type=type(self).change(known.type))
        return replace(schema, fields={**schema.fields, self.name_of_field: changed})


@breaks("Different values are shown differently.", "a_shown_value_finds_itself", feature="balance")
class Blurred(Described):
    """Shows decimal numbers with one decimal place."""

    change = staticmethod(lambda kind: replace(kind, dumper=lambda value: str(round(value, 1))))


@breaks("A condition on numbers compares signs.", "conditions_agree_with_python", feature="age")
@breaks("A condition compares the value that was sent.", "a_shown_value_finds_itself", feature="age")
class Cut(Described):
    """Looks for integers without their sign."""

    name_of_field = "age"
    change = staticmethod(lambda kind: replace(kind, wider=replace(kind, parser=lambda raw: abs(int(raw)))))


@breaks("A page begins after its cursor.", "a_walk_by_a_field_meets_each_instance_once", feature="born")
class Endless(MemoryProvider):
    """Begins a page at the instance with which the page before it ended."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        cursor = query.after
        query.after = None
        listing = await super().list(schema, query, **options)
        query.after = cursor
        return listing
