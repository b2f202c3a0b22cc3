from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from bzz.exceptions import Unavailable
from bzz.providers.memory import MemoryProvider
from bzz.providers.mongoengine import MongoEngineProvider


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": -1.0}, {"threads": 0}])
def test_an_option_out_of_range_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        MongoEngineProvider(**options)


async def test_a_call_beyond_the_timeout_is_unavailable() -> None:
    provider = MemoryProvider()
    provider.timeout = 0.01
    gate = threading.Event()
    with pytest.raises(Unavailable, match=r"in time\.$"):
        await provider.read(gate.wait, 5)
    with pytest.raises(Unavailable, match="The write may have happened"):
        await provider.write(gate.wait, 5)
    with pytest.raises(Unavailable):
        await provider.in_time(asyncio.sleep(5))
    gate.set()

    def fail() -> None:
        raise TimeoutError("of its own")

    with pytest.raises(TimeoutError, match="of its own"):
        await provider.read(fail)
