"""Changes of embedded documents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bzz.exceptions import Conflict, NotFound
from bzz.providers.changes import Change, Trail
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.fields import Values
from bzz.schema.schema import Schema


@dataclass(frozen=True, slots=True)
class Hop:
    """One step down into the documents kept inside an instance.

    Args:
        name: of the field.
        schema: what is there.
        id: which of a list; None for a single one.
    """

    name: str
    schema: Schema
    id: str | None = None


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
    name, key = str(hop.schema.id_field), hop.schema.key_of(hop.id)
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


def adding(name: str, schema: Schema, data: Values, *, many: bool) -> Change:
    """Return the change that puts a new embedded document into the field ``name``.

    Raises (the change):
        Conflict: the list has one with the same id, or the field holds one already.
    """

    def apply(stored: Values) -> Values:
        if not many:
            if stored.get(name) is not None:
                raise Conflict("There is one already.")
            return {**stored, name: data}
        items, key = stored.get(name) or [], data.get(str(schema.id_field))
        if key is not None and any(item.get(schema.id_field) == key for item in items):
            raise Conflict("The id is taken.", errors={str(schema.id_field): ["is taken"]})
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
