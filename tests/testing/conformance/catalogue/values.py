"""One value is stored, shown, found, sorted by and told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from operator import itemgetter
from typing import Any

from bzz.providers import Field, Schema
from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks
from tests.testing.conformance.catalogue.conditions import Filtering, holds
from tests.testing.conformance.catalogue.lists import Sorting

ORDER = "an_order_agrees_with_python"
COMPARES = "conditions_agree_with_python"
FINDS = "a_shown_value_finds_itself"


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


@breaks("Different values are shown differently.", FINDS, feature="balance")
class Blurred(Described):
    """Shows decimal numbers with one decimal place."""

    change = staticmethod(lambda kind: replace(kind, dumper=lambda value: str(round(value, 1))))


@breaks("A condition on numbers compares signs.", COMPARES, feature="age")
@breaks("A condition compares the value that was sent.", FINDS, feature="age")
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


class Converting(Sorting):
    """Sorts values after a conversion."""

    def sorted(self, rows: Any, sort: Any) -> Any:
        for name, descending in reversed(sort):
            keyed = [((row.values[name] is not None, self.convert(row.values[name])), row) for row in rows]
            rows = [row for _, row in sorted(keyed, key=itemgetter(0), reverse=descending)]
        return rows

    def convert(self, value: Any) -> Any:
        raise NotImplementedError


@breaks("Decimal numbers are sorted as numbers.", ORDER, feature="balance")
@breaks("Integers are sorted as numbers.", ORDER, feature="age")
@breaks("Floats are sorted as numbers.", ORDER, feature="height")
class SortsText(Converting):
    """Sorts everything as text."""

    def convert(self, value: Any) -> Any:
        return str(value)


@breaks("Times are sorted as instants.", ORDER, feature="born")
class SortsLocalText(Converting):
    """Sorts times as the texts that replies show."""

    def convert(self, value: Any) -> Any:
        return "" if value is None else value.isoformat()[:-6] + "Z"


@breaks("Days are sorted by year first.", ORDER, feature="day")
class SortsDayFirst(Converting):
    """Sorts days as they are written in many countries."""

    def convert(self, value: Any) -> Any:
        return "" if value is None else value.strftime("%d.%m.%Y")


@breaks("Times of day are sorted with their seconds.", ORDER, feature="wake")
class SortsHours(Converting):
    """Sorts the time of day by its hour."""

    def convert(self, value: Any) -> Any:
        return 0 if value is None else -value.second


@breaks("A walk has the order of the list.", "a_walk_by_a_field_meets_each_instance_once", feature="height")
class WalksByKey(MemoryProvider):
    """Sorts pages after the first by the primary key."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, query, **options)
        if query.after is None:
            return listing
        return replace(listing, items=sorted(listing.items, key=lambda item: str(item.values["id"])))


class Comparing(Filtering):
    """Compares values after a conversion."""

    def meets(self, condition: Any, value: Any) -> bool:
        wanted = condition.value
        if isinstance(wanted, (list, bool)) or wanted is None or value is None:
            return super().meets(condition, value)
        return holds(condition.operator, self.convert(value), self.convert(wanted))

    def convert(self, value: Any) -> Any:
        raise NotImplementedError


@breaks("gt and lt compare decimal numbers as numbers.", COMPARES, feature="balance")
@breaks("gt and lt compare floats as numbers.", COMPARES, feature="height")
@breaks("12.5 finds 12.50.", FINDS, feature="balance")
class ComparesText(Comparing):
    """Compares everything as text."""

    def convert(self, value: Any) -> Any:
        return str(value)


@breaks("gt and lt compare days.", COMPARES, feature="day")
class ComparesYears(Comparing):
    """Compares the years of days."""

    def convert(self, value: Any) -> Any:
        return value.year if isinstance(value, date) else value


@breaks("gt and lt compare fractions of seconds.", COMPARES, feature="born")
@breaks("eq compares fractions of seconds.", FINDS, feature="born")
@breaks("eq compares times of day.", FINDS, feature="wake")
class ComparesMinutes(Comparing):
    """Compares times in whole minutes."""

    def convert(self, value: Any) -> Any:
        return value.replace(second=0, microsecond=0) if isinstance(value, (datetime, time)) else value


@breaks("eq compares floats exactly.", FINDS, feature="height")
class Approximates(Comparing):
    """Compares numbers with six digits."""

    def convert(self, value: Any) -> Any:
        return round(value, 6) if isinstance(value, float) else value


@breaks("A reply finds a text by the text that it shows.", FINDS, feature="email")
class TakesNull(Comparing):
    """Takes the text "null" for null."""

    def meets(self, condition: Any, value: Any) -> bool:
        return super().meets(replace(condition, value=None) if condition.value == "null" else condition, value)

    def convert(self, value: Any) -> Any:
        return value
