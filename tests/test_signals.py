from __future__ import annotations

import asyncio
import functools
import gc
import logging
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import tornado.gen

from bzz.dispatch import Signal

KEYWORDS = {"instance": "the instance", "handler": "the handler"}
GIVEN = {"instance": "I", "handler": "H"}
OFFERED = {**GIVEN, "request_id": None}


class Model:
    """A sender."""


@pytest.fixture
def signal() -> Signal:
    return Signal("ping", "When pinged.", KEYWORDS)


async def test_receivers_are_called_in_the_order_of_connection_whatever_their_sender(signal: Signal) -> None:
    calls: list[int] = []
    receivers: list[Callable[..., Any]] = []
    for number in range(20):

        def receive(sender: Any, number: int = number) -> None:
            calls.append(number)

        receivers.append(receive)
        if number % 3:
            signal.connect(receive, sender=Model)
        else:
            signal.connect(receive)
    await signal.send_async(Model, **GIVEN)
    assert calls == list(range(20))


async def test_each_awaitable_is_awaited_before_the_next_receiver_runs(signal: Signal) -> None:
    calls: list[str] = []

    async def coroutine(sender: Any) -> None:
        await asyncio.sleep(0)
        calls.append("async def")

    @tornado.gen.coroutine
    def tornado_coroutine(sender: Any) -> Any:
        yield tornado.gen.moment
        calls.append("tornado coroutine")

    class AsyncReceiver:
        async def __call__(self, sender: Any) -> None:
            await asyncio.sleep(0)
            calls.append("callable object")

    def plain(sender: Any) -> None:
        calls.append("def")

    kept = AsyncReceiver()
    for receiver in (coroutine, tornado_coroutine, kept, plain):
        signal.connect(receiver)
    await signal.send_async(Model, **GIVEN)
    assert calls == ["async def", "tornado coroutine", "callable object", "def"]


class Receiver:
    """Receivers that are methods."""

    def method(self, sender: Any, instance: Any) -> tuple[Any, ...]:
        return (sender, instance)

    def __call__(self, sender: Any, **offered: Any) -> tuple[Any, ...]:
        return (sender, offered)


