"""A provider that changes what is referred to is noticed."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.providers.memory import MemoryProvider
from tests.testing.conformance.broken import suite_of


class Sharing(MemoryProvider):
    """Cannot refer to anything."""

    def values(self, schema: Any, instance: Any) -> Any:
        held = super().values(schema, instance)
        return held | ({"members": []} if "members" in held else {})


def test_members_that_are_not_there_are_noticed() -> None:
    for case in (suite_of(Sharing).test_members_join_and_leave, suite_of(Sharing).test_a_path_leads_to_members_only):
        with pytest.raises(AssertionError):
            case()
