"""Two types for writes: ``Change`` and ``Trail``.

A trail says where an embedded document is inside an instance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bzz.schema.fields import Values

Change = Callable[
    [Values], Values
]  # takes the stored values and returns the new ones; bzz may call it again, as it has no side effects
Trail = Sequence[tuple[str, int | None]]  # for each level: a field's name, and an index if it is a list
