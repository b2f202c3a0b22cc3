"""Where in the store a path leads: to an instance, or into one, each step on the way checked."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bzz.exceptions import BzzError, Conflict, Invalid, NotFound
from bzz.lifecycle.embedded import Hop, locate, within
from bzz.lifecycle.unit_of_work import NOTHING, Before, UnitOfWork
from bzz.providers.changes import Change, Trail
from bzz.providers.values import Address, Stored, Undefer
from bzz.resources.paths import Path, Step
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.fields import Values


@dataclass(frozen=True, slots=True)
class Target:
    """Where an instance is: stored on its own, or inside one that is.

    Args:
        unit_of_work: it is in.
        address: of the one that is stored.
        hops: from it down to the one that is meant.
    """

    unit_of_work: UnitOfWork
    address: Address
    hops: tuple[Hop, ...] = ()

    async def get(self, undefer: Undefer = NOTHING) -> Stored:
        """Return what is here; raise as ``Provider.get``, and NotFound if nothing is."""
        return self.part(await self.unit_of_work.get(replace(self.address, undefer=undefer)))

    def part(self, whole: Stored) -> Stored:
        """Return what is here in the instance that was found at the address; raise NotFound if nothing is."""
        if not self.hops:
            return whole
        trail, values = locate(whole.values, self.hops)
        return Stored(self.unit_of_work.provider.part(whole.instance, trail), values)

    def previous(self, whole: Stored) -> Values:
        """Return the values that an update has found here."""
        return locate(whole.previous or {}, self.hops)[1]

    async def update(
        self,
        change: Change,
        *,
        before: Before | None,
        undefer: Undefer = NOTHING,
        exact: bool = False,
        below: Sequence[str] = (),
    ) -> Stored:
        """Store what ``change`` makes of what is here, and return all of the instance it is in.

        Args:
            change: from the values here to those that shall be.
            before: gets the whole instance as it was loaded.
            undefer: the deferred fields that ``change`` looks at; ``before`` may add some.
            exact: whether all of it has to be as it was found.
            below: the fields from here down to what the request is about.

        Raises:
            BzzError: as ``Provider.update``; the names in its ``errors`` are those of what the request is about.
        """
        found: Values | None = None  # what the change was applied to; None while it is still the request that is wrong

        def apply(stored: Values) -> Values:
            nonlocal found
            found = None
            changed = within(self.hops, change)(stored)
            found = stored
            return changed

        try:
            return await self.unit_of_work.update(
                replace(self.address, undefer=undefer), apply, exact=exact, before=before
            )
        except (Invalid, Conflict) as error:
            if found is not None:
                _rename(error, locate(found, self.hops)[0], below)
            raise


async def walk(unit_of_work: UnitOfWork, path: Path) -> Target:
    """Return where the instance at ``path`` is, each step checked but the last stored instance itself.

    Raises:
        NotFound: a step leads to nothing that may be seen, or to what does not belong to the one before.
        Unavailable: the store cannot be reached in time.
    """
    first = path.steps[0]
    place = Target(unit_of_work, Address(first.schema, str(first.id), str(first.schema.id_field)))
    for step in path.steps[1:]:
        if step.is_embedded:
            place = replace(place, hops=(*place.hops, Hop(step.field, step.schema, step.id)))
        else:
            place = Target(unit_of_work, await referred(place, step))
    return place


async def referred(parent: Target, step: Step) -> Address:
    """Return where the instance is that ``step`` leads to from ``parent``; raise NotFound if it does not."""
    target, pk = step.schema, str(step.schema.pk)
    if step.id is None:
        held = (await parent.get(undefer_at(step))).values.get(step.field)
        if held is None:
            raise NotFound(NO_INSTANCE)
        return Address(target, str(target.identifier(held, pk)), pk)
    address = Address(target, step.id, str(target.id_field))
    key = address.key if address.field == pk else (await parent.unit_of_work.get(address)).values[pk]
    held = (await parent.get(undefer_at(step, [key]))).values.get(step.field)
    if not isinstance(held, list) or key not in held:
        raise NotFound(NO_INSTANCE)
    return address


def undefer_at(step: Step, keys: Collection[object] | None = None) -> Undefer:
    """Return what has to be loaded with an instance for its relation at ``step``: all it has, or which of ``keys``."""
    is_deferred = step.relation is not None and step.relation.field.deferred
    return {step.field: keys} if is_deferred else {}


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
