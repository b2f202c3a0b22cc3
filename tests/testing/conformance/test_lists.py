"""Cases of lists fail for a provider that ignores parts of a query."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bzz.providers.memory import MemoryProvider
from tests.support.broken import suite_of


class Careless(MemoryProvider):
    """Applies the first condition only, and begins each page at the first instance."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        query = replace(query, where=query.where[:1], after=None, page=1)
        return await super().list(schema, query, **options)


def test_a_provider_that_ignores_conditions_cursors_and_pages_fails_their_cases() -> None:
    suite = suite_of(Careless)
    for case in (
        suite.test_an_instance_must_meet_all_conditions,
        suite.test_pages_are_parts_of_the_list,
        suite.test_a_cursor_stays_valid_after_its_instance_is_deleted,
    ):
        with pytest.raises(AssertionError):
            case()
    with pytest.raises(AssertionError, match="was shown before"):
        suite.test_a_walk_along_cursors_meets_each_instance_once(sort="sort=age")
