"""A record of the signals that are sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from bzz.signals import declared
from bzz.signals.dispatch import Signal

CHANGEABLE = ("data", "query", "user_data")


@dataclass(frozen=True, slots=True)
class Sent:
    """A signal that was sent.

    Args:
        signal: its name.
        sender: what sent it.
        keywords: what it offered.
    """

    signal: str
    sender: Any
    keywords: dict[str, Any]


@contextmanager
def capture(*signals: Signal) -> Iterator[list[Sent]]:
    """Record what is sent while the block runs, in order.

    It is a receiver like any other, called after those that were connected before; of what receivers may change it
    records a copy, but for instances. As long as it receives ``post_get_instance``, no GET is answered 304.

    Args:
        signals: those to record; by default all there are.
    """
    sent: list[Sent] = []
    with ExitStack() as connections:
        for signal in signals or declared().values():
            connections.enter_context(signal.connected_to(_recorder(signal.name, sent)))
        yield sent


def _recorder(name: str, sent: list[Sent]) -> Any:
    def record(sender: Any, **keywords: Any) -> None:
        copies: dict[str, Any] = {key: deepcopy(keywords[key]) for key in CHANGEABLE if key in keywords}
        if "items" in keywords:
            copies["items"] = [*keywords["items"]]
        sent.append(Sent(name, sender, keywords | copies))

    return record
