"""What all acts share: who is told of them, where in the store their path leads, and what they refer to.

It knows neither HTTP nor an ORM. ``handler`` is passed on, to receivers and to the models' own hooks, and looked at
only for whether a receiver has finished it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from bzz.catalogue import view_of
from bzz.changes import Change, Hop, Trail, locate, within
from bzz.datatypes import MAX_ERRORS
from bzz.exceptions import BzzError, Conflict, Finished, Invalid, NotFound
from bzz.interfaces import Address, Before, Provider, Stored
from bzz.pool import off_loop
from bzz.resources import NO_INSTANCE, Resource, Values
from bzz.routing import Path, Step
from bzz.signals import Signal


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
class Act:
    """One request, or one call, for something to be read or written.

    Args:
        provider: of the models along the path.
        path: what it is about.
        handler: the request's Tornado handler; None outside a request.
    """

    provider: Provider
    path: Path
    handler: object = None

    @property
    def resource(self) -> Resource:
        """The model at the end of the path."""
        return self.path.resource

    def is_heard(self, *signals: Signal) -> bool:
        """Tell whether anybody receives one of ``signals`` from the model at the end."""
        return any(signal.has_receivers_for(self.resource.model) for signal in signals)

    async def tell(self, signal: Signal, *, sender: object = None, **keywords: Any) -> None:
        """Send a signal that somebody hears; raise what a receiver raised, unless the signal is isolated."""
        if "arguments" in signal.keywords:
            keywords["arguments"] = self.path.arguments
        await signal.send_async(sender or self.resource.model, handler=self.handler, **keywords)

    async def announce(self, signal: Signal, *, sender: object = None, **keywords: Any) -> None:
        """Send a signal that comes before what it announces.

        Raises:
            Finished: a receiver has answered the request.
            Exception: what a receiver raised.
        """
        await self.tell(signal, sender=sender, **keywords)
        if getattr(self.handler, "_finished", False):  # as Tornado stops after a prepare() that has
            raise Finished("A receiver has answered the request.")

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
                parent = self.part(place, await self.get(place.address))
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
        key = address.key if address.field == pk else (await self.get(address)).values[pk]
        if not isinstance(held, list) or key not in held:
            raise NotFound(NO_INSTANCE)
        return address

    async def get(self, address: Address) -> Stored:
        """Return the instance at ``address``, not represented; raise as ``Provider.get``."""
        return await self.provider.get(address, handler=self.handler, represent=False)

    def part(self, place: Place, stored: Stored) -> Stored:
        """Return what is at ``place`` in the instance that was found at its address; raise NotFound if nothing is."""
        if not place.hops:
            return stored
        trail, values = locate(stored.values, place.hops)
        return Stored(self.provider.part(stored.instance, trail), values)

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
            return await self.provider.update(place.address, apply, exact=exact, before=before, handler=self.handler)
        except (Invalid, Conflict) as error:
            if found is not None:
                _rename(error, locate(found, place.hops)[0], below)
            raise

    async def represented(self, items: Sequence[Stored]) -> list[Stored]:
        """Return what the path ends in with its representations."""
        if self.resource.shows_itself:
            shown = await self.provider.represent(self.resource, [item.instance for item in items])
            bodies = [item.body for item in shown]
        else:
            values = [item.values for item in items]
            bodies = await off_loop(values, lambda: [*map(self.resource.represent, values)])
        return [replace(item, body=body) for item, body in zip(items, bodies, strict=True)]

    async def check_references(self, new: Values, old: Mapping[str, Any]) -> None:
        """Hold the references that ``new`` values add to ``old`` ones against what there is and may be seen.

        Raises:
            Invalid: one refers to nothing; ``errors`` says which, by dotted field name.
        """
        errors: dict[str, list[str]] = {}
        for model, keys in (await off_loop([new, old], _added, self.resource, new, old)).items():
            target = view_of(self.provider, model).resource
            found = await self.provider.fetch(target, keys.values(), handler=self.handler, represent=False)
            errors |= {n: [f"there is no {model.__name__} {key}"] for n, key in keys.items() if key not in found}
        if errors:
            raise Invalid(errors=dict(islice(errors.items(), MAX_ERRORS)))


async def refers(resource: Resource, data: Values) -> bool:
    """Tell whether there are references in ``data``."""
    return await off_loop(data, next, resource.references(data), None) is not None


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


def _added(resource: Resource, new: Values, old: Mapping[str, Any]) -> Mapping[type, dict[str, Any]]:
    """Return the references that ``new`` values add to ``old`` ones: by model, primary keys by dotted field name."""
    added: defaultdict[type, dict[str, Any]] = defaultdict(dict)
    before = {name: old.get(name) for name in new}
    kept = {(_field(name), model, key) for name, model, key in resource.references(before)}
    for name, model, key in resource.references(new):
        if (_field(name), model, key) not in kept:
            added[model][name] = key
    return added


def _field(name: str) -> str:
    """Return a dotted name without indexes, so that items of a list may move."""
    return ".".join(part for part in name.split(".") if not part.isdigit())
