from __future__ import annotations

import pytest

from bzz.providers.base import Provider
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import ActState
from bzz.schema.scalars import INTEGER, STRING
from tests.support.schemas import ROWS


def test_a_provider_that_lacks_a_method_cannot_be_made() -> None:
    class Half(Provider):
        """Describes nothing and stores nothing."""

    lacking = ("create", "delete", "describe", "get", "list", "update", "values")
    with pytest.raises(TypeError, match=", ".join(f"'?{name}'?" for name in lacking)):  # quoted from Python 3.12
        Half()  # type: ignore[abstract]


async def test_a_provider_without_write_all_says_so() -> None:
    with pytest.raises(NotImplementedError, match=r"MemoryProvider\.write_all\(\) must perform 0 writes"):
        await MemoryProvider().write_all([], state=ActState())


def test_a_provider_that_sets_no_position_reads_none() -> None:
    with pytest.raises(ValueError, match="no cursor"):
        Provider.stored_value(MemoryProvider(), ROWS, "age", 5)


def test_the_types_of_all_hives_are_known_to_their_provider() -> None:
    provider = MemoryProvider()
    provider.add_types({int: INTEGER})
    provider.add_types({str: STRING, int: INTEGER})
    assert provider.types == {int: INTEGER, str: STRING}
    assert MemoryProvider().types == {}