def wrapped(receiver: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(receiver)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return receiver(*args, **kwargs)

    return wrapper


SHAPES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "sender, instance, handler": (lambda sender, instance, handler: (sender, instance, handler), (Model, "I", "H")),
    "sender, **kwargs": (lambda sender, **kwargs: (sender, kwargs), (Model, OFFERED)),
    "sender, instance": (lambda sender, instance: (sender, instance), (Model, "I")),
    "sender": (lambda sender: (sender,), (Model,)),
    "handler, instance": (lambda handler, instance: (handler, instance), ("H", "I")),
    "handler, **kwargs": (lambda handler, **kwargs: (handler, kwargs), ("H", {"instance": "I", "request_id": None})),
    "self, instance": (lambda self, instance: (self, instance), (Model, "I")),
    "nothing": (lambda: (), ()),
    "**kwargs": (lambda **kwargs: (kwargs,), (OFFERED,)),
    "*args, **kwargs": (lambda *args, **kwargs: (args, kwargs), ((Model,), OFFERED)),
    "sender, *args": (lambda sender, *args: (sender, args), (Model, ())),
    "keyword only": (lambda *, instance: (instance,), ("I",)),
    "positional only": (lambda sender, instance, /: (sender, instance), (Model, "I")),
    "positional only with defaults": (lambda sender, x=1, instance=2, /: (sender, x, instance), (Model, 1, 2)),
    "a default of its own": (lambda sender, extra=3: (sender, extra), (Model, 3)),
    "method": (Receiver().method, (Model, "I")),
    "callable object": (Receiver(), (Model, OFFERED)),
    "partial": (functools.partial(lambda extra, sender, instance: (extra, sender, instance), 7), (7, Model, "I")),
    "wrapped": (wrapped(lambda sender, instance: (sender, instance)), (Model, "I")),
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_receiver_gets_what_its_signature_has_room_for(signal: Signal, shape: str) -> None:
    receiver, expected = SHAPES[shape]
    signal.connect(receiver, weak=False)
    [(_, result)] = await signal.send_async(Model, **GIVEN)
    assert result == expected


async def test_a_receiver_without_a_readable_signature_gets_everything(signal: Signal) -> None:
    signal.connect(dict, weak=False)
    [(receiver, result)] = await signal.send_async([("sender", 1)], **GIVEN)
    assert receiver is dict
    assert result == {"sender": 1, **OFFERED}


@pytest.mark.parametrize(
    "receiver",
    [
        lambda sender, instnace: None,
        lambda sender, instance, request: None,
        lambda sender, *, other: None,
        lambda sender, other, /: None,
    ],
)
def test_a_receiver_that_could_never_be_called_is_refused_when_connected(
    signal: Signal, receiver: Callable[..., Any]
) -> None:
    with pytest.raises(TypeError, match="ping offers the sender and instance, handler"):
        signal.connect(receiver)
    assert not signal.receivers


async def test_an_exception_stops_the_others(signal: Signal) -> None:
    calls: list[str] = []

    def refuse(sender: Any) -> None:
        raise RuntimeError("no")

    def later(sender: Any) -> None:
        calls.append("later")

    signal.connect(refuse)
    signal.connect(later)
    with pytest.raises(RuntimeError, match="no"):
        await signal.send_async(Model, **GIVEN)
    assert calls == []


async def test_an_isolated_signal_logs_an_exception_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    signal = Signal("pong", "After.", KEYWORDS, isolated=True)

    async def fail(sender: Any) -> None:
        raise RuntimeError("no")

    def later(sender: Any) -> str:
        return "ran"

    signal.connect(fail)
    signal.connect(later)
    with caplog.at_level(logging.ERROR, "bzz"):
        assert await signal.send_async(Model, **GIVEN) == [(later, "ran")]
    assert "RuntimeError: no" in caplog.text


async def test_a_computed_keyword_is_computed_for_each_receiver_that_names_it() -> None:
    signal = Signal("ping", "When pinged.", KEYWORDS, computed=["instance"])
    computed: list[int] = []

    async def compute() -> int:
        computed.append(1)
        return len(computed)

    def naming(sender: Any, instance: Any) -> Any:
        return instance

    def positional(sender: Any, instance: Any, /) -> Any:
        return instance

    def not_naming(sender: Any) -> None: ...

    for receiver in (naming, not_naming, positional):
        signal.connect(receiver)
    results = await signal.send_async(Model, handler=None, instance=compute)
    assert [result for _, result in results] == [1, None, 2]
    assert len(computed) == 2


async def test_receivers_are_held_weakly_unless_asked_otherwise(signal: Signal) -> None:
    def make(answer: str) -> Callable[..., Any]:
        return lambda sender: answer

    signal.connect(make("weak"))
    signal.connect(make("strong"), weak=False)
    gc.collect()
    assert [result for _, result in await signal.send_async(Model, **GIVEN)] == ["strong"]


async def test_a_receiver_that_has_just_died_is_passed_over(signal: Signal) -> None:
    def receive(sender: Any) -> None: ...

    signal.connect(receive)
    [key] = signal.receivers
    signal.receivers[key] = weakref.ref(Receiver())
    assert await signal.send_async(Model, **GIVEN) == []


async def test_only_receivers_for_the_sender_are_called(signal: Signal) -> None:
    class Other:
        """Another sender."""

    @signal.connect_via(Other)
    def receive(sender: Any) -> None: ...

    assert await signal.send_async(Model, **GIVEN) == []
    assert [r for r, _ in await signal.send_async(Other, **GIVEN)] == [receive]


async def test_a_muted_signal_calls_nobody(signal: Signal) -> None:
    def receive(sender: Any) -> None: ...

    signal.connect(receive)
    with signal.muted():
        assert await signal.send_async(Model, **GIVEN) == []
    assert len(await signal.send_async(Model, **GIVEN)) == 1


async def test_connections_work_after_somebody_reset_the_receivers(signal: Signal) -> None:
    def receive(sender: Any) -> None: ...

    signal.connect(receive)
    signal.receivers = {}
    assert await signal.send_async(Model, **GIVEN) == []
    signal.connect(receive)
    assert len(await signal.send_async(Model, **GIVEN)) == 1


async def test_a_receiver_connected_again_is_called_last_if_it_was_disconnected_between(signal: Signal) -> None:
    def one(sender: Any) -> None: ...

    def two(sender: Any) -> None: ...

    signal.connect(one)
    signal.connect(two)
    signal.disconnect(one)
    signal.connect(one)
    assert [receiver for receiver, _ in await signal.send_async(Model, **GIVEN)] == [two, one]


async def test_a_receiver_that_awaits_what_was_cancelled_fails_like_any_other(
    signal: Signal, caplog: pytest.LogCaptureFixture
) -> None:
    async def awaits_cancelled(sender: Any) -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task

    isolated = Signal("pong", "After.", KEYWORDS, isolated=True)
    for each in (signal, isolated):
        each.connect(awaits_cancelled)
    with pytest.raises(RuntimeError, match="awaited what was cancelled"):
        await signal.send_async(Model, **GIVEN)
    with caplog.at_level(logging.ERROR, "bzz"):
        assert await isolated.send_async(Model, **GIVEN) == []
    assert "CancelledError" in caplog.text


async def test_a_task_that_is_cancelled_while_a_receiver_runs_is_cancelled() -> None:
    isolated, started = Signal("pong", "After.", KEYWORDS, isolated=True), asyncio.Event()

    async def wait(sender: Any) -> None:
        started.set()
        await asyncio.Event().wait()

    isolated.connect(wait)
    task = asyncio.ensure_future(isolated.send_async(Model, **GIVEN))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_receivers_put_back_after_a_reset_are_called(signal: Signal) -> None:
    def receive(sender: Any, instance: Any) -> Any:
        return instance

    def other(sender: Any) -> None: ...

    signal.connect(receive)
    kept, signal.receivers = signal.receivers, {}
    signal.connect(other)
    signal.receivers = kept
    assert [result for _, result in await signal.send_async(Model, **GIVEN)] == ["I"]
