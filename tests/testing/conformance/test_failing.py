"""Cases of failures fail for a provider that blocks."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.providers.memory import MemoryProvider
from bzz.testing.conformance import failing
from tests.support.broken import suite_of


class Blocking(MemoryProvider):
    """Reads on the event loop."""

    async def read(self, function: Any, /, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)


def test_a_provider_that_blocks_the_event_loop_fails_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failing, "SOON", 0.1)
    with pytest.raises(TypeError):
        suite_of(Blocking).test_a_hook_that_blocks_does_not_block_the_event_loop()
