"""Values for documents of the tests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

UNKNOWN_ID = "0" * 24


def everything(person: str) -> dict[str, Any]:
    """A value for each field that a request may set, as JSON."""
    return {
        "text": "Ada",
        "email": "ada@example.com",
        "url": "https://example.com/a",
        "whole": 3,
        "long": 2**62,
        "real": 1.5,
        "price": "1.01",
        "text_price": "1.125",
        "exact": "1.23456789",
        "flag": True,
        "at": "2026-01-02T08:00:00.123000Z",
        "exactly_at": "2026-01-02T08:00:00.123456Z",
        "on": "2026-01-02",
        "other_id": "5" * 24,
        "uuid": str(UUID(int=7)),
        "binary": "AAEC",
        "color": 2,
        "part": {"name": "a", "size": 1},
        "parts": [{"name": "b", "size": 2}],
        "tree": {"value": 1, "children": [{"value": 2, "children": []}]},
        "any_part": {"type": "Part", "value": {"name": "c", "size": 3}},
        "texts": ["x", "y"],
        "sorted": [1, 2, 3],
        "sorted_parts": [{"name": "e", "size": 3}, {"name": "d", "size": 1}],
        "anything": [1, "a", None, {"b": [True]}],
        "numbers": {"a": 1},
        "free": {"a": [1, {"b": None}]},
        "dynamic": {"a": [1.5, {"b": "c"}]},
        "person": person,
        "person_dbref": person,
        "lazy": person,
        "cached": person,
        "people": [person],
        "itself": None,
        "any_reference": {"type": "Person", "id": person},
        "any_lazy": {"type": "Person", "id": person},
        "legacy_point": [1, 2],
        "point": {"type": "Point", "coordinates": [1, 2]},
        "polygon": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 0], [0, 0]]]},
    }
