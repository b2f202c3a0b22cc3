"""The two types of a write: what a change is, and where in an instance an embedded document lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bzz.schema.fields import Values

Change = Callable[
    [Values], Values
]  # from the stored values to the new ones; without side effects, so it may be repeated
Trail = Sequence[tuple[str, int | None]]  # from an instance down: a field's name and the index in its list, or None
