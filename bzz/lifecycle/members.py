"""How instances join a relation of another, and leave it: acts of the lifecycle that neither create nor delete them.

All ``pre_`` signals of the members come first, then one write, then all ``post_`` signals. Their sender is the class of
the instance that has the relation.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bzz.concurrency.offload import off_loop
from bzz.exceptions import Conflict, Invalid, NotFound, Unavailable
from bzz.lifecycle.act import Act, paired
from bzz.lifecycle.preconditions import Precondition
from bzz.lifecycle.targets import referred, undefer_at, walk
from bzz.providers.values import Stored
from bzz.resources.paths import Step
from bzz.schema.errors import MAX_ERRORS, NO_INSTANCE, UNKNOWN, add_error
from bzz.schema.fields import Values
from bzz.schema.types import parse_value
from bzz.signals import post_associate, post_dissociate, pre_associate, pre_dissociate
from bzz.signals.dispatch import Signal


@dataclass(frozen=True, slots=True)
class Association:
    """What an association came to.

    Args:
        members: the instances that were asked for, in that order.
        has_changed: whether one of them was not in the relation yet.
    """

    members: list[Stored]
    has_changed: bool


@paired
async def associate(act: Act, raw: Mapping[str, Any]) -> Association:
    """Have the relation at the act's path refer to the instances whose primary keys ``raw`` gives: all or none.

    A relation of one is replaced. Signals are sent of those that join and leave; who is there already does neither.

    Raises:
        Invalid: ``raw`` gives anything but the relation, or what does not exist or may not be seen.
        Conflict: of a relation of one, somebody else has replaced it meanwhile.
        BzzError: as ``Provider.update``.
        Exception: what a receiver of a ``pre_`` signal raised; nothing is written.
    """
    step, place = act.path.end, await walk(act.unit_of_work, act.path.parent)
    keys, target = await off_loop(raw, _keys, step, raw), act.schema
    found: dict[Any, Stored] = {}
    joining: dict[Any, Stored] = {}
    leaving: dict[Any, Stored] = {}
    held_before: list[Any] = []

    async def before(whole: Stored) -> None:
        parent = place.part(whole)
        held = held_before[:] = _held(step, parent.values)
        found.update(await act.unit_of_work.fetch(target, keys, undefer=act.undefer, represent=False))
        missing = [str(key) for key in keys if key not in found][:MAX_ERRORS]
        if missing:
            raise Invalid(errors={step.name: [f"there is no {target.model.__name__} {', '.join(missing)}"]})
        joining.update({key: found[key] for key in _others(keys, held)})
        if not step.is_list and held != keys:
            leaving.update(await act.unit_of_work.fetch(target, held, represent=False))
        await _tell(act, act.announce, pre_dissociate, parent, leaving)
        await _tell(act, act.announce, pre_associate, parent, joining)

    def change(values: Values) -> Values:
        held = _held(step, values)
        others = _others(keys, held)
        is_as_announced = joining.keys() >= {*others} if step.is_list else held in (keys, held_before)
        if not is_as_announced:
            raise Conflict("Somebody else has changed it meanwhile.")
        return {**values, step.field: [*held, *others] if step.is_list else keys[0]}

    whole = await place.update(change, before=before, undefer=undefer_at(step, keys if step.is_list else None))
    parent, held = place.part(whole), _held(step, place.previous(whole))
    joined = {key: joining[key] for key in _others(keys, held)}
    if held != keys:
        await _tell(act, act.conclude, post_dissociate, parent, leaving)
    await _tell(act, act.conclude, post_associate, parent, joined)
    if undefer_at(step) or target.model is place.address.schema.model:  # they may have changed by it
        with suppress(Unavailable):  # it is stored, and the reply is that of the write
            found |= await act.unit_of_work.fetch(target, keys, undefer=act.undefer, represent=False)
    return Association([found[key] for key in keys], bool(joined))


@paired
async def dissociate(act: Act, precondition: Precondition | None = None) -> None:
    """Take the instance at the act's path out of the relation that leads to it; the instance itself stays.

    Raises:
        PreconditionFailed: it is not in the state the request was made for.
        NotFound: it is not in the relation, or may not be seen.
        BzzError: as ``Provider.update``.
        Exception: what a receiver of ``pre_dissociate`` raised; nothing is written.
    """
    step, place = act.path.end, await walk(act.unit_of_work, act.path.parent)
    member = await act.unit_of_work.get(await referred(place, step))
    key = member.values[str(act.schema.pk)]
    if precondition is not None:
        await off_loop(member.values, precondition.check, act.schema, member.values)

    def change(values: Values) -> Values:
        held = _held(step, values)
        if key not in held:
            raise NotFound(NO_INSTANCE)
        return {**values, step.field: [other for other in held if other != key] if step.id else None}

    async def before(whole: Stored) -> None:
        parent = place.part(whole)
        change(parent.values)
        await _tell(act, act.announce, pre_dissociate, parent, {key: member})

    undefer = undefer_at(step, [key] if step.id else None)
    whole = await place.update(change, before=before, undefer=undefer)
    await _tell(act, act.conclude, post_dissociate, place.part(whole), {key: member})


def _keys(step: Step, raw: Mapping[str, Any]) -> list[Any]:
    """Return the primary keys that a body gives for a relation, each once."""
    errors: dict[str, list[str]] = {}
    for key in raw:
        if key != step.name:
            add_error(errors, key, ValueError(UNKNOWN))
    value = None
    try:
        value = parse_value(step.relation.field.type, raw.get(step.name)) if step.relation else None
        if value is None or value == []:
            raise ValueError("names what to associate")
    except ValueError as error:
        add_error(errors, step.name, error)
    if errors:
        raise Invalid(errors=errors)
    return [*dict.fromkeys(value)] if isinstance(value, list) else [value]


def _held(step: Step, parent: Mapping[str, Any]) -> list[Any]:
    """Return the primary keys that a relation holds, be it of one or many."""
    held = parent.get(step.field)
    return held if isinstance(held, list) else [] if held is None else [held]


def _others(keys: Iterable[Any], held: Iterable[Any]) -> list[Any]:
    """Return the keys that are not held."""
    known = {key for key in held if isinstance(key, Hashable)}
    return [key for key in keys if key not in known]


async def _tell(
    act: Act, tell: Callable[..., Awaitable[None]], signal: Signal, parent: Stored, members: Mapping[Any, Stored]
) -> None:
    """Announce, or conclude, that members, by primary key, join or leave."""
    relation = {"sender": act.path.parent.schema.model, "field": act.path.end.name, "parent": parent.instance}
    if members and act.is_watched(signal, relation["sender"]):
        for key, member in members.items():
            await tell(signal, **relation, key=key, instance=member.instance)
