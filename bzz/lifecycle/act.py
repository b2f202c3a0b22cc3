"""The act and its signals. Either a ``post_`` signal or ``request_failed`` follows each ``pre_`` signal.

An act knows neither HTTP nor an ORM. It passes ``handler`` to receivers and to the hooks of the models.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from bzz.concurrency.cancellation import Postponement, postponed, postponement
from bzz.exceptions import Conflict, Finished
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.values import Stored, Undefer
from bzz.resources.paths import Path
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.signals import Signal, request_failed
from bzz.signals.request_ids import choose_id, request_id

BREATH = 100  # each time that an act has sent so many signals, other tasks may run
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Announcement:
    """A ``pre_`` signal that was sent. Its ``post_`` signal or ``request_failed`` must follow.

    Args:
        act: the name of the act. ``request_failed`` uses the same name.
        sender: the sender of the signal.
        instance: the instance that the signal offered, or None.
        context: the dict that receivers of this signal share with receivers of the signal that follows it.
    """

    act: str
    sender: Any
    instance: Any
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Act:
    """One read or write, for a request or for plain code.

    An act is a context manager. When its block ends, it ends the unit of work.

    Args:
        unit_of_work: the act's calls to its provider.
        path: the path to the instances that the act reads or writes.
        in_process: whether plain code runs the act. Plain code may set any field, and gets instances. A request may set
            some fields, and gets representations.
        undefer: the deferred fields that the reply shows.
        may_read: whether the caller may read the instances at the end of the path.
        method: the HTTP method of the request. None for plain code.
        has_changes: whether receivers may have changed the instances that the act has read.
        announced: the announcements that no signal has followed yet. Each key of the dict is a pair: the name of the
            act, and ``key``.
        sent: how many signals the act has sent.
    """

    unit_of_work: UnitOfWork
    path: Path
    in_process: bool = False
    undefer: Undefer = field(default_factory=dict)
    may_read: bool = True
    method: str | None = None
    has_changes: bool = False
    announced: dict[tuple[str, Any], Announcement] = field(default_factory=dict)
    sent: int = 0

    async def __aenter__(self) -> Self:
        """Return the act."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the unit of work."""
        await self.unit_of_work.end()

    @property
    def schema(self) -> Schema:
        """The schema of the model at the end of the path."""
        return self.path.schema

    @property
    def needs_instances(self) -> bool:
        """Whether a read needs instances even if no receiver gets them."""
        return self.in_process or self.schema.has_methods

    def is_watched(self, signal: Signal, sender: Any = None) -> bool:
        """Tell whether the act must announce or conclude ``signal``.

        The act must do so if a receiver listens to the signal or to ``request_failed``. It must also do so while an
        announcement waits for its following signal.

        Args:
            signal: the signal.
            sender: the sender. By default, it is the model at the end of the path, or a class that inherits from it.
        """
        if not (signal.receivers or request_failed.receivers or self.announced):
            return False
        if self.announced:
            return True
        senders = self.path.end.resource.senders if sender is None else (sender,)
        return any(signal.has_receivers_for(one) or request_failed.has_receivers_for(one) for one in senders)

    async def announce(self, signal: Signal, *, sender: Any = None, key: Any = None, **keywords: Any) -> None:
        """Send a ``pre_`` signal.

        Args:
            signal: the signal.
            sender: the sender of the signal. By default, it is the model at the end of the path.
            key: tells the announcements of one act apart: the primary keys of the parent and a member, for example.
            keywords: the keywords that only this signal offers. The act adds the keywords of all acts.

        Raises:
            Finished: a receiver has answered the request.
            Exception: raised by a receiver.
        """
        await self._breathe()
        sender = sender or self.schema.model
        announcement = Announcement(_act(signal), sender, keywords.get("instance"))
        if not signal.is_muted:
            self.announced[announcement.act, key] = announcement
        await self._send(signal, sender, announcement.context, keywords)
        if getattr(self.unit_of_work.state.handler, "_finished", False):  # Tornado also stops if prepare() has answered
            raise Finished("A receiver has answered the request.")

    async def announce_exactly(self, signal: Signal, sender: type) -> None:
        """Send a ``pre_`` signal again, now that the exact class of the instance is known.

        Only receivers that have not heard the signal before are called.

        Args:
            signal: a signal that was announced without a key.
            sender: the class of the instance.

        Raises:
            Exception: raised by a receiver.
        """
        name = _act(signal), None
        announcement = self.announced.get(name)
        if announcement is not None and announcement.sender is not sender:
            self.announced[name] = replace(announcement, sender=sender)
            await self._send(signal, sender, announcement.context, {}, after=announcement.sender)

    async def conclude(self, signal: Signal, *, sender: Any = None, key: Any = None, **keywords: Any) -> None:
        """Send the ``post_`` signal that follows the announcement with the same ``key``.

        The ``post_`` signal of a write is isolated: an exception of a receiver is not raised. A cancellation during
        this signal waits until the act ends.

        Raises:
            Exception: raised by a receiver of a read's signal.
        """
        until_the_end = postponed if signal.isolated else nullcontext
        with until_the_end():
            await self._breathe()
        announcement = self.announced.pop((_act(signal), key), None)
        with until_the_end():
            context = announcement.context if announcement else {}
            await self._send(signal, sender or self.schema.model, context, keywords)

    async def fail(self, error: BaseException) -> None:
        """Send ``request_failed`` for each announcement that no signal has followed."""
        announced, self.announced = self.announced, {}
        for one in announced.values():
            keywords = {"act": one.act, "instance": one.instance, "error": error}
            with postponed():
                await self._breathe()
            with postponed():
                await self._send(request_failed, one.sender, one.context, keywords)

    async def _breathe(self) -> None:
        """Let other tasks run after every ``BREATH`` signals. The act may be cancelled here."""
        self.sent += 1
        if not self.sent % BREATH:
            await asyncio.sleep(0)

    async def _send(
        self,
        signal: Signal,
        sender: Any,
        context: dict[str, Any],
        keywords: dict[str, Any],
        after: type | None = None,
    ) -> None:
        state, arguments = self.unit_of_work.state, self.path.arguments
        unit = state.unit if state.is_writing else None
        await signal.send_async(
            sender,
            after,
            arguments=arguments,
            handler=state.handler,
            hive=state.hive,
            unit=unit,
            context=context,
            **keywords,
        )

    async def retype(self, schema: Schema, data: Values, stored: Values | None = None) -> None:
        """Parse ``data`` again, in place, because receivers may have changed it.

        Receivers may set fields that requests may not set.

        Args:
            schema: the schema of the instance.
            data: a dict from field name to value.
            stored: the stored values, which each field takes. None for a new instance.

        Raises:
            Invalid: a field is unknown or cannot take its value.
        """
        self.unit_of_work.measure(data)
        typed = await self.unit_of_work.compute(schema.parse, data, hidden=True, stored=stored)
        data.clear()
        data.update(typed)

    @staticmethod
    def check_whole(signal: Signal, stored: Stored) -> None:
        """Check that a receiver of ``signal`` gets no instance that the ORM cannot load.

        Raises:
            Conflict: the ORM cannot load the instance, and a receiver listens for its class.
        """
        if stored.is_broken and signal.has_receivers_for(stored.own_class):
            raise Conflict("The application cannot load this instance as it is stored; repair it in the store.")

    def schema_of(self, stored: Stored) -> Schema:
        """Return the schema of an instance at the end of the path, by the instance's own class."""
        return self.path.end.resource.of_class(stored.own_class).schema


