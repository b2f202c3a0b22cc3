from __future__ import annotations

import asyncio
import gc
import logging
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bzz.concurrency.held_thread import HeldThread
from bzz.concurrency.thread_pool import QUEUE_PER_THREAD, ThreadPool
from bzz.exceptions import Unavailable
from bzz.providers import ThreadedProvider
from bzz.providers.memory import MemoryProvider


class Transaction:
    """A context manager that notes its steps, and waits for a gate when it is entered."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.gate = threading.Event()
        self.entering = threading.Event()

    @contextmanager
    def __call__(self) -> Iterator[int]:
        self.entering.set()
        self.gate.wait(5)
        self.steps.append("entered")
        yield threading.get_ident()
        self.steps.append("left")


def provider(*, threads: int = 1) -> ThreadedProvider:
    made = MemoryProvider()
    made.threads = threads
    return made


async def test_a_begin_that_is_cancelled_in_the_queue_leaks_no_thread() -> None:
    threaded, transaction = provider(), Transaction()
    transaction.gate.set()
    unit = await threaded.open_thread(transaction)
    waiting = [asyncio.ensure_future(threaded.open_thread(transaction)) for _ in range(QUEUE_PER_THREAD)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="Too many"):
        await threaded.open_thread(transaction)
    for one in waiting:
        one.cancel()
    assert all(
        isinstance(one, asyncio.CancelledError) for one in await asyncio.gather(*waiting, return_exceptions=True)
    )
    await unit.close()
    assert transaction.steps == ["entered", "left"]
    again = await threaded.open_thread(transaction)
    assert again.opened == unit.opened
    await again.close()


@pytest.mark.parametrize("is_late", [True, False])
async def test_a_begin_that_is_late_or_cancelled_in_the_thread_leaves_what_it_enters(is_late: bool) -> None:
    threaded, transaction = provider(), Transaction()
    await threaded.read(int)
    threaded.timeout = 0.2 if is_late else 5
    beginning = asyncio.ensure_future(threaded.open_thread(transaction))
    assert await asyncio.to_thread(transaction.entering.wait, 5)
    if not is_late:
        beginning.cancel()
    with pytest.raises(Unavailable if is_late else asyncio.CancelledError):
        await beginning
    assert transaction.steps == []
    transaction.gate.set()
    threaded.timeout = 5
    assert await threaded.read(lambda: [*transaction.steps]) == ["entered", "left"]


async def test_a_begin_that_fails_frees_the_thread() -> None:
    @contextmanager
    def fail() -> Iterator[None]:
        raise LookupError("no database")
        yield

    threaded = provider()
    for _ in range(2 + QUEUE_PER_THREAD):
        with pytest.raises(LookupError, match="no database"):
            await threaded.open_thread(fail)
    assert await threaded.read(int) == 0


async def test_a_transaction_that_cannot_be_left_is_logged_and_frees_the_thread(
    caplog: pytest.LogCaptureFixture,
) -> None:
    @contextmanager
    def broken() -> Iterator[None]:
        yield
        raise LookupError("the connection is lost")

    threaded = provider()
    unit = await threaded.open_thread(broken)
    with caplog.at_level(logging.ERROR):
        await unit.close()
    assert "the connection is lost" in caplog.text
    assert await threaded.read(int) == 0


async def test_units_and_plain_calls_share_the_threads() -> None:
    threaded, transaction = provider(threads=3), Transaction()
    transaction.gate.set()
    units = await asyncio.gather(*(threaded.open_thread(transaction) for _ in range(2)))
    plain = {await threaded.read(threading.get_ident) for _ in range(5)}
    assert len(plain | {unit.opened for unit in units}) == 3
    assert [await unit.read(threading.get_ident) for unit in units] == [unit.opened for unit in units]
    await asyncio.gather(*(unit.close() for unit in units))


class Large:
    """A value that can be referred to weakly."""


async def test_a_thread_that_waits_keeps_no_values() -> None:
    thread = HeldThread(ThreadPool(1))
    value = await thread.run(Large)
    gone = weakref.ref(value)
    await thread.run(id, value)
    del value
    gc.collect()
    await thread.run(int)
    assert gone() is None
    await thread.close()


async def test_a_thread_that_is_freed_twice_is_freed_once() -> None:
    pool = ThreadPool(1)
    thread = HeldThread(pool)
    await thread.run(int)
    thread.free()
    await thread.close()
    assert await pool.run(int) == 0


PROGRAM = """
import asyncio
from contextlib import nullcontext
from bzz.providers.memory import MemoryProvider

loop = asyncio.new_event_loop()
unit = loop.run_until_complete(MemoryProvider().open_thread(nullcontext, "open"))
print(unit.opened)
"""


def test_a_process_ends_although_a_unit_is_open() -> None:
    done = subprocess.run(  # noqa: S603  # a program of ours
        [sys.executable, "-W", "ignore", "-c", PROGRAM], capture_output=True, text=True, timeout=20, check=True
    )
    assert done.stdout == "open\n"
