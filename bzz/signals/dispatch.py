"""``Signal``: a blinker signal with declared keywords that awaits its receivers in order.

It differs from blinker's signals in four rules. Receivers run in the order in which they were connected. An awaitable
result is awaited before the next receiver runs. A receiver gets the keywords that its signature takes. ``connect``
refuses a receiver that ``send_async`` could not call.
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
from bzz.signals.receivers import Call, plan_call
from bzz.signals.request_ids import request_id

logger = logging.getLogger("bzz")

Receiver = TypeVar("Receiver", bound=Callable[..., Any])
REQUEST_ID = "the request id (``X-Request-ID`` or a UUID), the same for a request and its acts; None if neither runs"


class Signal(blinker.NamedSignal):
    """A signal with declared keywords and senders.

    Args:
        name: the name.
        doc: one sentence that says when the signal is sent.
        keywords: a dict from the name of each keyword to its meaning. ``request_id`` is added.
        sender: a description of the sender, for the documentation and error texts.
        senders: the class of all senders.
        isolated: whether a receiver's exception is logged, and the other receivers still run. If not, it is raised.
        computed: the names of keywords whose value may be an async function without parameters. Such a function is
            called once for each receiver that takes the keyword.
        optional: a dict from the name of a keyword to a function. If ``send_async`` does not get the keyword, the
            function makes its value.
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
        """Connect ``receiver`` to this signal and return it.

        Args:
            receiver: a function or other callable.
            sender: the sender whose signals the receiver gets. By default, it gets the signals of all senders.
            weak: whether the signal holds a weak reference to the receiver. This is the default of blinker, too.

        Raises:
            TypeError: ``receiver`` is not callable, or takes an argument that this signal does not offer. The reason
                may also be that ``sender`` has another class than the senders of this signal.
        """
        self._check_sender(sender)
        if not callable(receiver) or isinstance(receiver, type):
            raise TypeError(f"a receiver of {self.name} must be a callable object, not {receiver!r}; see connect_via")
        key = make_id(receiver)
        self._calls[key] = self._plan(receiver)
        self._temporary.pop((key, _id(sender)), None)  # no longer temporary
        return super().connect(receiver, sender, weak)

    def connect_via(self, sender: Any, weak: bool = False) -> Callable[[Receiver], Receiver]:
        """Return a decorator that connects a receiver to ``sender``.

        The signal holds a strong reference to the receiver, unless ``weak`` is true.

        Raises:
            TypeError: raised by ``connect``.
        """
        self._check_sender(sender)
        return super().connect_via(sender, weak)

    def disconnect(self, receiver: Callable[..., Any], sender: Any = blinker.ANY) -> None:
        """Disconnect ``receiver`` from ``sender``, by default from all senders."""
        super().disconnect(receiver, sender)
        key, gone = make_id(receiver), _id(sender)
        for temporary in [pair for pair in self._temporary if pair[0] == key and gone in (ANY_ID, pair[1])]:
            del self._temporary[temporary]

    def _disconnect(self, receiver_id: Any, sender_id: Any) -> None:
        super()._disconnect(receiver_id, sender_id)
        if not self._by_receiver.get(receiver_id):  # blinker would keep a receiver without senders
            self.receivers.pop(receiver_id, None)
            self._calls.pop(receiver_id, None)
            self._by_receiver.pop(receiver_id, None)

    def has_receivers_for(self, sender: Any) -> bool:
        """Tell whether a receiver is connected to ``sender`` or to all senders.

        The result may be True for a receiver that no longer exists, if the signal held a weak reference to it.
        """
        return bool(self.receivers and (self._by_sender.get(ANY_ID) or self._by_sender.get(_id(sender))))

    @contextmanager
    def connected_to(self, receiver: Callable[..., Any], sender: Any = blinker.ANY) -> Iterator[None]:
        """Connect ``receiver`` until the block ends.

        A receiver that was connected before the block stays connected after the block. Blocks may nest and overlap. The
        receiver is connected in the whole process.

        Raises:
            TypeError: raised by ``connect``.
        """
        key, sender_id = make_id(receiver), _id(sender)
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

    def send(self, sender: Any = None, /, **keywords: Any) -> NoReturn:  # noqa: ARG002  # as in blinker
        """Raise RuntimeError: receivers must be awaited, so only ``send_async`` sends.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"{self.name} is sent with: await {self.name}.send_async(...)")

    async def send_async(self, sender: Any = None, /, **keywords: Any) -> list[tuple[Callable[..., Any], Any]]:
        """Call the receivers of ``sender`` in the order of connection.

        Each receiver is awaited before the next receiver runs. A receiver that an earlier receiver disconnects is not
        called. A receiver that an earlier receiver connects is called only when the signal is sent again.

        Args:
            sender: the sender. The receivers that are connected to it or to all senders are called.
            keywords: all keywords that the signal declares. The optional keywords and ``request_id`` may be left out.

        Returns:
            Pairs of a receiver and its result. An isolated signal leaves out receivers that failed.

        Raises:
            TypeError: a keyword is missing, or is not declared.
            RuntimeError: a receiver awaited a cancelled task, and the signal is not isolated.
            Exception: raised by a receiver, unless the signal is isolated.
            asyncio.CancelledError: the task was cancelled. An isolated signal runs all receivers first.
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
            if key not in self.receivers:  # disconnected by an earlier receiver
                continue
            offered: Mapping[str, Any] = keywords
            asked = None  # until something is awaited, the task cannot be cancelled
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
                    if is_cancelled and not cancelled:  # Tornado would send no reply
                        raise RuntimeError(f"{receiver!r} awaited a cancelled task") from error
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
        for key, receiver in self.receivers.copy().items():  # a copy, as a weak receiver may die during the loop
            if key in to_any or key in to_sender:
                strong = receiver() if isinstance(receiver, weakref.ref) else receiver
                if strong is not None:
                    live.append((key, strong, calls(key) or self._plan(strong)))
        return live

    def _plan(self, receiver: Callable[..., Any]) -> Call:
        try:
            return plan_call(receiver, self.keywords, self.computed)
        except TypeError as error:
            offered = ", ".join(self.keywords)
            raise TypeError(
                f"{receiver!r} asks for {str(error)!r}; {self.name} offers the sender and {offered}"
            ) from None


def _id(sender: Any) -> Any:
    return ANY_ID if sender is blinker.ANY else make_id(sender)
