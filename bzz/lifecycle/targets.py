"""Targets: the stored instance that a path leads to, and the steps from the instance to an embedded document."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bzz.exceptions import BzzError, Conflict, Invalid, MethodNotAllowed, NotFound
from bzz.lifecycle.embedded import locate, within
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.changes import Change, Trail
from bzz.providers.values import NOTHING, Address, Stored, Undefer
from bzz.resources.paths import Path, Step
from bzz.resources.resource import Resource
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.fields import Values


@dataclass(frozen=True, slots=True)
class Target:
    """Where in the store a path leads.

    Args:
        unit_of_work: the calls that read and write the target.
        address: the address of the stored instance.
        resource: the access to the stored instance.
        steps: the steps from the instance down to an embedded document. Empty if the path ends in the instance.
    """

    unit_of_work: UnitOfWork
    address: Address
    resource: Resource
    steps: tuple[Step, ...] = ()

    async def get(self, undefer: Undefer = NOTHING) -> Stored:
        """Return the instance or document at the end of the path.

        Raises:
            BzzError: raised by ``whole`` or ``part``.
        """
        return self.part(await self.whole(undefer))

    async def whole(self, undefer: Undefer = NOTHING, *, needs_instances: bool = True) -> Stored:
        """Return the stored instance.

        Args:
            undefer: the deferred fields to load with it.
            needs_instances: whether the result must contain the instance, and not its values alone.

        Raises:
            NotFound: the caller may not read the embedded document, by the instance's own class.
            BzzError: raised by ``Provider.get``.
        """
        address = replace(self.address, undefer=undefer) if undefer else self.address
        stored = await self.unit_of_work.get(address, needs_instances=needs_instances)
        self.check_identifier(stored)
        if self.steps:
            self.check_readable(stored, self.steps[0])
        return stored

    def check_identifier(self, stored: Stored) -> None:
        """Raise NotFound if only the instance's own class hides the field by which the path names the instance."""
        if hides(self.resource, stored, self.address.field):
            raise NotFound(NO_INSTANCE)

    def check_readable(self, stored: Stored, step: Step) -> None:
        """Raise NotFound if the caller may not follow ``step`` from a stored instance, by the instance's own class."""
        if self.resource.variants and not self.of_instance(stored).schema.fields[step.field].readable:
            raise NotFound(NO_INSTANCE)

    def check_writable(self, stored: Stored, step: Step) -> None:
        """Check that a request may change the field of ``step`` in a stored instance, by the instance's own class.

        Raises:
            NotFound: the caller may not follow the step.
            MethodNotAllowed: requests may not change the field.
        """
        self.check_readable(stored, step)
        if not self.of_instance(stored).schema.fields[step.field].updatable:
            raise MethodNotAllowed(["GET", "HEAD", "OPTIONS"])

    def of_instance(self, stored: Stored) -> Resource:
        """Return the access to the stored instance, by the instance's own class."""
        return self.resource.of_class(stored.own_class)

    async def holding(self, step: Step, undefer: Undefer = NOTHING) -> Values:
        """Return the values of the instance or document at the end of the path, whose relation ``step`` follows.

        Raises:
            NotFound: the caller may not read the relation, by the instance's own class.
            BzzError: raised by ``whole`` or ``part``.
        """
        stored = await self.whole(undefer, needs_instances=False)
        if not self.steps:
            self.check_readable(stored, step)
        return locate(stored.values, self.steps)[1]

    def part(self, whole: Stored) -> Stored:
        """Return the part of a stored instance at the path's end.

        Raises:
            NotFound: the instance has no such part.
        """
        if not self.steps:
            return whole
        trail, values = locate(whole.values, self.steps)
        instance = self.unit_of_work.provider.part(whole.instance, trail)
        return Stored(instance, values, is_broken=whole.is_broken)

    def previous(self, whole: Stored) -> Values:
        """Return the values that an update found at the path's end."""
        return locate(whole.previous or {}, self.steps)[1]

    async def update(
        self,
        change: Change,
        *,
        loaded: Stored | None = None,
        undefer: Undefer = NOTHING,
        exact: bool = False,
        below: Sequence[str] = (),
    ) -> Stored:
        """Apply ``change`` at the path's end and return the stored instance.

        Args:
            change: the change of the values at the end of the path.
            loaded: the stored instance, if this write has loaded it already.
            undefer: the deferred fields that ``change`` reads or changes.
            exact: whether the whole instance must still be as ``change`` found it.
            below: the names of the fields from the end of the path down to a new document. Empty if there is no new
                document.

        Raises:
            BzzError: raised by ``Provider.update``. The names in ``errors`` begin at the end of the path, or at the new
                document.
        """
        found: Values | None = None  # the values that ``change`` accepted; None as long as it has accepted none
        given: Collection[str] = ()  # the names of the fields that ``change`` then set

        def apply(stored: Values) -> Values:
            nonlocal found, given
            found = None
            changed = within(self.steps, change)(stored)
            found, given = stored, {name for name, value in changed.items() if value is not stored.get(name)}
            return changed

        address = replace(self.address, undefer=undefer) if undefer else self.address
        try:
            return await self.unit_of_work.update(address, apply, exact=exact, loaded=loaded)
        except (Invalid, Conflict) as error:
            if found is not None and not (self.steps or below):
                self.unit_of_work.make_public(error, address.schema, given)
            elif found is not None:
                _rename(error, locate(found, self.steps)[0], below)
            raise


