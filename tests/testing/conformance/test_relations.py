"""Cases of relations fail for a provider that forgets members."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.providers.memory import MemoryProvider
from tests.support.broken import suite_of


class Memberless(MemoryProvider):
    """Shows no members."""

    def values(self, schema: Any, instance: Any) -> Any:
        held = super().values(schema, instance)
        return held | ({"members": []} if "members" in held else {})


def test_a_provider_that_shows_no_members_fails_their_cases() -> None:
    for case in (
        suite_of(Memberless).test_members_join_and_leave,
        suite_of(Memberless).test_a_path_leads_to_members_only,
    ):
        with pytest.raises(AssertionError):
            case()
