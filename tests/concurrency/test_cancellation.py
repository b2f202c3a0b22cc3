"""What has to be waited for, inside an act and outside."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress

import pytest

from bzz.concurrency.cancellation import Postponement, cancellations, postponed, postponement, uncancelled


async def begun(work: asyncio.Task[str]) -> None:
    for _ in range(3):
        await asyncio.sleep(0)
    assert not work.done()


async def test_work_is_waited_for_and_the_cancellation_then_raised_where_no_act_runs() -> None:
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


async def test_in_an_act_it_is_for_the_act_to_raise_it() -> None:
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


async def test_a_task_that_an_act_has_begun_is_no_act() -> None:
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


async def test_what_work_raises_is_raised() -> None:
    async def fail() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await uncancelled(fail())


async def test_a_deadline_that_an_act_has_set_itself_ends_there() -> None:
    async def act() -> bool:
        here = Postponement()
        postponement.set(here)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.001):
                await uncancelled(asyncio.sleep(0.02))
                await asyncio.sleep(0)
        assert here.level == 1
        return here.is_due

    assert await asyncio.ensure_future(act()) is False


async def test_what_fails_meanwhile_is_not_left_behind(caplog: pytest.LogCaptureFixture) -> None:
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
