"""The arguments that receivers of each shape are called with."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from bzz.signals.receivers import plan_call

OFFERED = {"instance": "I", "handler": "H"}


class Model:
    """A sender."""


class Receiver:
    """Receivers that are methods."""

    def method(self, sender: Any, instance: Any) -> tuple[Any, ...]:
        return (sender, instance)

    def __call__(self, sender: Any, **offered: Any) -> tuple[Any, ...]:
        return (sender, offered)

    @staticmethod
    def static(sender: Any, handler: Any) -> tuple[Any, ...]:
        return (sender, handler)


def wrapped(receiver: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(receiver)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return receiver(*args, **kwargs)

    return wrapper


def rewrapped(receiver: Callable[..., Any]) -> Callable[..., Any]:
    """Return a receiver whose signature differs from that of the function it wraps."""

    @functools.wraps(receiver)
    def wrapper(sender: Any, handler: Any, **offered: Any) -> Any:
        return receiver(sender, offered["instance"])

    return wrapper


SHAPES: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "sender, instance, handler": (lambda sender, instance, handler: (sender, instance, handler), (Model, "I", "H")),
    "sender, **kwargs": (lambda sender, **kwargs: (sender, kwargs), (Model, OFFERED)),
    "sender, instance": (lambda sender, instance: (sender, instance), (Model, "I")),
    "sender": (lambda sender: (sender,), (Model,)),
    "handler, instance": (lambda handler, instance: (handler, instance), ("H", "I")),
    "handler, **kwargs": (lambda handler, **kwargs: (handler, kwargs), ("H", {"instance": "I"})),
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
    "wrapped with another signature": (rewrapped(lambda sender, instance: (sender, instance)), (Model, "I")),
    "a static method": (Receiver.static, (Model, "H")),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_receiver_gets_the_keywords_that_its_signature_takes(shape: str) -> None:
    receiver, expected = SHAPES[shape]
    assert plan_call(receiver, OFFERED)(receiver, Model, OFFERED) == expected


def test_a_receiver_without_a_readable_signature_gets_everything() -> None:
    assert plan_call(dict, OFFERED)(dict, [("sender", 1)], OFFERED) == {"sender": 1, **OFFERED}


@pytest.mark.parametrize(
    ("receiver", "name"),
    [
        (lambda sender, instnace: None, "instnace"),
        (lambda sender, instance, request: None, "request"),
        (lambda sender, *, other: None, "other"),
        (lambda sender, other, /: None, "other"),
    ],
)
def test_a_receiver_with_an_unknown_parameter_is_refused(receiver: Callable[..., Any], name: str) -> None:
    with pytest.raises(TypeError, match=name):
        plan_call(receiver, OFFERED)


async def test_a_computed_keyword_is_computed_for_receivers_that_take_it_only() -> None:
    computed: list[str] = []

    async def compute() -> str:
        computed.append("once")
        return "I"

    offered = {**OFFERED, "instance": compute}
    for receiver, calls in ((lambda sender: None, 0), (lambda sender, **rest: rest, 1), (lambda a, instance, /: a, 1)):
        call = plan_call(receiver, OFFERED, ["instance"])
        assert (len(call.computed), len(computed)) == (calls, 0)
        if calls:
            assert (await call.complete(offered))["instance"] == "I"
            assert computed.pop() == "once"
