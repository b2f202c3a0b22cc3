"""Work off the event loop."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import threading

import pytest

import bzz
from bzz.concurrency.offload import MANY, are_many, calls, compute, compute_uncancelled

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


async def test_blocking_code_runs_in_another_thread_in_the_callers_context() -> None:
    variable.set("mine")
    thread, value = await bzz.in_pool(lambda: (threading.current_thread(), variable.get()))
    assert thread is not threading.current_thread()
    assert value == "mine"


async def test_a_call_in_the_pool_gets_its_arguments_and_raises_its_exceptions() -> None:
    assert await bzz.in_pool(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await bzz.in_pool(divmod, 7, 0)


@pytest.mark.parametrize(
    "error", [StopIteration(), GeneratorExit(), asyncio.CancelledError(), concurrent.futures.CancelledError()], ids=repr
)
async def test_an_exception_that_would_steer_the_awaiting_task_becomes_a_runtime_error(error: BaseException) -> None:
    def fail() -> None:
        raise error

    for run in (bzz.in_pool, compute):
        with pytest.raises(RuntimeError, match="raised") as caught:
            await run(fail)
        assert caught.value.__cause__ is error


async def test_calls_in_the_pool_are_known_to_their_act_until_they_end() -> None:
    gate, ended, loop = threading.Event(), asyncio.Event(), asyncio.get_running_loop()
    running: set[concurrent.futures.Future[object]] = set()
    calls.set(running)
    held = asyncio.ensure_future(bzz.in_pool(gate.wait))
    await asyncio.sleep(0)
    [call] = running
    call.add_done_callback(lambda _: loop.call_soon_threadsafe(ended.set))  # after the callback that lets go of it
    gate.set()
    assert await held
    await ended.wait()
    assert not running


async def test_a_computation_after_a_write_ends_before_a_cancellation_is_raised() -> None:
    gate, begun, loop = threading.Event(), asyncio.Event(), asyncio.get_running_loop()
    done: list[str] = []

    def work() -> None:
        loop.call_soon_threadsafe(begun.set)
        gate.wait()
        done.append("done")

    task = asyncio.ensure_future(compute_uncancelled(work))
    await begun.wait()
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == ["done"]


@pytest.mark.parametrize(
    ("values", "many"),
    [
        (range(MANY), False),
        ("x" * MANY, False),
        (None, False),
        ([0] * (MANY - 1), False),
        ([0] * MANY, True),
        ({"a": {"b": [0] * (MANY - 2)}}, True),
        ([[0] * 9] * (MANY // 10 - 1), False),
        ([[0] * 9] * (MANY // 10), True),
    ],
)
def test_values_in_containers_are_counted_at_any_depth(values: object, many: bool) -> None:
    assert are_many(values) is many
