"""Cases of races fail for a provider that reads and writes in two steps."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bzz.providers.memory import MemoryProvider
from tests.support.broken import suite_of


class Late(MemoryProvider):
    """Lets other writes happen between its read and its write."""

    async def update(self, address: Any, change: Any, *, exact: bool, loaded: Any, state: Any) -> Any:
        found = await self.get(address, state=state, represent=False)
        changed = change(found.values)
        await asyncio.sleep(0.001)
        return await super().update(address, lambda _: changed, exact=exact, loaded=loaded, state=state)


def test_a_provider_that_loses_changes_fails_the_cases_of_races() -> None:
    suite = suite_of(Late)
    for case in (
        suite.test_no_change_is_lost,
        suite.test_of_many_writes_with_one_entity_tag_one_succeeds,
        suite.test_all_members_that_join_at_once_are_stored,
    ):
        with pytest.raises(AssertionError):
            case()
