"""What all acts share: what an act is, who is told of it, and that it keeps its word.

It knows neither HTTP nor an ORM. ``handler`` is passed on, to receivers and to the models' own hooks, and looked at
only for whether a receiver has finished it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from bzz.concurrency.cancellation import Deferral, deferral, deferred
from bzz.concurrency.offload import off_loop
from bzz.exceptions import Conflict, Finished
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.values import Stored, Undefer
from bzz.resources.paths import Path
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.signals import request_failed
from bzz.signals.dispatch import Signal
from bzz.signals.request_ids import choose, request_id

BREATH = 100  # signals of one act, after which others have their turn
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Announced:
    """A ``pre_`` signal that was sent, for as long as neither its ``post_`` signal nor ``request_failed`` was.

    Args:
        act: what it announced, as ``request_failed`` calls it.
        sender: what sent it.
        instance: what it was about, as far as it said.
        context: what its receivers have left for those of the signal that follows.
    """

    act: str
    sender: Any
    instance: Any
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Act:
    """One request, or one call, for something to be read or written.

    Args:
        unit_of_work: of the models along the path.
        path: what it is about.
        in_process: whether plain code does it, which may set any field and gets instances, rather than a request,
            which may not and gets representations.
        undefer: the deferred fields that the reply shows.
        announced: of whom receivers were told that it would happen to them, by what it is and its key.
        told: how often it has told somebody so far.
    """

    unit_of_work: UnitOfWork
    path: Path
    in_process: bool = False
    undefer: Undefer = field(default_factory=dict)
    announced: dict[tuple[str, Any], Announced] = field(default_factory=dict)
    told: int = 0

    @property
    def schema(self) -> Schema:
        """The model at the end of the path."""
        return self.path.end.schema

    def is_watched(self, signal: Signal, sender: Any = None) -> bool:
        """Tell whether ``announce`` or ``conclude`` with a signal would do anything: cheap where nobody listens."""
        if not (signal.receivers or request_failed.receivers or self.announced):
            return False
        sender = sender or self.schema.model
        return signal.has_receivers_for(sender) or request_failed.has_receivers_for(sender) or bool(self.announced)

    async def announce(self, signal: Signal, *, sender: Any = None, key: Any = None, **keywords: Any) -> None:
        """Send a ``pre_`` signal.

        Args:
            signal: the signal.
            sender: what sends it; by default the model at the end of the path.
            key: of who joins or leaves, to tell several apart.
            keywords: what it offers beside what all do.

        Raises:
            Finished: a receiver has answered the request.
            Exception: what a receiver raised.
        """
        await self._breathe()
        sender = sender or self.schema.model
        announced = Announced(_act(signal), sender, keywords.get("instance"))
        if not signal.is_muted:
            self.announced[announced.act, key] = announced
        await self._send(signal, sender, announced.context, keywords)
        if getattr(self.unit_of_work.state.handler, "_finished", False):  # as Tornado stops after a prepare() that has
            raise Finished("A receiver has answered the request.")

    async def conclude(self, signal: Signal, *, sender: Any = None, key: Any = None, **keywords: Any) -> None:
        """Send a ``post_`` signal, of what was announced with the same key; raise what a receiver raised.

        That of a write is isolated, and a cancellation meanwhile has to wait until the act is over.
        """
        held_back = deferred if signal.isolated else nullcontext
        with held_back():
            await self._breathe()
        announced = self.announced.pop((_act(signal), key), None)
        with held_back():
            context = announced.context if announced else {}
            await self._send(signal, sender or self.schema.model, context, keywords)

    async def fail(self, error: BaseException) -> None:
        """Send ``request_failed`` for all that was announced and did not come about."""
        announced, self.announced = self.announced, {}
        for one in announced.values():
            keywords = {"act": one.act, "instance": one.instance, "error": error}
            with deferred():
                await self._breathe()
            with deferred():
                await self._send(request_failed, one.sender, one.context, keywords)

    async def _breathe(self) -> None:
        """Let others have their turn once in a while, between two signals, as the act may be cancelled here."""
        self.told += 1
        if not self.told % BREATH:
            await asyncio.sleep(0)

    async def _send(self, signal: Signal, sender: Any, context: dict[str, Any], keywords: dict[str, Any]) -> None:
        state, arguments = self.unit_of_work.state, self.path.arguments
        unit = state.unit if state.is_writing else None
        await signal.send_async(
            sender, arguments=arguments, handler=state.handler, unit=unit, context=context, **keywords
        )

    async def retype(self, data: Values) -> None:
        """Type again, in place, values that receivers may have changed; they may set fields that requests may not."""
        typed = await off_loop(data, self.schema.parse, data, hidden=True)
        data.clear()
        data.update(typed)

    async def represented(self, items: Sequence[Stored]) -> list[Stored]:
        """Return what the path ends in with its representations."""
        hidden = self.schema.deferred - self.undefer.keys()
        if self.schema.has_to_dict or not all(self.undefer.keys() <= item.values.keys() for item in items):
            shown = await self.unit_of_work.represent(
                self.schema, [item.instance for item in items], undefer=self.undefer
            )
            bodies = [item.body for item in shown]
        else:
            values = [item.values for item in items]
            if hidden:  # a write has loaded what it changes
                values = [{n: value for n, value in held.items() if n not in hidden} for held in values]
            bodies = await off_loop(values, lambda: [*map(self.schema.represent, values)])
        return [replace(item, body=body) for item, body in zip(items, bodies, strict=True)]


def paired(
    perform: Callable[Concatenate[Act, P], Awaitable[T]],
) -> Callable[Concatenate[Act, P], Coroutine[Any, Any, T]]:
    """Have an act keep its word: each ``pre_`` it has sent is followed by its ``post_`` or by ``request_failed``.

    A cancellation does not come between a write and what it is told with: it goes on at the end of the act. All that
    happens in it has one ``request_id``.
    """

    @wraps(perform)
    async def run(act: Act, /, *args: P.args, **kwargs: P.kwargs) -> T:
        cancellation = Deferral()
        outer, chosen = deferral.set(cancellation), None if request_id.get() else request_id.set(choose(None))
        try:
            result = await perform(act, *args, **kwargs)
            if act.announced:  # of who was to join a relation, and was brought in by somebody else
                await act.fail(Conflict("Somebody else has done it meanwhile."))
        except (Exception, asyncio.CancelledError) as error:
            await act.fail(error)
            if cancellation.is_due and not isinstance(error, asyncio.CancelledError):
                raise asyncio.CancelledError from error
            raise
        finally:
            if act.in_process:
                await act.unit_of_work.end()
            with suppress(ValueError):  # a task that is destroyed with its loop ends in another context
                deferral.reset(outer)
                if chosen:
                    request_id.reset(chosen)
        if cancellation.is_due:
            raise asyncio.CancelledError
        return result

    return run


def _act(signal: Signal) -> str:
    """Return what a signal is about: ``create`` for ``pre_create_instance``, ``list`` for ``post_get_list``."""
    name = signal.name.partition("_")[2]
    return "list" if name == "get_list" else name.removesuffix("_instance")
