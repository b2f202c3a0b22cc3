"""A provider that blocks the event loop is noticed."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.providers.memory import MemoryProvider
from bzz.testing.conformance import failing
from tests.testing.conformance.broken import suite_of


class Blocking(MemoryProvider):
    """Does on the event loop what takes time."""

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)


def test_a_loop_that_is_blocked_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failing, "SOON", 0.1)
    with pytest.raises(TypeError):
        suite_of(Blocking).test_a_hook_that_blocks_does_not_block_the_event_loop()
