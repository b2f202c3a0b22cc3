"""A store of texts that can little: no order, no page numbers, no counts, no transactions, 100 keys at once."""

from __future__ import annotations

import asyncio
from collections.abc import Collection

AT_ONCE = 100
Row = tuple[str, int, str]  # key, version, text


class Texts:
    """Texts by key, in the order of the keys. A text has a new version after each write."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.is_up = True

    async def read(self, keys: Collection[str]) -> list[Row]:
        """Return the rows of keys. A key without a row is left out."""
        await self._reach()
        if len(keys) > AT_ONCE:
            raise ValueError(f"the store reads at most {AT_ONCE} keys at once")
        return [self.rows[key] for key in keys if key in self.rows]

    async def scan(self, prefix: str, after: str) -> list[Row]:
        """Return the next rows after a key whose keys have a prefix."""
        await self._reach()
        keys = sorted(key for key in self.rows if key.startswith(prefix) and key > after)
        return [self.rows[key] for key in keys[:AT_ONCE]]

    async def write(self, key: str, version: int, text: str | None) -> bool:
        """Store a text, or delete it, if it still has a version: 0 if there must be none. Return whether it had."""
        await self._reach()
        if (self.rows[key][1] if key in self.rows else 0) != version:
            return False
        if text is None:
            del self.rows[key]
        else:
            self.rows[key] = key, version + 1, text
        return True

    async def _reach(self) -> None:
        await asyncio.sleep(0)
        if not self.is_up:
            raise ConnectionError("the store is down")
