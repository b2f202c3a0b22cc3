"""``Signal``: a signal with declared keywords that awaits its receivers in order.

It differs from blinker's signals in five rules. A receiver that is connected to a class also hears the classes that
inherit from it. Receivers run in the order in which they were connected. An awaitable result is awaited before the next
receiver runs. A receiver gets the keywords that its signature takes. ``connect`` refuses a receiver that ``send_async``
could not call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from inspect import isawaitable
from types import MappingProxyType
from typing import Any, NoReturn

import blinker

from bzz.concurrency.cancellation import cancellations, noticed
from bzz.signals.connections import Connections, Receiver, key_of
from bzz.signals.receivers import Call, plan_call
from bzz.signals.request_ids import request_id

logger = logging.getLogger("bzz")

Results = list[tuple[Callable[..., Any], Any]]
REQUEST_ID = "the request id (``X-Request-ID`` or a UUID), the same for a request and its acts; None if neither runs"
SIGNAL = "the signal that is sent, for receivers of several signals"


class Signal(Connections):
    """A signal with declared keywords and senders.

    Args:
        name: the name.
        doc: one sentence that says when the signal is sent.
        keywords: a dict from the name of each keyword to its meaning. ``request_id`` and ``signal`` are added.
        sender: a description of the sender, for the documentation and error texts.
        senders: the class of all senders.
        isolated: whether a receiver's exception is logged, and the other receivers still run. If not, it is raised.
        computed: the names of keywords whose value may be an async function without parameters. Such a function is
            called once for each receiver that takes the keyword.
        optional: a dict from the name of a keyword to a function. If ``send_async`` does not get the keyword, the
            function makes its value.

    Raises:
        TypeError: ``keywords`` contains ``signal``.
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
        if "signal" in keywords:
            raise TypeError(
                f"{name} offers itself as the keyword signal; give the keyword that you declare another name"
            )
        super().__init__(name, doc)
        self.doc, self.sender, self.senders = doc, sender, senders
        self.isolated, self.computed, self.optional = isolated, computed, optional
        self.keywords: Mapping[str, str] = {**keywords, "request_id": REQUEST_ID, "signal": SIGNAL}
        self._calls: dict[Any, Call] = {}

    def connect(self, receiver: Receiver, sender: Any = blinker.ANY, weak: bool = True) -> Receiver:
        """Connect ``receiver`` to this signal and return it.

        Args:
            receiver: a function or other callable.
            sender: the sender whose signals the receiver gets. If it is a class, the receiver also gets the signals of
                all classes that inherit from it. By default, it gets the signals of all senders.
            weak: whether the signal holds a weak reference to the receiver. This is the default of blinker, too.

        Raises:
            TypeError: ``receiver`` is not callable, or takes an argument that this signal does not offer. The reason
                may also be that ``sender`` has another class than the senders of this signal.
        """
        self._check_sender(sender)
        if not callable(receiver) or isinstance(receiver, type):
            raise TypeError(f"a receiver of {self.name} must be a callable object, not {receiver!r}; see connect_via")
        self._calls[key_of(receiver)] = self._plan(receiver)
        return super().connect(receiver, sender, weak)

    def connect_via(self, sender: Any, weak: bool = False) -> Callable[[Receiver], Receiver]:
        """Return a decorator that connects a receiver to ``sender``.

        The signal holds a strong reference to the receiver, unless ``weak`` is true.

        Raises:
            TypeError: raised by ``connect``.
        """
        self._check_sender(sender)
        return super().connect_via(sender, weak)

    def _disconnect(self, receiver_id: Any, sender_id: Any) -> None:
        super()._disconnect(receiver_id, sender_id)
        if receiver_id not in self.receivers:
            self._calls.pop(receiver_id, None)

    def send(self, sender: Any = None, /, **keywords: Any) -> NoReturn:  # noqa: ARG002  # as in blinker
        """Raise RuntimeError: receivers must be awaited, so only ``send_async`` sends.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError(f"{self.name} is sent with: await {self.name}.send_async(...)")

    async def send_async(self, sender: Any = None, after: type | None = None, /, **keywords: Any) -> Results:
        """Call the receivers that hear ``sender`` in the order of connection, each of them once.

        Each receiver is awaited before the next receiver runs. A receiver that an earlier receiver disconnects is not
        called. A receiver that an earlier receiver connects is called only when the signal is sent again.

        A signal can be sent in two steps, if its sender is first known as a base class and then exactly. The second
        step is ``send_async(exact, base, ...)``. It calls the receivers that the first step has not called.

        Args:
            sender: the sender. The receivers that are connected to it or to all senders are called. If it is a class,
                the receivers that are connected to one of its base classes are called, too.
            after: a class whose receivers have been called. They are not called again.
            keywords: all keywords that the signal declares. The optional keywords and ``request_id`` may be left out.
                The signal always adds itself as ``signal``.

        Returns:
            Pairs of a receiver and its result. An isolated signal leaves out receivers that failed.

        Raises:
            TypeError: a keyword is missing, or is not declared.
            RuntimeError: a receiver awaited a cancelled task, and the signal is not isolated.
            Exception: raised by a receiver, unless the signal is isolated.
            asyncio.CancelledError: the task was cancelled. An isolated signal runs all receivers first.
        """
        keywords.setdefault("request_id", request_id.get())
        keywords["signal"] = self
        if keywords.keys() != self.keywords.keys():
            keywords = self._complete(keywords)
        results: Results = []
        cancelled = task = None
        for key, receiver in [] if self.is_muted else self._existing(sender, after):
            if key not in self.receivers:  # disconnected by an earlier receiver
                continue
            call = self._calls.get(key) or self._plan(receiver)
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

    def _complete(self, keywords: dict[str, Any]) -> dict[str, Any]:
        """Return ``keywords`` together with the values of the optional keywords."""
        complete = {**{name: make() for name, make in self.optional.items()}, **keywords}
        if wrong := complete.keys() ^ self.keywords.keys():
            says = ", ".join(f"{'without' if name in self.keywords else 'with'} {name}" for name in sorted(wrong))
            raise TypeError(f"{self.name} offers {', '.join(self.keywords)}; it was sent {says}")
        return complete

    def _plan(self, receiver: Callable[..., Any]) -> Call:
        try:
            return plan_call(receiver, self.keywords, self.computed)
        except TypeError as error:
            offered = ", ".join(self.keywords)
            raise TypeError(
                f"{receiver!r} asks for {str(error)!r}; {self.name} offers the sender and {offered}"
            ) from None
