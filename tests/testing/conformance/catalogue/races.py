"""Many requests at once."""

from __future__ import annotations

import asyncio
from typing import Any

from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks


@breaks("No write comes between the values that a change got and those that it made.", "no_change_is_lost")
@breaks("Of many writes on one condition one succeeds.", "of_many_writes_with_one_entity_tag_one_succeeds")
@breaks("No member that joins is lost.", "all_members_that_join_at_once_are_stored")
class Late(MemoryProvider):
    """Lets other writes happen between its read and its write."""

    async def update(self, address: Any, change: Any, **options: Any) -> Any:
        found = self._get(address, options["state"], False)
        changed = change(found.values)
        await asyncio.sleep(0.001)
        return await super().update(address, lambda _: changed, **options)
