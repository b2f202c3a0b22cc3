"""What all acts share: who is told of them, and where in the store their path leads.

It knows neither HTTP nor an ORM. ``handler`` is passed on, to receivers and to the models' own hooks, and looked at
only for whether a receiver has finished it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from bzz.changes import Change, Hop, Trail, locate, within
from bzz.correlation import correlated
from bzz.dispatch import Signal, cancellations
from bzz.exceptions import BzzError, Conflict, Finished, Invalid, NotFound
from bzz.interfaces import Address, Before, Stored
from bzz.pool import off_loop
from bzz.resources import NO_INSTANCE, Resource, Values
from bzz.routing import Path, Step
from bzz.signals import request_failed
from bzz.store import Store

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instance is: stored on its own, or inside one that is.

    Args:
        address: of the one that is stored.
        hops: from it down to the one that is meant.
    """

    address: Address
    hops: tuple[Hop, ...] = ()


@dataclass(frozen=True, slots=True)
class Announced:
    """A ``pre_`` signal that was sent, for as long as neither its ``post_`` signal nor ``request_failed`` was.

    Args:
        act: what it announced, as ``request_failed`` calls it.
        sender: what sent it.
        key: primary key of who was to join or leave; None for an act that is about one instance only.
        instance: what it was about, as far as it said.
    """

    act: str
    sender: Any
    key: Any
    instance: Any


