"""Sending a signal to its receivers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
import tornado.gen

from bzz.signals.dispatch import Signal
from bzz.signals.request_ids import request_id
from tests.support.ping import GIVEN, KEYWORDS, Model


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


async def test_a_receiver_gets_the_keywords_it_names_the_request_id_and_the_signal(signal: Signal) -> None:
    def takes(handler: Any, **rest: Any) -> Any:
        return handler, rest

    signal.connect(takes)
    rest = {"instance": "I", "request_id": None, "signal": signal}
    assert await signal.send_async(Model, **GIVEN) == [(takes, ("H", rest))]
    token = request_id.set("an id")
    assert (await signal.send_async(Model, **GIVEN))[0][1][1]["request_id"] == "an id"
    request_id.reset(token)
    assert (await signal.send_async(Model, **GIVEN, request_id="mine"))[0][1][1]["request_id"] == "mine"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"instance": "I"}, "without handler"),
        ({**GIVEN, "other": 1}, "with other"),
        ({"other": 1}, "without handler, without instance, with other"),
    ],
)
async def test_a_signal_is_sent_with_exactly_the_keywords_that_it_declares(
    signal: Signal, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=f"ping offers instance, handler, request_id, signal; it was sent {message}"):
        await signal.send_async(Model, **wrong)


def test_a_signal_cannot_be_sent_without_awaiting(signal: Signal) -> None:
    with pytest.raises(RuntimeError, match=r"ping is sent with: await ping\.send_async"):
        signal.send(Model, **GIVEN)


async def test_an_optional_keyword_is_made_unless_it_is_sent() -> None:
    signal = Signal("ping", "When pinged.", KEYWORDS, optional={"handler": list})
    with signal.connected_to(lambda sender, handler: handler):
        assert [result for _, result in await signal.send_async(Model, instance="I")] == [[]]
        assert [result for _, result in await signal.send_async(Model, **GIVEN)] == ["H"]
        with pytest.raises(TypeError, match="it was sent without instance"):
            await signal.send_async(Model)


async def test_one_receiver_of_several_signals_tells_them_apart_by_the_keyword_signal(signal: Signal) -> None:
    other = Signal("pong", "After.", KEYWORDS)
    heard: list[Any] = []

    def receive(sender: Any, signal: Signal) -> None:
        heard.append((sender, signal.name))

    def first(signal: Signal, instance: Any) -> None:
        heard.append((instance, signal.name))

    def relay(sender: Any, **offered: Any) -> Any:
        return other.send_async(sender, **offered)

    other.connect(receive)
    signal.connect(receive)
    signal.connect(first)
    signal.connect(relay)
    await signal.send_async(Model, **GIVEN)
    assert heard == [(Model, "ping"), ("I", "ping"), (Model, "pong")]


def test_a_signal_cannot_declare_the_keyword_signal() -> None:
    with pytest.raises(TypeError, match="ping offers itself as the keyword signal"):
        Signal("ping", "When pinged.", {**KEYWORDS, "signal": "of traffic"})


async def test_a_receiver_that_an_earlier_one_disconnects_is_not_called(signal: Signal) -> None:
    calls: list[str] = []

    def first(sender: Any) -> None:
        signal.disconnect(second)
        signal.connect(third)

    def second(sender: Any) -> None:
        calls.append("second")

    def third(sender: Any) -> None:
        calls.append("third")

    signal.connect(first)
    signal.connect(second)
    await signal.send_async(Model, **GIVEN)
    assert calls == [], "nor is one that it connects, this time"
    await signal.send_async(Model, **GIVEN)
    assert calls == ["third"]


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


async def test_a_muted_signal_calls_no_receiver(signal: Signal) -> None:
    def receive(sender: Any) -> None: ...

    signal.connect(receive)
    with signal.muted():
        assert await signal.send_async(Model, **GIVEN) == []
    assert len(await signal.send_async(Model, **GIVEN)) == 1


async def test_muting_nests_and_overlaps_and_restores_the_state_before(signal: Signal) -> None:
    first, second = signal.muted(), signal.muted()
    with first:
        with signal.muted():
            assert signal.is_muted
        assert signal.is_muted
    assert not signal.is_muted
    first, second = signal.muted(), signal.muted()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert signal.is_muted
    second.__exit__(None, None, None)
    assert not signal.is_muted
    signal.is_muted = True
    with signal.muted():
        pass
    assert signal.is_muted


async def test_a_receiver_that_awaits_a_cancelled_task_fails_like_any_other(
    signal: Signal, caplog: pytest.LogCaptureFixture
) -> None:
    async def awaits_cancelled(sender: Any) -> None:
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task

    isolated = Signal("pong", "After.", KEYWORDS, isolated=True)
    for each in (signal, isolated):
        each.connect(awaits_cancelled)
    with pytest.raises(RuntimeError, match="awaited a cancelled task"):
        await signal.send_async(Model, **GIVEN)
    with caplog.at_level(logging.ERROR, "bzz"):
        assert await isolated.send_async(Model, **GIVEN) == []
    assert "CancelledError" in caplog.text


@pytest.mark.parametrize("is_isolated", [True, False])
async def test_a_task_that_is_cancelled_while_a_receiver_runs_is_cancelled_once_all_have_heard(
    is_isolated: bool,
) -> None:
    isolated, started = Signal("pong", "After.", KEYWORDS, isolated=is_isolated), asyncio.Event()
    heard: list[str] = []

    async def wait(sender: Any) -> None:
        started.set()
        await asyncio.Event().wait()

    async def later(sender: Any) -> None:
        await asyncio.sleep(0)
        heard.append("later")

    isolated.connect(wait)
    isolated.connect(later)
    task = asyncio.ensure_future(isolated.send_async(Model, **GIVEN))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert heard == (["later"] if is_isolated else [])
