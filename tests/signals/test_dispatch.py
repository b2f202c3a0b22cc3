from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from collections.abc import Callable
from typing import Any

import blinker
import pytest
import tornado.gen
from blinker._utilities import make_id

from bzz.signals.dispatch import Signal
from bzz.signals.request_ids import request_id

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
    """A receiver that nobody keeps."""

    def __call__(self) -> None: ...


def test_a_receiver_that_could_never_be_called_is_refused_when_it_is_connected(signal: Signal) -> None:
    def misspelt(sender: Any, instnace: Any) -> None: ...

    with pytest.raises(TypeError, match="asks for 'instnace'; ping offers the sender and instance, handler"):
        signal.connect(misspelt)
    assert not signal.receivers
    with pytest.raises(TypeError, match="instnace"), signal.connected_to(misspelt):
        pass  # pragma: no cover  # it is not entered


async def test_a_receiver_gets_what_it_names_and_the_id_of_the_request(signal: Signal) -> None:
    def takes(handler: Any, **rest: Any) -> Any:
        return handler, rest

    signal.connect(takes)
    assert await signal.send_async(Model, **GIVEN) == [(takes, ("H", {"instance": "I", "request_id": None}))]
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
async def test_a_signal_is_sent_with_what_it_declares_and_nothing_else(
    signal: Signal, wrong: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=f"ping offers instance, handler, request_id; it was sent {message}"):
        await signal.send_async(Model, **wrong)


def test_a_signal_cannot_be_sent_without_awaiting(signal: Signal) -> None:
    with pytest.raises(RuntimeError, match=r"ping is sent with: await ping\.send_async"):
        signal.send(Model, **GIVEN)


async def test_what_is_optional_is_made_unless_it_is_sent() -> None:
    signal = Signal("ping", "When pinged.", KEYWORDS, optional={"handler": list})
    with signal.connected_to(lambda sender, handler: handler):
        assert [result for _, result in await signal.send_async(Model, instance="I")] == [[]]
        assert [result for _, result in await signal.send_async(Model, **GIVEN)] == ["H"]
        with pytest.raises(TypeError, match="it was sent without instance"):
            await signal.send_async(Model)


@pytest.mark.parametrize("receiver", [None, 3, object(), Model])
def test_what_cannot_be_called_is_no_receiver(signal: Signal, receiver: Any) -> None:
    with pytest.raises(TypeError, match="a receiver of ping must be a callable object"):
        signal.connect(receiver, weak=False)
    assert not signal.receivers


def test_a_sender_that_could_never_send_is_refused() -> None:
    signal = Signal("ping", "When pinged.", KEYWORDS, sender="a class", senders=type)

    def receive(sender: Any) -> None: ...

    for connect in (lambda sender: signal.connect(receive, sender), signal.connect_via):
        for sender in ("Model", Model(), receive):
            with pytest.raises(TypeError, match="ping is sent by a class, not by"):
                connect(sender)
        connect(Model)
        connect(signal.ANY)


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


async def test_muting_nests_overlaps_and_puts_back_what_it_found(signal: Signal) -> None:
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


def connected(signal: Signal) -> list[Any]:
    """Whom the signal is sent to, in order."""
    return [receiver for receiver, _ in asyncio.run(signal.send_async(Model, **GIVEN))]


class Other:
    """Another sender."""


def test_a_temporary_connection_ends_and_one_that_was_there_before_stays(signal: Signal) -> None:
    def receive(sender: Any) -> None: ...
    def later(sender: Any) -> None: ...

    with signal.connected_to(receive):
        assert connected(signal) == [receive]
    assert connected(signal) == []
    assert not signal.receivers

    signal.connect(receive)
    signal.connect(later)
    for sender in (blinker.ANY, Model, Other):
        with signal.connected_to(receive, sender):
            assert connected(signal) == [receive, later]
        assert connected(signal) == [receive, later], "where it was, too"
    assert isinstance(signal.receivers[make_id(receive)], weakref.ref), "and as weakly"
    signal.disconnect(receive)
    signal.disconnect(later)

    signal.connect(receive, sender=Model, weak=False)
    with signal.connected_to(receive):
        assert signal.has_receivers_for(Other)
    assert [*signal.receivers_for(Other)] == []
    assert connected(signal) == [receive]
    assert signal.receivers[make_id(receive)] is receive


def test_temporary_connections_nest_and_overlap(signal: Signal) -> None:
    def receive(sender: Any) -> None: ...

    with signal.connected_to(receive):
        with signal.connected_to(receive):
            assert connected(signal) == [receive]
        assert connected(signal) == [receive]
    assert connected(signal) == []

    first, second = signal.connected_to(receive), signal.connected_to(receive)
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert connected(signal) == [receive]
    second.__exit__(None, None, None)
    assert connected(signal) == []


def test_what_is_connected_or_disconnected_meanwhile_is_respected(signal: Signal) -> None:
    def receive(sender: Any) -> None: ...

    with signal.connected_to(receive):
        signal.connect(receive)
    assert connected(signal) == [receive]
    with signal.connected_to(receive, sender=Other):
        signal.disconnect(receive)
        assert connected(signal) == []
    assert connected(signal) == []
    with signal.connected_to(receive, sender=Other):
        signal.connect(receive, sender=Model)
        signal.disconnect(receive, sender=Other)
        assert [*signal.receivers_for(Other)] == []
    assert connected(signal) == [receive]
    signal.receivers = {}
    with signal.connected_to(receive, sender=Model):
        assert connected(signal) == [receive], "even after somebody reset the receivers"
    assert connected(signal) == []


def test_a_receiver_without_a_sender_is_gone(signal: Signal) -> None:
    def one(sender: Any) -> None: ...
    def two(sender: Any) -> None: ...

    signal.connect(one, sender=Model)
    signal.connect(two)
    signal.disconnect(one, sender=Model)
    signal.connect(one)
    assert connected(signal) == [two, one]
    signal.disconnect(two)
    signal.disconnect(one)
    assert not signal.receivers
    signal.connect(one, sender=Model)
    assert (signal.has_receivers_for(Model), signal.has_receivers_for(Other)) == (True, False)
    signal.connect(two, sender=Other)
    signal.disconnect(one, sender=Model)
    assert (signal.has_receivers_for(Model), signal.has_receivers_for(Other)) == (False, True)


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


async def test_receivers_put_back_after_a_reset_are_called(signal: Signal) -> None:
    def receive(sender: Any, instance: Any) -> Any:
        return instance

    def other(sender: Any) -> None: ...

    signal.connect(receive)
    kept, signal.receivers = signal.receivers, {}
    signal.connect(other)
    signal.receivers = kept
    assert [result for _, result in await signal.send_async(Model, **GIVEN)] == ["I"]
