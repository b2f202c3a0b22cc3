"""A record of the signals that a block of code sends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from bzz.signals import declared
from bzz.signals.dispatch import Signal

CHANGEABLE = ("data", "query", "user_data")  # receivers may change the values of these keywords in place


@dataclass(frozen=True, slots=True)
class Sent:
    """One signal that was sent.

    Args:
        signal: the name of the signal.
        sender: the sender of the signal.
        keywords: the arguments that receivers could take, except the keyword ``signal``.
    """

    signal: str
    sender: Any
    keywords: dict[str, Any]


@contextmanager
def capture(*signals: Signal) -> Iterator[list[Sent]]:
    """Record the signals that are sent while the block runs.

    The list has the signals in the order in which they were sent.

    A receiver makes the record. It is called after all receivers that were connected before the block. It copies
    ``data``, ``query``, ``user_data`` and the list ``items``, because later receivers may change them. It does not copy
    instances. While it listens to ``post_get_instance``, the reply to a GET is never a 304.

    Args:
        signals: the signals to record. The default is all declared signals.
    """
    sent: list[Sent] = []

    def record(sender: Any, signal: Signal, **keywords: Any) -> None:
        copies: dict[str, Any] = {key: deepcopy(keywords[key]) for key in CHANGEABLE if key in keywords}
        if "items" in keywords:
            copies["items"] = [*keywords["items"]]
        sent.append(Sent(signal.name, sender, keywords | copies))

    with ExitStack() as connections:
        for signal in signals or declared().values():
            connections.enter_context(signal.connected_to(record))
        yield sent
