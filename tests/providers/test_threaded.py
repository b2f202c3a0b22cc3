from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from bzz.exceptions import Unavailable
from bzz.providers.memory import MemoryProvider
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.providers.values import ActState
from tests.support.models import User


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


async def test_represent_refuses_deferred_fields_unless_a_provider_loads_them() -> None:
    with pytest.raises(NotImplementedError, match="must load members"):
        await MemoryProvider().represent(
            MemoryProvider().describe(User), [], undefer={"members": None}, state=ActState()
        )