def paired(
    perform: Callable[Concatenate[Act, P], Awaitable[T]],
) -> Callable[Concatenate[Act, P], Coroutine[Any, Any, T]]:
    """Decorate an act's function: one signal follows each ``pre_`` signal.

    It is the ``post_`` signal, or ``request_failed`` if the function raises an exception. If a cancellation comes after
    a write has begun, it is raised at the end of the act. All signals of the act have the same ``request_id``.
    """

    @wraps(perform)
    async def run(act: Act, /, *args: P.args, **kwargs: P.kwargs) -> T:
        cancellation = Postponement()
        outer, chosen = postponement.set(cancellation), None if request_id.get() else request_id.set(choose_id(None))
        try:
            result = await perform(act, *args, **kwargs)
            if act.announced:  # another request has added these members first
                await act.fail(Conflict("Another request did this first; read the relation again."))
        except (Exception, asyncio.CancelledError) as error:
            await act.fail(error)
            if cancellation.is_due and not isinstance(error, asyncio.CancelledError):
                raise asyncio.CancelledError from error
            raise
        finally:
            with suppress(ValueError):  # a task that is destroyed with its loop ends in another context
                postponement.reset(outer)
                if chosen:
                    request_id.reset(chosen)
        if cancellation.is_due:
            raise asyncio.CancelledError
        return result

    return run


def _act(signal: Signal) -> str:
    """Return the name of the act that a signal is about.

    It is ``create`` for ``pre_create_instance``, and ``list`` for ``post_get_list``.
    """
    name = signal.name.partition("_")[2]
    return "list" if name == "get_list" else name.removesuffix("_instance")
