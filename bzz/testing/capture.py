"""A record of the signals that a block of code sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from bzz.signals import declared
from bzz.signals.dispatch import Signal

CHANGEABLE = ("data", "query", "user_data")  # the keywords that receivers may change in place


@dataclass(frozen=True, slots=True)
class Sent:
    """One signal that was sent.

    Args:
        signal: the name of the signal.
        sender: of the signal.
        keywords: the arguments that it offered to its receivers.
    """

    signal: str
    sender: Any
    keywords: dict[str, Any]


@contextmanager
def capture(*signals: Signal) -> Iterator[list[Sent]]:
    """Record the signals that are sent while the block runs, in order.

    The record is made by a receiver, which is called after those that were connected before. It copies ``data``,
    ``query``, ``user_data`` and the list ``items``, which later receivers may change; it does not copy instances. While
    it listens to ``post_get_instance``, no GET is answered 304.

    Args:
        signals: to record; by default all declared signals.
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
