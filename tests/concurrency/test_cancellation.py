"""Work that a cancellation waits for, inside an act and outside."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress

import pytest

from bzz.concurrency.cancellation import Postponement, cancellations, postponed, postponement, uncancelled


async def turns(number: int) -> None:
    """Let the event loop run a number of times."""
    for _ in range(number):
        await asyncio.sleep(0)


async def begun(work: asyncio.Task[str]) -> None:
    await turns(3)
    assert not work.done()


async def test_outside_of_an_act_a_cancellation_is_raised_once_the_work_has_ended() -> None:
    gate, done = asyncio.Event(), []

    async def work() -> str:
        await gate.wait()
        done.append("done")
        return "done"

    task = asyncio.ensure_future(uncancelled(work()))
    await begun(task)
    for _ in range(2):
        task.cancel()
        await begun(task)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["done"]


async def test_in_an_act_a_cancellation_is_left_to_the_end_of_the_act() -> None:
    gate = asyncio.Event()
    here: list[Postponement] = []

    async def act() -> str:
        here.append(Postponement())
        postponement.set(here[0])
        await uncancelled(gate.wait())
        assert here[0].is_due
        return f"cancelled {cancellations()} times"

    task = asyncio.ensure_future(act())
    await begun(task)
    task.cancel()
    await begun(task)
    gate.set()
    assert await task == "cancelled 1 times"
    assert here[0].level == 1


async def test_a_task_started_by_an_act_is_cancelled_at_once() -> None:
    async def inner() -> None:
        with postponed():
            raise asyncio.CancelledError

    async def act() -> bool:
        here = Postponement()
        postponement.set(here)
        with pytest.raises(asyncio.CancelledError):
            await asyncio.ensure_future(inner())
        return here.level is not None

    assert await asyncio.ensure_future(act()) is False


async def test_an_exception_of_the_work_is_raised() -> None:
    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await uncancelled(fail())


async def test_a_timeout_inside_an_act_does_not_cancel_the_act() -> None:
    async def act() -> bool:
        here = Postponement()
        postponement.set(here)
        with suppress(TimeoutError):
            async with asyncio.timeout(0) as deadline:
                await uncancelled(turns(5))
                assert deadline.expired()
                await asyncio.sleep(0)
        assert here.level == 1
        return here.is_due

    assert await asyncio.ensure_future(act()) is False


async def test_an_exception_that_a_cancellation_replaces_is_not_reported_as_unretrieved(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate = asyncio.Event()

    async def fail() -> None:
        await gate.wait()
        raise ValueError("no")

    task = asyncio.ensure_future(uncancelled(fail()))
    await asyncio.sleep(0)
    task.cancel()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    del task
    gc.collect()
    assert "never retrieved" not in caplog.text
