"""``Connections``: the connections of a signal, from senders to receivers.

It keeps them in blinker's tables and differs from blinker in three rules. A receiver that is connected to a class also
hears the classes that inherit from it. Receivers are in the order in which they were connected. Temporary connections
nest, and restore the connections from before.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Generator, Iterator, Set
from contextlib import contextmanager
from typing import Any, TypeVar

import blinker
from blinker._utilities import make_id
from blinker.base import ANY_ID

Receiver = TypeVar("Receiver", bound=Callable[..., Any])
NOBODY: Set[Any] = frozenset()


class Connections(blinker.NamedSignal):
    """A blinker signal whose receivers hear a class and the classes that inherit from it.

    A receiver hears a sender if it is connected to the sender or to all senders. It hears a class also if it is
    connected to any class in ``__mro__`` of that class.
    """

    def __init__(self, name: str, doc: str) -> None:
        super().__init__(name, doc)
        self._mutes = 0
        self._was_muted = False
        self._temporary: dict[tuple[Any, Any], int] = {}
        self._forget()

    def connect(self, receiver: Receiver, sender: Any = blinker.ANY, weak: bool = True) -> Receiver:
        """Connect ``receiver`` to ``sender``, by default to all senders, and return it."""
        self._temporary.pop((key_of(receiver), key_of(sender)), None)  # no longer temporary
        super().connect(receiver, sender, weak)
        self._forget()
        return receiver

    def disconnect(self, receiver: Callable[..., Any], sender: Any = blinker.ANY) -> None:
        """Disconnect ``receiver`` from ``sender``, by default from all senders.

        A receiver that is also connected to a base class of ``sender`` still hears ``sender``.
        """
        super().disconnect(receiver, sender)
        key, gone = key_of(receiver), key_of(sender)
        for temporary in [pair for pair in self._temporary if pair[0] == key and gone in (ANY_ID, pair[1])]:
            del self._temporary[temporary]

    def _disconnect(self, receiver_id: Any, sender_id: Any) -> None:
        super()._disconnect(receiver_id, sender_id)
        if not self._by_receiver.get(receiver_id):  # blinker would keep a receiver without senders
            self.receivers.pop(receiver_id, None)
            self._by_receiver.pop(receiver_id, None)
        self._forget()

    def has_receivers_for(self, sender: Any, after: type | None = None) -> bool:
        """Tell whether a receiver hears ``sender``.

        The result may be True for a receiver that no longer exists, if the signal held a weak reference to it. A muted
        signal still has its receivers.

        Args:
            sender: the sender.
            after: a class whose receivers have been called. They do not count.
        """
        return bool(self.receivers and self._hearing(sender, after))

    def receivers_for(self, sender: Any) -> Generator[Callable[..., Any], None, None]:
        """Yield the receivers that hear ``sender``, in the order of connection."""
        for _, receiver in self._existing(sender):
            yield receiver

    @contextmanager
    def connected_to(self, receiver: Callable[..., Any], sender: Any = blinker.ANY) -> Iterator[None]:
        """Connect ``receiver`` until the block ends.

        A receiver that was connected before the block stays connected after the block. Blocks may nest and overlap. The
        receiver is connected in the whole process.

        Raises:
            TypeError: raised by ``connect``.
        """
        key, sender_id = key_of(receiver), key_of(sender)
        temporary, held = (key, sender_id), self.receivers.get(key)
        count = self._temporary.get(temporary, 0)
        stays = held is not None and not count and sender_id in self._by_receiver.get(key, ())
        if not stays:
            self.connect(receiver, sender, weak=False)
            if held is not None:
                self.receivers[key] = held  # a weak reference from before the block stays weak
            self._temporary[temporary] = count + 1
        try:
            yield
        finally:
            if not stays:
                self._release(receiver, temporary)

    def _release(self, receiver: Callable[..., Any], temporary: tuple[Any, Any]) -> None:
        key, sender_id = temporary
        count = self._temporary.pop(temporary, 0)
        if count > 1:
            self._temporary[temporary] = count - 1
        elif count and self._by_receiver.get(key, set()) <= {sender_id}:
            self.disconnect(receiver)
        elif count:
            self._by_receiver[key].discard(sender_id)
            self._by_sender[sender_id].discard(key)
            self._forget()

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Call no receiver until the block ends. Blocks may nest and overlap."""
        if not self._mutes:
            self._was_muted = self.is_muted
        self._mutes += 1
        self.is_muted = True
        try:
            yield
        finally:
            self._mutes -= 1
            self.is_muted = self._mutes > 0 or self._was_muted

    def _existing(self, sender: Any, after: type | None = None) -> list[tuple[Any, Callable[..., Any]]]:
        """Return the receivers that hear ``sender`` and not ``after``, in the order of connection, with their keys."""
        existing: list[tuple[Any, Callable[..., Any]]] = []
        if not self.receivers or not (keys := self._hearing(sender, after)):
            return existing
        for key, receiver in self.receivers.copy().items():  # a copy, as a weak receiver may die during the loop
            if key in keys:
                strong = receiver() if isinstance(receiver, weakref.ref) else receiver
                if strong is not None:
                    existing.append((key, strong))
        return existing

    def _hearing(self, sender: Any, after: type | None = None) -> Set[Any]:
        """Return the keys of the receivers that hear ``sender`` and not ``after``."""
        known = self._heard.get(id(sender))  # only classes are known
        if known and self._by_sender and self._by_sender is self._heard_in:  # blinker's table was not reset
            keys: Set[Any] = known[0]
        else:
            keys = self._find(sender)
        return keys if after is None else keys - self._hearing(after)

    def _find(self, sender: Any) -> Set[Any]:
        """Find the receivers that hear ``sender``. Those of a class are remembered until a connection changes."""
        if not isinstance(sender, type):
            to_all, to_sender = self._by_sender.get(ANY_ID), self._by_sender.get(key_of(sender))
            return to_all | to_sender if to_all and to_sender else to_all or to_sender or NOBODY
        if self._heard_in is not self._by_sender:
            self._forget()
        heard, number = self._heard, id(sender)
        connected, senders = self._by_sender, (ANY_ID, *map(id, sender.__mro__))
        keys = frozenset().union(*(connected[each] for each in senders if each in connected))
        heard[number] = keys, weakref.ref(sender, lambda _: heard.pop(number, None))
        return keys

    def _forget(self) -> None:
        """Forget which receivers hear a class, because a connection has changed."""
        # A new dict, as another thread may add to the old one what it has found before the change.
        self._heard: dict[int, tuple[frozenset[Any], weakref.ref[type]]] = {}
        self._heard_in = self._by_sender


def key_of(connected: Any) -> Any:
    """Return the key of a sender or a receiver in blinker's tables."""
    return ANY_ID if connected is blinker.ANY else make_id(connected)
