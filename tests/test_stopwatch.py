"""Time spent in a store."""

from __future__ import annotations

import asyncio
import time

import pytest

import bzz
from bzz.interfaces import Address, Scope, Stored
from bzz.pool import Pool
from bzz.providers.memory import MemoryProvider
from bzz.signals import post_provider_call
from bzz.stopwatch import Stopwatch, measured, measuring, running
from bzz.testing import capture
from tests.models import User


async def test_time_is_measured_in_the_thread_that_spends_it_and_added_up() -> None:
    watch, pool = Stopwatch(), Pool(1)
    token = running.set(watch)
    for _ in range(2):
        await pool.run(measured, time.sleep, 0.02)
    running.reset(token)
    assert 0.04 <= watch.seconds < 0.4
    spent = watch.seconds
    await pool.run(measured, time.sleep, 0.001)
    assert watch.seconds == spent


async def test_a_provider_that_awaits_its_store_measures_that_itself() -> None:
    class AwaitingProvider(MemoryProvider):
        async def get(self, address: Address, *, scope: Scope, represent: bool) -> Stored:
            await asyncio.sleep(0.05)
            with measuring():
                await asyncio.sleep(0.02)
            return await super().get(address, scope=scope, represent=represent)

    users = bzz.ModelHive(AwaitingProvider(), User)
    ada = await users.create({"name": "Ada"})
    with capture(post_provider_call) as sent:
        await users.get(ada.id)
    assert 0.02 <= sent[0].keywords["duration"] < 0.05


def test_time_that_ends_in_an_error_counts() -> None:
    watch = Stopwatch()
    token = running.set(watch)
    with pytest.raises(ZeroDivisionError):
        measured(lambda: 1 / 0)
    running.reset(token)
    assert watch.seconds > 0
    assert measured(max, 1, 2) == 2
    with measuring():
        assert running.get() is None, "nobody wants to know"
