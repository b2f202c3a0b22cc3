"""Time spent in a store."""

from __future__ import annotations

import time

import pytest

from bzz.pool import Pool
from bzz.stopwatch import Stopwatch, measured, running


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


def test_time_that_ends_in_an_error_counts() -> None:
    watch = Stopwatch()
    token = running.set(watch)
    with pytest.raises(ZeroDivisionError):
        measured(lambda: 1 / 0)
    running.reset(token)
    assert watch.seconds > 0
    assert measured(max, 1, 2) == 2
