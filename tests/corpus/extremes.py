"""Random JSON values that a field takes, with the extremes of its type."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from random import Random
from typing import Any
from uuid import UUID

from bzz.providers import DataType, Embedded, Json, List, Map

TEXTS = ["", "a", "A", " a ", "é😀", "%_'\"\\", "null", "NaN", "0", "a\nb", "\x7f", "z" * 40]
NUMBERS = [0, 1, -1, 0.1, -0.5, 1.25, 123456.789, 2**31 - 1, -(2**31), 2**53, 1e15, 1e-7, 1e38, 1e300, -1e-300]
DECIMALS = ["0", "0.01", "-0.01", "12.50", "99999999.99", "-99999999", "1E+2", "123456789012.123456"]
MOMENTS = [
    "0001-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999Z",
    "2024-02-29T12:00:00+05:30",
    "2026-01-02T03:04:05.120000Z",
    "2026-01-02T03:04:05.123456Z",
    "9999-12-31T23:59:59Z",
]
DAYS = ["0001-01-01", "1969-12-31", "2024-02-29", "9999-12-31"]
CLOCKS = ["00:00:00", "23:59:59", "12:00:00.500000", "12:00:00.000001"]
FREE = [None, True, 0, 1.5, "", "é", [], {}, [1, [None, {"a": "b"}]], {"a": None, "b": {"c.d": [1e22]}}, 2**62]
CHOICES: Mapping[str, Callable[[Random], Any]] = {
    "boolean": lambda random: random.random() < 0.5,
    "date-time": lambda random: random.choice(MOMENTS),
    "date": lambda random: random.choice(DAYS),
    "time": lambda random: random.choice(CLOCKS),
    "UUID": lambda random: str(UUID(int=random.getrandbits(128))),
    "base64": lambda random: base64.b64encode(random.randbytes(random.choice([0, 1, 9]))).decode(),
    "decimal": lambda random: random.choice(DECIMALS),
    "number": lambda random: random.choice(NUMBERS),
    "integer": lambda random: random.choice([*NUMBERS[:3], random.randint(-(2**40), 2**40)]),
    "string": lambda random: random.choice(TEXTS),
}


def extreme(datatype: DataType, random: Random) -> Any:
    """Return a random JSON value that a type takes. None if none was found."""
    if isinstance(datatype, List):
        items = [extreme(datatype.item, random) for _ in range(random.randint(0, 3))]
        return [item for item in items if item is not None]
    if isinstance(datatype, Map):
        return {key: extreme(datatype.item, random) for key in random.sample(["a", "b", "é"], random.randint(0, 3))}
    if isinstance(datatype, Embedded):
        inner = [(key, known.type) for key, known in datatype.schema.readable if known.insertable]
        return {key: value for key, kind in inner if (value := extreme(kind, random)) is not None}
    if isinstance(datatype, Json):
        return random.choice(FREE)
    if datatype.members:
        return random.choice([*datatype.members.values()])
    bounds = [datatype.bounds[name] for name in ("minimum", "maximum") if name in datatype.bounds]
    candidates = [CHOICES[datatype.name](random) for _ in range(6)] if datatype.name in CHOICES else []
    return next((one for one in [*random.sample(bounds, len(bounds))[:1], *candidates] if takes(datatype, one)), None)


def takes(datatype: DataType, value: Any) -> bool:
    try:
        datatype.parse(value)
    except ValueError:
        return False
    return True
