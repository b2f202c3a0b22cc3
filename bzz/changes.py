"""What writes make of the values that are stored, and the conditions a request puts on them.

A change is a function from the values as they are stored to the values as they shall be. It has no other effect, so a
provider may apply it again to what it finds after somebody else has written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from bzz.entity_tags import ANY, etag
from bzz.exceptions import Conflict, NotFound, PreconditionFailed
from bzz.resources import NO_INSTANCE, Resource, Values, refuse

Change = Callable[[Values], Values]


@dataclass(frozen=True, slots=True)
class Precondition:
    """What a request wants to be true of an instance before it is written (RFC 9110, section 13.1).

    Args:
        match: entity tags of which it has one (``If-Match``), ``*`` among them if any will do; None for no wish.
        none_match: entity tags of which it has none (``If-None-Match``); None for no wish.
    """

    match: frozenset[str] | None = None
    none_match: frozenset[str] | None = None

    def check(self, resource: Resource, stored: Mapping[str, Any]) -> None:
        """Hold the wishes against the values that are stored; raise PreconditionFailed if one is not met."""
        tag = etag(resource, stored)
        if self.match is not None and not self.match & {ANY, tag}:
            raise PreconditionFailed("The instance is no longer what If-Match says.", headers={"ETag": tag})
        if self.none_match is not None and self.none_match & {ANY, tag}:
            raise PreconditionFailed("The instance is what If-None-Match excludes.", headers={"ETag": tag})


@dataclass(frozen=True, slots=True)
class Patch:
    """The changes that a request asks for in one instance, be it stored on its own or inside another.

    Args:
        resource: whose values they are.
        data: field name to typed value; receivers of ``pre_update_instance`` may change it.
        fixed: what the request gave, where that repeats read-only values, which must be the stored ones.
        precondition: what else must be true of the stored values.
    """

    resource: Resource
    data: Values
    fixed: Values = field(default_factory=dict)
    precondition: Precondition | None = None

    def check(self, stored: Mapping[str, Any]) -> None:
        """Hold the precondition and the read-only values against what is stored, and what identifies it in any case.

        Raises:
            PreconditionFailed: the precondition is not met.
            Invalid: a read-only field was given another value than the stored one.
        """
        if self.precondition is not None:
            self.precondition.check(self.resource, stored)
        refuse(dict(self._moved(stored)), self.resource.protected(self.fixed, stored))

    def _moved(self, stored: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
        name = self.resource.pk or self.resource.id_field
        if name and name in self.data and not self.resource.fields[name].type.same(stored.get(name), self.data[name]):
            yield self.resource.public(name), ["is read-only"]

    def apply(self, stored: Values) -> Values:
        """Return the values as they shall be, from those that are stored; raise as ``check`` does."""
        self.check(stored)
        return self.resource.merge(stored, self.data)


def parse_patch(
    resource: Resource, raw: Mapping[str, Any], precondition: Precondition | None = None, *, trusted: bool = False
) -> Patch:
    """Return typed changes; read-only values that a request gave are held against the stored ones later.

    Args:
        resource: whose values they are.
        raw: values by the names that requests use.
        precondition: what else must be true of the stored values.
        trusted: whether they may be of any field, rather than of those that a request may change.

    Raises:
        Invalid: a field is unknown or cannot take its value.
    """
    values = resource.parse(raw, hidden=trusted)
    if trusted:
        return Patch(resource, values, {}, precondition)
    data = {name: value for name, value in values.items() if resource.fields[name].updatable}
    repeats = len(data) < len(values) or next(resource.protected(values, {}), None) is not None
    return Patch(resource, data, deepcopy(values) if repeats else {}, precondition)


@dataclass(frozen=True, slots=True)
class Hop:
    """One step down into the documents kept inside an instance.

    Args:
        name: of the field.
        resource: what is there.
        id: which of a list; None for a single one.
    """

    name: str
    resource: Resource
    id: str | None = None


Trail = Sequence[tuple[str, int | None]]


def locate(values: Values, hops: Sequence[Hop]) -> tuple[Trail, Values]:
    """Return where in ``values`` the embedded document is that ``hops`` lead to, and its values.

    Returns:
        For each hop the field's name and the index in its list, None for a single one; and the values there.

    Raises:
        NotFound: there is nothing.
    """
    trail: list[tuple[str, int | None]] = []
    for hop in hops:
        index, values = _step(values, hop)
        trail.append((hop.name, index))
    return trail, values


def _step(values: Values, hop: Hop) -> tuple[int | None, Values]:
    value = values.get(hop.name)
    if hop.id is None:
        if not isinstance(value, dict):
            raise NotFound(NO_INSTANCE)
        return None, value
    name, key = str(hop.resource.id_field), hop.resource.key_of(hop.id)
    for index, item in enumerate(value or ()):
        if isinstance(item, dict) and item.get(name) == key:
            return index, item
    raise NotFound(NO_INSTANCE)


def within(hops: Sequence[Hop], change: Change) -> Change:
    """Return the change of a whole instance that is ``change`` of the embedded document that ``hops`` lead to."""
    if not hops:
        return change
    hop, inner = hops[0], within(hops[1:], change)

    def apply(stored: Values) -> Values:
        index, value = _step(stored, hop)
        changed: Any = inner(value)
        if index is not None:
            changed = [*stored[hop.name][:index], changed, *stored[hop.name][index + 1 :]]
        return {**stored, hop.name: changed}

    return apply


def adding(name: str, resource: Resource, data: Values, *, many: bool) -> Change:
    """Return the change that puts a new embedded document into the field ``name``.

    Raises (the change):
        Conflict: the list has one with the same id, or the field holds one already.
    """

    def apply(stored: Values) -> Values:
        if not many:
            if stored.get(name) is not None:
                raise Conflict("There is one already.")
            return {**stored, name: data}
        items, key = stored.get(name) or [], data.get(str(resource.id_field))
        if key is not None and any(item.get(resource.id_field) == key for item in items):
            raise Conflict("The id is taken.", errors={str(resource.id_field): ["is taken"]})
        return {**stored, name: [*items, data]}

    return apply


def removing(hop: Hop, check: Callable[[Values], None]) -> Change:
    """Return the change that takes the embedded document at ``hop``, if it stands ``check``, out of its parent.

    Raises (the change):
        NotFound: it is not there.
        BzzError: what ``check`` raised.
    """

    def apply(stored: Values) -> Values:
        index, value = _step(stored, hop)
        check(value)
        if index is None:
            return {**stored, hop.name: None}
        return {**stored, hop.name: [*stored[hop.name][:index], *stored[hop.name][index + 1 :]]}

    return apply
