"""The bounded thread pool."""

from __future__ import annotations

import asyncio
import threading

import pytest

from bzz.concurrency.thread_pool import QUEUE_PER_THREAD, ThreadPool
from bzz.exceptions import Unavailable


async def test_a_full_queue_refuses_at_once_and_takes_again_when_it_has_room() -> None:
    pool, gate = ThreadPool(threads=1), threading.Event()
    waiting = [asyncio.ensure_future(pool.run(gate.wait)) for _ in range(1 + QUEUE_PER_THREAD)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await pool.run(gate.wait)
    gate.set()
    assert all(await asyncio.gather(*waiting))
    assert await pool.run(gate.wait)


async def test_a_call_that_cannot_be_submitted_gives_its_place_back() -> None:
    pool = ThreadPool(threads=1)
    pool._executor.shutdown()
    for _ in range(2 + QUEUE_PER_THREAD):
        with pytest.raises(RuntimeError):
            await pool.run(int)


async def test_a_closed_pool_ends_its_calls_and_starts_new_threads_for_the_next() -> None:
    pool, gate = ThreadPool(threads=1), threading.Event()
    waiting = asyncio.ensure_future(pool.run(gate.wait))
    await asyncio.sleep(0)
    first = pool._executor
    pool.close()
    pool.close()
    gate.set()
    assert await waiting
    assert await pool.run(max, 1, 2) == 2
    assert pool._executor is not first
    pool.close()
