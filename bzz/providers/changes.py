"""The two types of a write: the change, and the trail.

A trail says where in an instance an embedded document is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bzz.schema.fields import Values

Change = Callable[
    [Values], Values
]  # from the stored values to the new ones; it may be repeated, as it has no side effects
Trail = Sequence[tuple[str, int | None]]  # for each level: a field's name, and the index in its list or None