async def walk(unit_of_work: UnitOfWork, path: Path) -> Target:
    """Follow a path to its target.

    Each reference on the way is read and checked. The instance at the end need not exist.

    Raises:
        NotFound: the instance of a step does not exist, or the request may not see it.
        Unavailable: the store did not answer in time.
    """
    first = path.steps[0]
    target = Target(unit_of_work, _address(first), first.resource)
    for step in path.steps[1:]:
        if step.is_embedded:
            target = replace(target, steps=(*target.steps, step))
        else:
            target = Target(unit_of_work, await referred(target, step), step.resource)
    return target


async def referred(parent: Target, step: Step) -> Address:
    """Return the address of the instance that ``step`` refers to from ``parent``.

    Raises:
        NotFound: the parent does not refer to the instance.
    """
    schema, pk = step.schema, str(step.schema.pk)
    if step.id is None:
        held = (await parent.holding(step, undefer_at(step))).get(step.field)
        if held is None:
            raise NotFound(NO_INSTANCE)
        return Address.parse(schema, str(schema.identifier(held, pk)), pk)
    address = _address(step)
    work = parent.unit_of_work
    key = address.key if address.field == pk else (await work.get(address, needs_instances=False)).values[pk]
    held = (await parent.holding(step, undefer_at(step, [key]))).get(step.field)
    if not isinstance(held, list) or key not in held:
        raise NotFound(NO_INSTANCE)
    return address


def hides(resource: Resource, stored: Stored, name: str | None = None) -> bool:
    """Tell whether an instance's own class hides a field that ``resource`` itself does not hide.

    Args:
        resource: the access to the model.
        stored: the instance.
        name: the name of the field. None for the field that contains identifiers.
    """
    name = name or str(resource.schema.id_field)
    if not resource.variants or name == resource.schema.pk or not resource.schema.fields[name].readable:
        return False
    return not resource.of_class(stored.own_class).schema.fields[name].readable


def undefer_at(step: Step, keys: Collection[object] | None = None) -> Undefer:
    """Return the field to undefer for the relation at ``step``.

    The result is empty unless the relation's field is deferred.

    Args:
        step: the step of the relation.
        keys: the primary keys of the members to load; None for all members.
    """
    is_deferred = step.relation is not None and step.relation.field.deferred
    return {step.field: keys} if is_deferred else NOTHING


def _address(step: Step) -> Address:
    return Address(step.schema, str(step.id), str(step.schema.id_field), step.parsed)


def _rename(error: BzzError, trail: Trail, below: Sequence[str]) -> None:
    """Let the names of an instance's errors begin at an embedded document.

    It is the document at ``trail`` or, if ``below`` is not empty, the document that ``below`` leads to from there.
    Errors about the whole document, or about anything outside of it, become the ``detail``.
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
