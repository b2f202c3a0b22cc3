"""Embedded documents: finding one inside an instance's values, and the changes that add, alter or remove it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bzz.exceptions import Conflict, NotFound
from bzz.providers.changes import Change, Trail
from bzz.resources.paths import Step
from bzz.schema.errors import NO_INSTANCE
from bzz.schema.fields import Values


def locate(values: Values, steps: Sequence[Step]) -> tuple[Trail, Values]:
    """Return the trail to an embedded document, and the document's values.

    Args:
        values: of the stored instance.
        steps: from that instance down to the document.

    Raises:
        NotFound: a step leads to no document.
    """
    trail: list[tuple[str, int | None]] = []
    for step in steps:
        index, values = _descend(values, step)
        trail.append((step.field, index))
    return trail, values


def _descend(values: Values, step: Step) -> tuple[int | None, Values]:
    value = values.get(step.field)
    if step.id is None:
        if not isinstance(value, dict):
            raise NotFound(NO_INSTANCE)
        return None, value
    name, key = step.schema.id_field, step.key
    for index, item in enumerate(value or ()):
        if isinstance(item, dict) and item.get(name) == key:
            return index, item
    raise NotFound(NO_INSTANCE)


def within(steps: Sequence[Step], change: Change) -> Change:
    """Return the change of an instance that applies ``change`` to the document at ``steps``."""
    if not steps:
        return change
    step, inner = steps[0], within(steps[1:], change)

    def apply(stored: Values) -> Values:
        index, value = _descend(stored, step)
        changed: Any = inner(value)
        if index is not None:
            changed = [*stored[step.field][:index], changed, *stored[step.field][index + 1 :]]
        return {**stored, step.field: changed}

    return apply


def adding(step: Step, data: Values) -> Change:
    """Return the change of a parent that puts a new embedded document at ``step``.

    Raises (the change):
        Conflict: the list holds a document with the same id, or the field holds a document already.
    """
    name, id_field = step.field, step.schema.id_field

    def apply(stored: Values) -> Values:
        if not step.is_list:
            if stored.get(name) is not None:
                raise Conflict("The field holds a document already; update or delete that one.")
            return {**stored, name: data}
        items, key = stored.get(name) or [], data.get(str(id_field))
        if key is not None and any(item.get(id_field) == key for item in items):
            raise Conflict("The id is taken.", errors={str(id_field): ["is taken"]})
        return {**stored, name: [*items, data]}

    return apply


def removing(step: Step, check: Callable[[Values], None]) -> Change:
    """Return the change of a parent that removes the embedded document at ``step``.

    Args:
        step: from the parent to the document.
        check: raises if the document's values forbid it.

    Raises (the change):
        NotFound: the parent holds no such document.
        BzzError: raised by ``check``.
    """

    def apply(stored: Values) -> Values:
        index, value = _descend(stored, step)
        check(value)
        if index is None:
            return {**stored, step.field: None}
        return {**stored, step.field: [*stored[step.field][:index], *stored[step.field][index + 1 :]]}

    return apply
