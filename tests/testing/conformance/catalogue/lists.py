"""Conditions, orders, pages, cursors and counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks


@breaks("An instance of a list meets all conditions.", "an_instance_must_meet_all_conditions")
class FirstCondition(MemoryProvider):
    """Applies the first condition only."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return await super().list(schema, replace(query, where=query.where[:1]), **options)


@breaks("A page begins after the instances before it.", "pages_are_parts_of_the_list")
class FirstPage(MemoryProvider):
    """Begins each page at the first instance."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return await super().list(schema, replace(query, page=1), **options)


@breaks("A page begins after its cursor.", "a_cursor_stays_valid_after_its_instance_is_deleted")
@breaks("A walk along cursors ends.", "a_walk_along_cursors_meets_each_instance_once", sort="sort=age")
class NoCursor(MemoryProvider):
    """Ignores cursors."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return await super().list(schema, replace(query, after=None, page=1), **options)
