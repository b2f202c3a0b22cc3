"""Values that are stored are those that were sent."""

from __future__ import annotations

import struct
import unicodedata
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks
from tests.testing.conformance.catalogue.values import Described

KEPT = "a_value_is_kept_exactly_or_refused"


class Keeping(MemoryProvider):
    """Stores another value than the one that was sent, and returns what it stores."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        return await super().create(schema, self.kept(data), **options)

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        return await super().update(address, lambda old: {**old, **self.kept(change(old))}, **options)

    def kept(self, data: Any) -> Any:
        return {name: self.keep(name, value) for name, value in data.items() if value is not None} | {
            name: None for name, value in data.items() if value is None
        }

    def keep(self, name: str, value: Any) -> Any:
        raise NotImplementedError


@breaks("A time is kept to the millisecond.", KEPT, feature="born")
class Seconds(Keeping):
    """Stores times in whole seconds."""

    def keep(self, name: str, value: Any) -> Any:
        return value.replace(microsecond=0) if isinstance(value, datetime) else value


@breaks("The reply to a write shows the time that is stored.", KEPT, feature="born")
class ShowsMicroseconds(Keeping):
    """Stores times in milliseconds, and returns them as they were sent."""

    async def create(self, schema: Any, data: Any, **options: Any) -> Any:
        made = await super().create(schema, data, **options)
        return replace(made, values={**made.values, **data})

    def keep(self, name: str, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.replace(microsecond=value.microsecond // 1000 * 1000)
        return value


@breaks("A time of day has microseconds.", KEPT, feature="wake")
class Minutes(Keeping):
    """Stores the time of day in minutes."""

    def keep(self, name: str, value: Any) -> Any:
        return value.replace(second=0, microsecond=0) if isinstance(value, time) else value


@breaks("A time with an offset is an instant.", KEPT, feature="born")
class NoOffset(Described):
    """Drops the offset of a time."""

    name_of_field = "born"
    change = staticmethod(
        lambda kind: replace(kind, parser=lambda raw: kind.parser(f"{raw[:19]}Z" if isinstance(raw, str) else raw))
    )


@breaks("A day may be in any century.", KEPT, feature="day")
class Timestamps(Keeping):
    """Stores days as the seconds since 1970."""

    def keep(self, name: str, value: Any) -> Any:
        return max(value, date(1970, 1, 1)) if name == "day" else value


@breaks("An integer has all its digits.", KEPT, feature="age")
class FloatNumbers(Keeping):
    """Stores integers as floats."""

    def keep(self, name: str, value: Any) -> Any:
        return int(float(value)) if name == "age" else value


@breaks("A float has 64 bits.", KEPT, feature="height")
class SingleFloats(Keeping):
    """Stores floats with 32 bits."""

    def keep(self, name: str, value: Any) -> Any:
        is_float = isinstance(value, float) and abs(value) < 1e38
        return struct.unpack("f", struct.pack("f", value))[0] if is_float else value


@breaks("A decimal number is no float.", KEPT, feature="balance")
class FloatDecimals(Keeping):
    """Stores decimal numbers as floats."""

    def keep(self, name: str, value: Any) -> Any:
        return Decimal(str(float(value))) if isinstance(value, Decimal) else value


class Texts(Keeping):
    """Stores another text."""

    def keep(self, name: str, value: Any) -> Any:
        return self.text(value) if name == "email" else value

    def text(self, value: str) -> Any:
        raise NotImplementedError


@breaks("The empty text is not null.", KEPT, feature="email")
class EmptyIsNull(Texts):
    """Stores null for the empty text, as Oracle does."""

    def text(self, value: str) -> Any:
        return value or None


@breaks("A text keeps its length.", KEPT, feature="email")
class Cuts(Texts):
    """Stores 255 characters."""

    def text(self, value: str) -> Any:
        return value[:255]


@breaks("A text keeps its blanks.", KEPT, feature="email")
class Strips(Texts):
    """Stores a text without blanks at its ends."""

    def text(self, value: str) -> Any:
        return value.strip(" ")


@breaks("A text keeps its characters.", KEPT, feature="email")
class Composes(Texts):
    """Stores text in one form of Unicode."""

    def text(self, value: str) -> Any:
        return unicodedata.normalize("NFC", value)


@breaks("A text keeps the ends of its lines.", KEPT, feature="email")
class Lines(Texts):
    """Stores one kind of line end."""

    def text(self, value: str) -> Any:
        return value.replace("\r\n", "\n")


@breaks("Bytes keep zeros at their end.", KEPT, feature="photo")
class ZeroEnded(Keeping):
    """Stores bytes up to the first zero."""

    def keep(self, name: str, value: Any) -> Any:
        return value.partition(b"\0")[0] if isinstance(value, bytes) else value


@breaks("A list keeps its order and equal items.", KEPT, feature="tags")
class Sets(Keeping):
    """Stores a list as a set."""

    def keep(self, name: str, value: Any) -> Any:
        return sorted({*value}) if name == "tags" else value


@breaks("Text in an embedded document may be empty.", KEPT, feature="home")
class SparseHomes(Keeping):
    """Stores null for an empty text in an embedded document."""

    def keep(self, name: str, value: Any) -> Any:
        return {key: one or None for key, one in value.items()} if name == "home" else value


@breaks("A boolean value is shown as true or false.", KEPT, feature="active")
class ShowsNumbers(Described):
    """Shows booleans as numbers."""

    name_of_field = "active"
    change = staticmethod(lambda kind: replace(kind, dumper=int))


class Notes(Keeping):
    """Stores other free JSON."""

    def keep(self, name: str, value: Any) -> Any:
        return self.note(value) if name == "notes" else value

    def note(self, value: Any) -> Any:
        """The JSON that is stored for a part of the notes."""
        if isinstance(value, dict):
            return {key: self.note(one) for key, one in value.items()}
        return [self.note(one) for one in value] if isinstance(value, list) else value


@breaks("In free JSON, true is not 1.", KEPT, feature="notes")
class NotesWithoutBooleans(Notes):
    """Stores booleans as numbers."""

    def note(self, value: Any) -> Any:
        return int(value) if isinstance(value, bool) else super().note(value)


@breaks("In free JSON, 1.0 is not 1.", KEPT, feature="notes")
class NotesWithoutFloats(Notes):
    """Stores whole floats as integers."""

    def note(self, value: Any) -> Any:
        return int(value) if isinstance(value, float) and value.is_integer() else super().note(value)


@breaks("A list in free JSON may contain null.", KEPT, feature="notes")
class NotesWithoutNull(Notes):
    """Drops null from lists."""

    def note(self, value: Any) -> Any:
        return super().note([one for one in value if one is not None] if isinstance(value, list) else value)


@breaks("Free JSON may contain empty lists and objects.", KEPT, feature="notes")
class NotesWithoutEmpty(Notes):
    """Drops empty lists and objects from lists."""

    def note(self, value: Any) -> Any:
        return super().note([one for one in value if one not in ([], {})] if isinstance(value, list) else value)


@breaks("A key of free JSON may contain a dot.", KEPT, feature="notes")
class NotesWithPaths(Notes):
    """Takes a dot in a key for a path."""

    def note(self, value: Any) -> Any:
        if isinstance(value, dict) and "a.b" in value:
            return {"a": {"b": self.note(value["a.b"])}}
        return super().note(value)


@breaks("A key of free JSON may begin with a dollar sign.", KEPT, feature="notes")
class NotesWithoutDollars(Notes):
    """Drops keys that begin with a dollar sign."""

    def note(self, value: Any) -> Any:
        held = super().note(value)
        return {key: one for key, one in held.items() if key[:1] != "$"} if isinstance(held, dict) else held


@breaks("A text in free JSON is no date.", KEPT, feature="notes")
class NotesWithDates(Notes):
    """Takes texts that look like dates for dates."""

    def note(self, value: Any) -> Any:
        return f"{value}T00:00:00" if value == "2026-01-02" else super().note(value)
