"""Changes of stored values."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bzz.schema.fields import Values

Change = Callable[[Values], Values]

Trail = Sequence[tuple[str, int | None]]
