"""Connecting receivers to a signal, for good and for a block."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Callable
from typing import Any

import blinker
import pytest
from blinker._utilities import make_id

from bzz.signals.dispatch import Signal
from tests.support.ping import GIVEN, KEYWORDS, Model, Other


class Receiver:
    """A receiver without a strong reference."""

    def __call__(self) -> None: ...


def test_a_receiver_that_takes_an_unknown_keyword_is_refused_when_it_is_connected(signal: Signal) -> None:
    def misspelt(sender: Any, instnace: Any) -> None: ...

    with pytest.raises(TypeError, match="asks for 'instnace'; ping offers the sender and instance, handler"):
        signal.connect(misspelt)
    assert not signal.receivers
    with pytest.raises(TypeError, match="instnace"), signal.connected_to(misspelt):
        pass  # pragma: no cover  # it is not entered


@pytest.mark.parametrize("receiver", [None, 3, object(), Model])
def test_a_receiver_must_be_a_callable_object(signal: Signal, receiver: Any) -> None:
    with pytest.raises(TypeError, match="a receiver of ping must be a callable object"):
        signal.connect(receiver, weak=False)
    assert not signal.receivers


def test_a_sender_of_another_class_than_the_signals_is_refused() -> None:
    signal = Signal("ping", "When pinged.", KEYWORDS, sender="a class", senders=type)

    def receive(sender: Any) -> None: ...

    for connect in (lambda sender: signal.connect(receive, sender), signal.connect_via):
        for sender in ("Model", Model(), receive):
            with pytest.raises(TypeError, match="ping is sent by a class, not by"):
                connect(sender)
        connect(Model)
        connect(signal.ANY)


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
    @signal.connect_via(Other)
    def receive(sender: Any) -> None: ...

    assert await signal.send_async(Model, **GIVEN) == []
    assert [r for r, _ in await signal.send_async(Other, **GIVEN)] == [receive]


def connected(signal: Signal) -> list[Any]:
    """Return the receivers that a signal of ``Model`` calls, in order."""
    return [receiver for receiver, _ in asyncio.run(signal.send_async(Model, **GIVEN))]


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


def test_connecting_and_disconnecting_inside_a_temporary_connection_have_their_effect(signal: Signal) -> None:
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
        assert connected(signal) == [receive], "after a reset of the receivers, too"
    assert connected(signal) == []


def test_a_receiver_that_is_disconnected_from_its_last_sender_is_forgotten(signal: Signal) -> None:
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


async def test_connecting_works_after_the_receivers_were_reset(signal: Signal) -> None:
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


async def test_receivers_put_back_after_a_reset_are_called(signal: Signal) -> None:
    def receive(sender: Any, instance: Any) -> Any:
        return instance

    def other(sender: Any) -> None: ...

    signal.connect(receive)
    kept, signal.receivers = signal.receivers, {}
    signal.connect(other)
    signal.receivers = kept
    assert [result for _, result in await signal.send_async(Model, **GIVEN)] == ["I"]
