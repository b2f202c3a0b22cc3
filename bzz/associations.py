"""How instances join a relation of another, and leave it: acts of the lifecycle that neither create nor delete them.

All ``pre_`` signals of the members come first, then one write, then all ``post_`` signals. Their sender is the class of
the instance that has the relation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bzz.changes import Change, Precondition, joining, leaving
from bzz.datatypes import parse
from bzz.exceptions import Invalid
from bzz.interfaces import Stored
from bzz.lifecycle import Act, Place
from bzz.resources import UNKNOWN, Values
from bzz.routing import Step
from bzz.signals import Signal, post_associate, post_dissociate, pre_associate, pre_dissociate


@dataclass(slots=True)
class Association:
    """What an association came to.

    Args:
        members: the instances that were asked for, in that order.
        joined: those of them that were not in the relation yet.
        left: those that made room for them.
    """

    members: list[Stored] = field(default_factory=list)
    joined: list[Stored] = field(default_factory=list)
    left: list[Stored] = field(default_factory=list)


async def associate(act: Act, raw: Mapping[str, Any]) -> Association:
    """Have the relation at the act's path refer to the instances whose primary keys ``raw`` gives: all or none.

    A relation of one is replaced. Signals are sent of those that join and leave; who is there already does neither.

    Raises:
        Invalid: ``raw`` gives anything but the relation, or what does not exist or may not be seen.
        BzzError: as ``Provider.update``.
        Exception: what a receiver of a ``pre_`` signal raised; nothing is written.
    """
    step, place, result = act.path.end, await act.place(act.path.parent), Association()
    keys = _keys(step, raw)

    async def before(stored: Stored) -> None:
        _, parent = act.part(place, stored)
        held = _held(step, parent.values)
        found = await act.fetch(step.resource, keys)
        missing = [key for key in keys if key not in found]
        if missing:
            names = ", ".join(str(key) for key in missing[:10])
            raise Invalid(errors={step.name: [f"there is no {step.resource.model.__name__} {names}"]})
        replaced = [] if step.is_list or held == keys else [*(await act.fetch(step.resource, held)).values()]
        joined = [found[key] for key in keys if key not in held]
        result.members, result.joined, result.left = [found[key] for key in keys], joined, replaced
        await _announce(act, pre_dissociate, parent, replaced)
        await _announce(act, pre_associate, parent, joined)

    parent = await _write(act, place, joining(step.field, keys, many=step.is_list), before)
    await _tell(act, post_dissociate, parent, result.left)
    await _tell(act, post_associate, parent, result.joined)
    return result


async def dissociate(act: Act, precondition: Precondition | None = None) -> None:
    """Take the instance at the act's path out of the relation that leads to it; the instance itself stays.

    Raises:
        PreconditionFailed: it is not in the state the request was made for.
        NotFound: it is not in the relation, or may not be seen.
        BzzError: as ``Provider.update``.
        Exception: what a receiver of ``pre_dissociate`` raised; nothing is written.
    """
    step, place = act.path.end, await act.place(act.path.parent)
    many = bool(step.relation and step.relation.many)
    left: list[Stored] = []

    async def before(stored: Stored) -> None:
        _, parent = act.part(place, stored)
        member = await act.get(await act.referred(step, parent.values))
        if precondition is not None:
            precondition.check(step.resource, member.values)
        left[:] = [member]
        await _announce(act, pre_dissociate, parent, left)

    def change(stored: Values) -> Values:
        [member] = left
        return leaving(step.field, member.values[str(step.resource.pk)], many=many)(stored)

    parent = await _write(act, place, change, before)
    await _tell(act, post_dissociate, parent, left)


def _keys(step: Step, raw: Mapping[str, Any]) -> list[Any]:
    """Return the primary keys that a body gives for a relation, each once."""
    errors = {key: [UNKNOWN] for key in raw if key != step.name}
    value = None
    try:
        value = parse(step.relation.field.type, raw.get(step.name)) if step.relation else None
        if not value:
            raise ValueError("names what to associate")
    except Invalid as error:
        errors |= {f"{step.name}.{inner}": messages for inner, messages in error.errors.items()}
    except ValueError as error:
        errors[step.name] = [str(error)]
    if errors:
        raise Invalid(errors=errors)
    return [*dict.fromkeys(value)] if isinstance(value, list) else [value]


def _held(step: Step, parent: Values) -> list[Any]:
    held = parent.get(step.field)
    return (held or []) if step.is_list else [] if held is None else [held]


async def _write(act: Act, place: Place, change: Change, before: Any) -> Stored:
    stored = await act.update(place, change, before=before)
    _, parent = act.part(place, stored)
    return parent


async def _announce(act: Act, signal: Signal, parent: Stored, members: list[Stored]) -> None:
    for member in members:
        await act.announce(signal, **_said(act, parent, member))


async def _tell(act: Act, signal: Signal, parent: Stored, members: list[Stored]) -> None:
    for member in members:
        await act.tell(signal, arguments=act.path.arguments, **_said(act, parent, member))


def _said(act: Act, parent: Stored, member: Stored) -> dict[str, Any]:
    """Return the sender and what it offers."""
    sender = act.path.parent.resource.model
    return {"sender": sender, "parent": parent.instance, "field": act.path.end.name, "instance": member.instance}
