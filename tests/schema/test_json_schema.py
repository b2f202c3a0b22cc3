"""What types and fields say of themselves."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

import pytest

from bzz.providers import (
    JSON,
    UUID_,
    CompositeKey,
    DataType,
    Embedded,
    Field,
    List,
    Map,
    Reference,
    enumeration,
    integer,
)
from bzz.providers.memory import MemoryProvider
from bzz.schema import scalars
from bzz.schema.scalars import addressable
from tests.support.schemas import SCHEMA, Model


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@pytest.mark.parametrize(
    ("datatype", "described"),
    [
        (scalars.STRING, {"type": "string"}),
        (integer(0, 9), {"type": "integer", "minimum": 0, "maximum": 9}),
        (scalars.FLOAT, {"type": "number"}),
        (scalars.DECIMAL, {"type": "string", "format": "decimal"}),
        (scalars.BOOLEAN, {"type": "boolean"}),
        (scalars.DATETIME, {"type": "string", "format": "date-time"}),
        (scalars.DATE, {"type": "string", "format": "date"}),
        (scalars.TIME, {"type": "string", "format": "time-local"}),
        (UUID_, {"type": "string", "format": "uuid"}),
        (scalars.BYTES, {"type": "string", "contentEncoding": "base64"}),
        (addressable(integer(0, 9), as_text=True), {"type": "string"}),
        (addressable(integer(0, 9)), {"type": "integer", "minimum": 0, "maximum": 9}),
        (addressable(UUID_, as_text=True), {"type": "string", "format": "uuid"}),
        (enumeration(Level), {"enum": [1, 2]}),
        (JSON, {}),
        (List(UUID_), {"type": "array", "items": {"type": "string", "format": "uuid"}}),
        (Map(scalars.BOOLEAN), {"type": "object", "additionalProperties": {"type": "boolean"}}),
        (Embedded(lambda: SCHEMA), {"type": "object"}),
        (Reference(lambda: Model, lambda: scalars.INTEGER), {"type": "string"}),
        (CompositeKey((("a", scalars.INTEGER),)), {"type": "string", "maxLength": 512}),
    ],
)
def test_a_type_describes_its_values(datatype: DataType, described: dict[str, Any]) -> None:
    assert datatype.json_schema() == described


def test_a_field_names_the_members_and_the_bounds_of_its_type() -> None:
    assert Field("level", enumeration(Level)).members == {"LOW": 1, "HIGH": 2}
    assert Field("size", integer(0, 9)).bounds == {"minimum": 0, "maximum": 9}
    assert Field("any", JSON).members == Field("any", JSON).bounds == {}


def test_a_dataclass_describes_its_fields() -> None:
    @dataclass
    class Described:
        id: str
        level: Level = Level.LOW
        code: str | None = field(default=None, metadata={"unique": True, "title": "Code", "description": "On the box."})

    known = MemoryProvider().describe(Described).fields
    assert (known["id"].unique, known["id"].required, known["id"].nullable) == (True, True, False)
    assert (known["level"].default, known["level"].unique) == (Level.LOW, False)
    code = known["code"]
    assert (code.unique, code.nullable, code.title, code.description) == (True, True, "Code", "On the box.")