@dataclass(slots=True)
class Act:
    """One request, or one call, for something to be read or written.

    Args:
        store: of the models along the path.
        path: what it is about.
        in_process: whether plain code does it, which may set any field and gets instances, rather than a request,
            which may not and gets representations.
        announced: of whom receivers were told that it would happen to them.
    """

    store: Store
    path: Path
    in_process: bool = False
    announced: list[Announced] = field(default_factory=list)

    @property
    def resource(self) -> Resource:
        """The model at the end of the path."""
        return self.path.end.resource

    def is_due(self, signal: Signal, sender: Any = None) -> bool:
        """Tell whether ``announce`` or ``conclude`` with a signal would do anything: cheap where nobody listens."""
        if not (signal.receivers or request_failed.receivers or self.announced):
            return False
        sender = sender or self.resource.model
        return signal.has_receivers_for(sender) or request_failed.has_receivers_for(sender) or bool(self.announced)

    async def announce(self, signal: Signal, *, sender: Any = None, key: Any = None, **keywords: Any) -> None:
        """Send a ``pre_`` signal.

        Args:
            signal: the signal.
            sender: what sends it; by default the model at the end of the path.
            key: of who joins or leaves, to tell several apart.
            keywords: what it offers beside ``arguments`` and what all offer.

        Raises:
            Finished: a receiver has answered the request.
            Exception: what a receiver raised.
        """
        sender = sender or self.resource.model
        self.announced.append(Announced(_act(signal), sender, key, keywords.get("instance")))
        await self._send(signal, sender, keywords)
        if getattr(self.store.scope.handler, "_finished", False):  # as Tornado stops after a prepare() that has
            raise Finished("A receiver has answered the request.")

    async def conclude(self, signal: Signal, *, sender: Any = None, key: Any = None, **keywords: Any) -> None:
        """Send a ``post_`` signal, of what was announced with the same key; raise what a receiver raised.

        That of a write is isolated, and a cancellation meanwhile has to wait until the act is over.
        """
        name = _act(signal)
        self.announced = [one for one in self.announced if (one.act, one.key) != (name, key)]
        try:
            await self._send(signal, sender or self.resource.model, keywords)
        except asyncio.CancelledError:
            if not signal.isolated:
                raise

    async def fail(self, error: BaseException) -> None:
        """Send ``request_failed`` for all that was announced and did not come about."""
        while self.announced:
            one = self.announced.pop(0)
            with suppress(asyncio.CancelledError):
                await self._send(request_failed, one.sender, {"act": one.act, "instance": one.instance, "error": error})

    async def _send(self, signal: Signal, sender: Any, keywords: dict[str, Any]) -> None:
        if "arguments" in signal.keywords:
            keywords["arguments"] = self.path.arguments
        scope = self.store.scope
        await signal.send_async(sender, handler=scope.handler, unit=scope.unit, **keywords)

    async def retype(self, data: Values) -> None:
        """Type again, in place, values that receivers may have changed; they may set fields that requests may not."""
        typed = await off_loop(data, self.resource.parse, data, hidden=True)
        data.clear()
        data.update(typed)

    async def walk(self, path: Path) -> Place:
        """Return where the instance at ``path`` is, each step checked but the last stored instance itself.

        Raises:
            NotFound: a step leads to nothing that may be seen, or to what does not belong to the one before.
            Unavailable: the store cannot be reached in time.
        """
        first = path.steps[0]
        place = Place(Address(first.resource, str(first.id), str(first.resource.id_field)))
        for step in path.steps[1:]:
            if step.is_embedded:
                place = replace(place, hops=(*place.hops, Hop(step.field, step.resource, step.id)))
            else:
                parent = self.part(place, await self.store.get(place.address))
                place = Place(await self.referred(step, parent))
        return place

    async def referred(self, step: Step, parent: Stored) -> Address:
        """Return where the instance is that ``step`` leads to from its parent; raise NotFound if it does not."""
        target, pk, held = step.resource, str(step.resource.pk), parent.values.get(step.field)
        if step.id is None:
            if held is None:
                raise NotFound(NO_INSTANCE)
            return Address(target, str(target.identifier(held, pk)), pk)
        address = Address(target, step.id, str(target.id_field))
        key = address.key if address.field == pk else (await self.store.get(address)).values[pk]
        if not isinstance(held, list) or key not in held:
            raise NotFound(NO_INSTANCE)
        return address

    def part(self, place: Place, stored: Stored) -> Stored:
        """Return what is at ``place`` in the instance that was found at its address; raise NotFound if nothing is."""
        if not place.hops:
            return stored
        trail, values = locate(stored.values, place.hops)
        return Stored(self.store.provider.part(stored.instance, trail), values)

    async def update(
        self, place: Place, change: Change, *, before: Before | None, exact: bool = False, below: Sequence[str] = ()
    ) -> Stored:
        """Store what ``change`` makes of what is at ``place``, and return all of the instance it is in.

        Args:
            place: what is changed.
            change: from the values there to those that shall be.
            before: gets the whole instance as it was loaded.
            exact: whether all of it has to be as it was found.
            below: the fields from there down to what the request is about.

        Raises:
            BzzError: as ``Provider.update``; the names in its ``errors`` are those of what the request is about.
        """
        found: Values | None = None  # what the change was applied to; None while it is still the request that is wrong

        def apply(stored: Values) -> Values:
            nonlocal found
            found = None
            changed = within(place.hops, change)(stored)
            found = stored
            return changed

        try:
            return await self.store.update(place.address, apply, exact=exact, before=before)
        except (Invalid, Conflict) as error:
            if found is not None:
                _rename(error, locate(found, place.hops)[0], below)
            raise

    async def represented(self, items: Sequence[Stored]) -> list[Stored]:
        """Return what the path ends in with its representations."""
        if self.resource.shows_itself:
            shown = await self.store.represent(self.resource, [item.instance for item in items])
            bodies = [item.body for item in shown]
        else:
            values = [item.values for item in items]
            bodies = await off_loop(values, lambda: [*map(self.resource.represent, values)])
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
        with correlated():
            earlier = cancellations()
            try:
                result = await perform(act, *args, **kwargs)
            except (Exception, asyncio.CancelledError) as error:
                await act.fail(error)
                if cancellations() > earlier and not isinstance(error, asyncio.CancelledError):
                    raise asyncio.CancelledError from error
                raise
            if act.announced:  # of who was to join a relation, and was brought in by somebody else
                await act.fail(Conflict("Somebody else has done it meanwhile."))
            if cancellations() > earlier:
                raise asyncio.CancelledError
            return result

    return run


def _act(signal: Signal) -> str:
    """Return what a signal is about: ``create`` for ``pre_create_instance``, ``list`` for ``post_get_list``."""
    name = signal.name.partition("_")[2]
    return "list" if name == "get_list" else name.removesuffix("_instance")


def _rename(error: BzzError, trail: Trail, below: Sequence[str]) -> None:
    """Have ``error`` speak as seen from the embedded document that ``trail``, and any item ``below``, leads to.

    What it says of the document as a whole, or of anything outside, becomes its ``detail``.
    """
    steps = [re.escape(f"{name}." if index is None else f"{name}.{index}.") for name, index in trail]
    way = "".join([*steps, *(rf"{re.escape(name)}\.(?:[0-9]+\.)?" for name in below)])
    names, details = {}, []
    for name, messages in error.errors.items():
        here = re.match(way, f"{name}.")
        inner = f"{name}."[here.end() : -1] if here else ""
        if inner:
            names[inner] = messages
        else:
            details += messages if here else [f"{name}: {message}" for message in messages]
    error.detail, error.errors = " ".join(details) or error.detail, names
