"""References and members."""

from __future__ import annotations

from typing import Any

from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks


@breaks("Values have the keys of members.", "members_join_and_leave")
@breaks("A path leads to each member.", "a_path_leads_to_members_only")
class Memberless(MemoryProvider):
    """Shows no members."""

    def values(self, schema: Any, instance: Any) -> Any:
        held = super().values(schema, instance)
        return held | ({"members": []} if "members" in held else {})
