from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import threading

import pytest

import bzz
from bzz.concurrency.offload import compute
from bzz.concurrency.threads import QUEUE_PER_THREAD, ThreadPool
from bzz.exceptions import Unavailable

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


async def test_blocking_code_runs_in_another_thread_in_the_callers_context() -> None:
    variable.set("mine")
    thread, value = await bzz.in_pool(lambda: (threading.current_thread(), variable.get()))
    assert thread is not threading.current_thread()
    assert value == "mine"


async def test_arguments_and_exceptions_pass() -> None:
    assert await bzz.in_pool(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await bzz.in_pool(divmod, 7, 0)


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


@pytest.mark.parametrize(
    "error", [StopIteration(), GeneratorExit(), asyncio.CancelledError(), concurrent.futures.CancelledError()], ids=repr
)
async def test_what_steers_who_awaits_is_only_an_error_when_called_code_raises_it(error: BaseException) -> None:
    def fail() -> None:
        raise error

    for run in (bzz.in_pool, compute):
        with pytest.raises(RuntimeError, match="raised") as caught:
            await run(fail)
        assert caught.value.__cause__ is error


async def test_a_closed_pool_does_what_it_was_given_and_begins_anew() -> None:
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
