"""A receiver that is connected to a class hears the classes that inherit from it."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bzz.signals.dispatch import Signal
from tests.support.ping import GIVEN, Other


class Base:
    """A declarative base."""


class Mixin:
    """A class without stored instances."""


class User(Mixin, Base):
    """A sender."""


class Admin(User):
    """A sender that inherits from another."""


CLASSES = [object, Base, Mixin, User, Admin, Other]


def receive(sender: Any) -> None: ...


def later(sender: Any) -> None: ...


def heard_by(signal: Signal, sender: Any, after: Any = None) -> list[Any]:
    """Return the receivers that a signal of ``sender`` calls, in order."""
    return [receiver for receiver, _ in asyncio.run(signal.send_async(sender, after, **GIVEN))]


@pytest.mark.parametrize("connected", [object, Base, Mixin, User, Admin])
def test_a_receiver_hears_a_class_that_inherits_from_the_class_that_it_is_connected_to(
    signal: Signal, connected: type
) -> None:
    signal.connect(receive, sender=connected)
    for sender in CLASSES:
        is_heard = issubclass(sender, connected)
        assert signal.has_receivers_for(sender) == is_heard
        assert heard_by(signal, sender) == [*signal.receivers_for(sender)] == [receive] * is_heard


def test_a_receiver_that_is_connected_to_several_of_the_classes_is_called_once(signal: Signal) -> None:
    for sender in (Base, Mixin, Admin, signal.ANY):
        signal.connect(receive, sender=sender)
    assert heard_by(signal, Admin) == [receive]


def test_receivers_run_in_the_order_of_connection_whatever_class_they_are_connected_to(signal: Signal) -> None:
    def last(sender: Any) -> None: ...

    signal.connect(receive, sender=Admin)
    signal.connect(later, sender=Base)
    signal.connect(last, sender=User)
    signal.connect(receive, sender=Base)
    assert heard_by(signal, Admin) == [receive, later, last]
    assert heard_by(signal, User) == [receive, later, last]
    assert heard_by(signal, Base) == [receive, later]


def test_the_sender_is_the_class_that_was_sent(signal: Signal) -> None:
    senders: list[Any] = []

    @signal.connect_via(Base)
    def note(sender: Any) -> None:
        senders.append(sender)

    heard_by(signal, Admin)
    assert senders == [Admin]


def test_instances_and_texts_are_heard_by_receivers_that_are_connected_to_them_only(signal: Signal) -> None:
    admin = Admin()
    signal.connect(receive, sender=admin)
    signal.connect(receive, sender="shop")
    signal.connect(later, sender=Admin)
    assert heard_by(signal, admin) == heard_by(signal, "shop") == [receive]
    assert heard_by(signal, Admin) == [later]
    assert heard_by(signal, Admin()) == heard_by(signal, "store") == heard_by(signal, None) == []
    signal.connect(later)
    assert heard_by(signal, "shop") == [receive, later]


def test_a_receiver_is_disconnected_from_the_class_that_it_was_connected_to(signal: Signal) -> None:
    signal.connect(receive, sender=Base)
    signal.disconnect(receive, sender=Admin)
    assert heard_by(signal, Admin) == [receive], "it hears Admin, as it is connected to Base"
    signal.connect(receive, sender=Admin)
    signal.disconnect(receive, sender=Base)
    assert heard_by(signal, Admin) == [receive]
    assert heard_by(signal, User) == []
    assert not signal.has_receivers_for(User)
    signal.disconnect(receive)
    assert not signal.has_receivers_for(Admin)


def test_a_temporary_connection_to_a_base_class_ends_with_its_block(signal: Signal) -> None:
    signal.connect(receive, sender=Admin)
    with signal.connected_to(receive, sender=Base), signal.connected_to(later, sender=Base):
        assert heard_by(signal, Admin) == [receive, later]
        assert heard_by(signal, User) == [receive, later]
        with signal.muted():
            assert heard_by(signal, User) == []
    assert heard_by(signal, Admin) == [receive]
    assert heard_by(signal, User) == []


def test_a_weak_receiver_that_dies_is_not_connected_to_subclasses_any_more(signal: Signal) -> None:
    def make() -> Callable[..., Any]:
        return lambda sender: None

    short_lived = make()
    signal.connect(short_lived, sender=Base)
    signal.connect(later, sender=Other)
    assert signal.has_receivers_for(Admin)
    del short_lived
    gc.collect()
    assert not signal.has_receivers_for(Admin)


def test_a_signal_does_not_keep_a_class_alive(signal: Signal) -> None:
    class Short(Base):
        """A class of a test."""

    signal.connect(receive, sender=Base)
    assert signal.has_receivers_for(Short)
    dead = weakref.ref(Short)
    del Short
    gc.collect()
    assert dead() is None
    assert not signal._heard, "nor is anything left that a new class at its address would find"


@pytest.mark.parametrize(
    "reset",
    [
        lambda signal: setattr(signal, "receivers", {}),
        lambda signal: signal.receivers.clear(),
        lambda signal: setattr(signal, "_by_sender", defaultdict(set, {"another": set()})),
        lambda signal: signal._by_sender.clear(),
        lambda signal: signal._clear_state(),
    ],
)
def test_a_reset_of_the_tables_of_connections_is_noticed(signal: Signal, reset: Callable[[Signal], None]) -> None:
    signal.connect(receive, sender=Base)
    assert heard_by(signal, Admin) == [receive]
    reset(signal)
    assert heard_by(signal, Admin) == []
    assert not signal.has_receivers_for(Admin)
    signal.connect(receive, sender=Base)
    assert heard_by(signal, Admin) == [receive]


def test_a_table_of_connections_that_is_put_back_is_used_again(signal: Signal) -> None:
    signal.connect(receive, sender=Base)
    kept, signal._by_sender = signal._by_sender, defaultdict(set)
    assert heard_by(signal, Admin) == []
    signal._by_sender = kept
    assert heard_by(signal, Admin) == [receive]


def test_a_signal_in_two_steps_calls_each_receiver_once(signal: Signal) -> None:
    def of_both(sender: Any) -> None: ...

    signal.connect(receive, sender=Admin)
    signal.connect(later, sender=User)
    signal.connect(of_both, sender=Admin)
    signal.connect(of_both, sender=User)
    assert heard_by(signal, User) == [later, of_both]
    assert heard_by(signal, Admin, User) == [receive]
    assert heard_by(signal, User, User) == heard_by(signal, Base, User) == []
    assert signal.has_receivers_for(Admin, after=User)
    assert not signal.has_receivers_for(User, after=User)
    assert not Signal("pong", "After.", {}).has_receivers_for(Admin, after=User)
    with signal.muted():
        assert heard_by(signal, Admin, User) == []
    signal.connect(receive)
    assert not signal.has_receivers_for(Admin, after=User)
    assert heard_by(signal, Admin, User) == []


PLACES = st.tuples(st.integers(0, 3), st.sampled_from([*CLASSES, Signal.ANY]))
STEPS = st.lists(st.tuples(st.sampled_from(["connect", "disconnect", "connected_to"]), PLACES), max_size=12)


@given(steps=STEPS)
def test_after_any_connections_each_class_is_heard_as_its_ancestry_says(
    steps: list[tuple[str, tuple[int, Any]]],
) -> None:
    signal = Signal("ping", "When pinged.", {})
    receivers: list[Callable[..., Any]] = [lambda sender, number=number: number for number in range(4)]
    places: dict[int, set[Any]] = {}  # in the order of connection

    def check() -> None:
        for sender in CLASSES:
            lineage = {*sender.__mro__, Signal.ANY}
            expected = [number for number, connected in places.items() if connected & lineage]
            assert [result for _, result in asyncio.run(signal.send_async(sender))] == expected
            assert signal.has_receivers_for(sender) == bool(expected)

    for step, (number, sender) in steps:
        receiver = receivers[number]
        if step == "connect":
            signal.connect(receiver, sender)
            places.setdefault(number, set()).add(sender)
        elif step == "disconnect":
            signal.disconnect(receiver, sender)
            left = set() if sender is Signal.ANY else places.get(number, set()) - {sender}
            places = {key: left if key == number else value for key, value in places.items()}
            places = {key: value for key, value in places.items() if value}
        else:
            before = {key: set(value) for key, value in places.items()}
            with signal.connected_to(receiver, sender):
                places.setdefault(number, set()).add(sender)
                check()
            places = before
        check()
