"""JSON values that a field takes, found by its type."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from bzz.providers import DataType, Embedded, Json, List, Map, Reference

Keys = Mapping[type, Sequence[str]]  # of the instances that there are


def sample(datatype: DataType, number: int, keys: Keys) -> Any:
    """Return a JSON value that a type takes; another one for another number. None if there is none."""
    if isinstance(datatype, Reference):
        known = [key for model, some in keys.items() if issubclass(model, datatype.model) for key in some]
        return known[number % len(known)] if known else None
    if isinstance(datatype, List):
        found = [sample(datatype.item, number, keys), sample(datatype.item, number + 1, keys)]
        return [one for one in found[: 1 if found[0] == found[1] else 2] if one is not None]
    if isinstance(datatype, (Map, Embedded, Json)):
        return _object(datatype, number, keys)
    if datatype.members:
        return [*datatype.members.values()][number % len(datatype.members)]
    return next((value for value in _candidates(number) if _takes(datatype, value)), None)


def _object(datatype: DataType, number: int, keys: Keys) -> dict[str, Any]:
    if isinstance(datatype, Map):
        return {"key": sample(datatype.item, number, keys)}
    if isinstance(datatype, Embedded):
        inner = ((key, known.type) for key, known in datatype.schema.readable if known.insertable)
        return {key: sample(kind, number, keys) for key, kind in inner}
    return {"a": [number, None, {"b": "c"}], "d": 1.5}


def _takes(datatype: DataType, value: Any) -> bool:
    try:
        datatype.parse(value)
    except ValueError:
        return False
    return True


def _candidates(number: int) -> Iterator[Any]:
    yield from (f"text {number}", f"t{number}", f"user{number}@example.com", f"https://example.com/{number}")
    yield from (f"2026-01-02T03:04:{number % 60:02}Z", f"2026-01-{number % 28 + 1:02}", f"03:04:{number % 60:02}")
    yield from (str(UUID(int=number)), number % 2 == 0, number + 1, f"{number}.25", f"{number:024x}")
    yield from (f"127.0.0.{number % 250}", base64.b64encode(f"bytes {number}".encode()).decode())
    yield {"type": "Point", "coordinates": [number, 1]}


WRONG: tuple[Any, ...] = ({"no": {"such": [1]}}, "x" * 5000, 10**30, "\x00", 1e300, "NaN")
