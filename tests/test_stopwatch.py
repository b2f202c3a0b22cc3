"""Time spent in a store."""

from __future__ import annotations

import asyncio

import pytest

import bzz
from bzz.interfaces import Address, Scope, Stored
from bzz.pool import Pool
from bzz.providers.memory import MemoryProvider
from bzz.signals import post_provider_call
from bzz.stopwatch import Stopwatch, measured, measuring, running
from bzz.testing import capture
from tests.conftest import Clock
from tests.models import User


async def test_time_is_measured_in_the_thread_that_spends_it_and_added_up(clock: Clock) -> None:
    watch, pool = Stopwatch(), Pool(1)
    token = running.set(watch)
    for seconds in (2, 3):
        await pool.run(measured, clock.sleep, seconds)
    running.reset(token)
    assert watch.seconds == 5
    await pool.run(measured, clock.sleep, 1)
    assert watch.seconds == 5


async def test_a_provider_that_awaits_its_store_measures_that_itself(clock: Clock) -> None:
    class AwaitingProvider(MemoryProvider):
        async def get(self, address: Address, *, scope: Scope, represent: bool) -> Stored:
            clock.sleep(5)
            with measuring():
                await asyncio.sleep(0)
                clock.sleep(2)
            return await super().get(address, scope=scope, represent=represent)

    users = bzz.ModelHive(AwaitingProvider(), User)
    ada = await users.create({"name": "Ada"})
    with capture(post_provider_call) as sent:
        await users.get(ada.id)
    assert sent[0].keywords["duration"] == 2


def test_time_that_ends_in_an_error_counts(clock: Clock) -> None:
    def fail() -> None:
        clock.sleep(4)
        raise ZeroDivisionError

    watch = Stopwatch()
    token = running.set(watch)
    with pytest.raises(ZeroDivisionError):
        measured(fail)
    running.reset(token)
    assert watch.seconds == 4
    assert measured(max, 1, 2) == 2
    with measuring():
        assert running.get() is None, "nobody wants to know"
