"""The kind of signal that bzz sends: a blinker signal that declares what it offers and awaits its receivers in order.

It differs from blinker's own in how it is *sent*: receivers run in the order in which they were connected, whatever a
receiver returns is awaited if it can be, and a receiver gets the keywords its signature has room for. A receiver that
could never be called is refused when it is connected.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from inspect import isawaitable
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

import blinker
from blinker._utilities import make_id
from blinker.base import ANY_ID

from bzz.concurrency.cancellation import cancellations, noticed
from bzz.signals.receivers import Call, plan
from bzz.signals.request_ids import request_id

logger = logging.getLogger("bzz")

Receiver = TypeVar("Receiver", bound=Callable[..., Any])
REQUEST_ID = "``X-Request-ID`` of the request, or a UUID; the same in all that one request or act causes, else None"


class Signal(blinker.NamedSignal):
    """A signal with a declared contract.

    Args:
        name: what it is called.
        doc: when it is sent.
        keywords: what it offers, each with its meaning; ``request_id`` comes on top.
        sender: what sends it, in words.
        senders: of what class that is.
        isolated: whether a receiver's exception is logged, and the others still run, instead of being raised.
        computed: those of the keywords that may be sent as async functions without parameters, which are called anew
            for each receiver that takes the keyword.
        optional: those of the keywords that need not be sent, each with what makes a value for it then.
    """

    def __init__(
        self,
        name: str,
        doc: str,
        keywords: Mapping[str, str],
        *,
        sender: str = "anything",
        senders: type = object,
        isolated: bool = False,
        computed: Collection[str] = (),
        optional: Mapping[str, Callable[[], Any]] = MappingProxyType({}),
    ) -> None:
        super().__init__(name, doc)
        self.doc, self.sender, self.senders = doc, sender, senders
        self.isolated, self.computed, self.optional = isolated, computed, optional
        self.keywords: Mapping[str, str] = {**keywords, "request_id": REQUEST_ID}
        self._calls: dict[Any, Call] = {}
        self._mutes = 0
        self._was_muted = False
        self._temporary: dict[tuple[Any, Any], int] = {}

    def connect(self, receiver: Receiver, sender: Any = blinker.ANY, weak: bool = True) -> Receiver:
        """Have ``receiver`` called when ``sender`` (by default: anything) sends this signal.

        Raises:
            TypeError: the receiver's signature asks for something that this signal does not offer, or nothing like
                ``sender`` ever sends it.
        """
        self._check_sender(sender)
        if not callable(receiver) or isinstance(receiver, type):
            raise TypeError(f"a receiver of {self.name} is something to call, not {receiver!r}; see connect_via")
        key = make_id(receiver)
        self._calls[key] = self._plan(receiver)
        self._temporary.pop((key, _id(sender)), None)  # from now on it stays
        return super().connect(receiver, sender, weak)

    def connect_via(self, sender: Any, weak: bool = False) -> Callable[[Receiver], Receiver]:
        """Return a decorator that connects a receiver, strongly, for ``sender``; raise as ``connect``."""
        self._check_sender(sender)
        return super().connect_via(sender, weak)

    def disconnect(self, receiver: Callable[..., Any], sender: Any = blinker.ANY) -> None:
        """Have ``receiver`` called no longer when ``sender`` (by default: anything at all) sends this signal."""
        super().disconnect(receiver, sender)
        key, gone = make_id(receiver), _id(sender)
        for temporary in [pair for pair in self._temporary if pair[0] == key and gone in (ANY_ID, pair[1])]:
            del self._temporary[temporary]

    def _disconnect(self, receiver_id: Any, sender_id: Any) -> None:
        super()._disconnect(receiver_id, sender_id)
        if not self._by_receiver.get(receiver_id):  # blinker would keep a receiver that has no sender left
            self.receivers.pop(receiver_id, None)
            self._calls.pop(receiver_id, None)
            self._by_receiver.pop(receiver_id, None)

    def has_receivers_for(self, sender: Any) -> bool:
        """Tell whether there is a receiver for ``sender``; a weak one may have died."""
        return bool(self.receivers and (self._by_sender.get(ANY_ID) or self._by_sender.get(_id(sender))))

    @contextmanager
    def connected_to(self, receiver: Callable[..., Any], sender: Any = blinker.ANY) -> Iterator[None]:
        """Connect ``receiver`` for as long as the block runs; a connection that was there before stays after it.

        Raises:
            TypeError: as ``connect``.
        """
        key, sender_id = make_id(receiver), _id(sender)
        temporary, held = (key, sender_id), self.receivers.get(key)
        count = self._temporary.get(temporary, 0)
        stays = held is not None and not count and sender_id in self._by_receiver.get(key, ())
        if not stays:
            self.connect(receiver, sender, weak=False)
            if held is not None:
                self.receivers[key] = held  # what was held weakly before is held weakly after
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

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Call nobody for as long as the block, or another one like it, runs."""
        if not self._mutes:
            self._was_muted = self.is_muted
        self._mutes += 1
        self.is_muted = True
        try:
            yield
        finally:
            self._mutes -= 1
            self.is_muted = self._mutes > 0 or self._was_muted

    def send(self, sender: Any = None, /, **keywords: Any) -> NoReturn:  # noqa: ARG002  # blinker's
        """Refuse: a receiver may have to be awaited.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"{self.name} is sent with: await {self.name}.send_async(...)")

    async def send_async(self, sender: Any = None, /, **keywords: Any) -> list[tuple[Callable[..., Any], Any]]:
        """Call the receivers for ``sender`` in the order of their connection, awaiting each before the next.

        Args:
            sender: what the signal is about; receivers connected to it, or to anything, are called.
            keywords: what the signal offers, all of it but what is optional; ``request_id`` is added.

        Returns:
            Pairs of a receiver and what it returned.

        Raises:
            TypeError: a keyword is missing, or is not one that the signal declares.
            Exception: what a receiver raised, unless the signal is isolated.
            asyncio.CancelledError: the task is cancelled; if the signal is isolated, only once all receivers have run.
        """
        keywords.setdefault("request_id", request_id.get())
        if keywords.keys() != self.keywords.keys():
            keywords = {**{name: make() for name, make in self.optional.items()}, **keywords}
            if wrong := keywords.keys() ^ self.keywords.keys():
                says = ", ".join(f"{'without' if name in self.keywords else 'with'} {name}" for name in sorted(wrong))
                raise TypeError(f"{self.name} offers {', '.join(self.keywords)}; it was sent {says}")
        results = []
        cancelled = task = None
        for key, receiver, call in self._live(sender):
            if key not in self.receivers:  # an earlier one has disconnected it
                continue
            offered: Mapping[str, Any] = keywords
            asked = None  # as long as nothing is awaited, the task cannot be cancelled
            try:
                if call.computed:
                    task = task or asyncio.current_task()
                    asked = noticed(task)
                    offered = await call.complete(keywords)
                result = call(receiver, sender, offered)
                if result is not None and isawaitable(result):
                    task = task or asyncio.current_task()
                    asked = noticed(task)
                    result = await result
            except (Exception, asyncio.CancelledError) as error:
                is_cancelled = isinstance(error, asyncio.CancelledError)
                if is_cancelled and asked is not None and cancellations() > asked:
                    cancelled = error
                if not self.isolated:
                    if is_cancelled and not cancelled:  # Tornado would leave the client without an answer
                        raise RuntimeError(f"{receiver!r} awaited what was cancelled") from error
                    raise
                logger.exception("A receiver of %s failed: %r", self.name, receiver)
            else:
                results.append((receiver, result))
        if cancelled:
            raise cancelled
        return results

    def _check_sender(self, sender: Any) -> None:
        if sender is not blinker.ANY and not isinstance(sender, self.senders):
            raise TypeError(f"{self.name} is sent by {self.sender}, not by {sender!r}")

    def _live(self, sender: Any) -> list[tuple[Any, Callable[..., Any], Call]]:
        if self.is_muted or not self.receivers:
            return []
        by_sender, calls = self._by_sender.get, self._calls.get
        to_any, to_sender = by_sender(ANY_ID, ()), by_sender(make_id(sender), ())
        live = []
        for key, receiver in self.receivers.copy().items():  # in one step: a weak one may die while others are listed
            if key in to_any or key in to_sender:
                strong = receiver() if isinstance(receiver, weakref.ref) else receiver
                if strong is not None:
                    live.append((key, strong, calls(key) or self._plan(strong)))
        return live

    def _plan(self, receiver: Callable[..., Any]) -> Call:
        try:
            return plan(receiver, self.keywords, self.computed)
        except TypeError as error:
            offered = ", ".join(self.keywords)
            raise TypeError(
                f"{receiver!r} asks for {str(error)!r}; {self.name} offers the sender and {offered}"
            ) from None


def _id(sender: Any) -> Any:
    return ANY_ID if sender is blinker.ANY else make_id(sender)
