"""Embedded documents: how to find a document in an instance's values, and how to add, alter or remove it."""

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
        values: the values of the stored instance.
        steps: the steps from the stored instance down to the document.

    Raises:
        NotFound: the document of a step does not exist.
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
    name, key = step.schema.id_field, step.parsed
    for index, item in enumerate(value or ()):
        if isinstance(item, dict) and item.get(name) == key:
            return index, item
    raise NotFound(NO_INSTANCE)


def within(steps: Sequence[Step], change: Change) -> Change:
    """Return the change of an instance that changes one of its documents.

    The returned change applies ``change`` to the document at ``steps``.
    """
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
    """Return the change of a parent that adds an embedded document.

    The change raises Conflict if the list holds a document with the same id. It also raises Conflict if the field holds
    a document already.

    Args:
        step: the step from the parent to the new document.
        data: the values of the new document.
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
    """Return the change of a parent that removes an embedded document.

    The change raises NotFound if the parent holds no such document. It also raises the exceptions of ``check``.

    Args:
        step: the step from the parent to the document.
        check: a function that raises an exception if the document's values forbid the change.
    """

    def apply(stored: Values) -> Values:
        index, value = _descend(stored, step)
        check(value)
        if index is None:
            return {**stored, step.field: None}
        return {**stored, step.field: [*stored[step.field][:index], *stored[step.field][index + 1 :]]}

    return apply
