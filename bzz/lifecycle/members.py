"""The acts associate and dissociate: existing instances join a relation, or leave it.

All ``pre_`` signals come first, then one write, then all ``post_`` signals. The sender of all these signals is the
parent's class.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bzz.exceptions import Conflict, Invalid, NotFound, Unavailable
from bzz.lifecycle.act import Act, paired
from bzz.lifecycle.preconditions import Precondition
from bzz.lifecycle.targets import referred, undefer_at, walk
from bzz.providers.values import Stored
from bzz.resources.paths import Step
from bzz.schema.errors import MAX_ERRORS, NO_INSTANCE, UNKNOWN_FIELD, add_error
from bzz.schema.fields import Values
from bzz.schema.types import parse_value
from bzz.signals import Signal, post_associate, post_dissociate, pre_associate, pre_dissociate


@dataclass(frozen=True, slots=True)
class Association:
    """The result of ``associate``.

    Args:
        members: the instances that the request named, in the order of the request.
        has_changed: whether at least one of the instances joined. False if all were members already.
    """

    members: list[Stored]
    has_changed: bool


@paired
async def associate(act: Act, raw: Mapping[str, Any]) -> Association:
    """Add existing instances to the relation at the act's path.

    Either all instances join, or none does. In a to-one relation, the new member replaces the old one. No signals are
    sent about an instance that is a member already.

    Args:
        act: the act. Its path must end in a relation.
        raw: a dict from the relation's name to the primary keys.

    Raises:
        Invalid: ``raw`` contains another field. The reason may also be a key: its instance does not exist, or the
            request may not see it.
        Conflict: another request changed the relation first.
        BzzError: raised by ``Provider.update``.
        Exception: raised by a receiver of a ``pre_`` signal. Nothing is written.
    """
    work, step, schema = act.unit_of_work, act.path.end, act.schema
    target = await walk(work, act.path.parent)
    work.measure(raw)
    keys = await work.compute(_keys, step, raw)
    undefer = undefer_at(step, keys if step.is_list else None)
    async with work.writing():
        whole = await target.whole(undefer)
        parent = target.part(whole)
        held = _held(step, parent.values)
        found = await work.fetch(schema, keys, undefer=act.undefer, represent=False)
        if missing := [str(schema.identifier(key, schema.pk)) for key in keys if key not in found][:MAX_ERRORS]:
            raise Invalid(errors={step.name: [f"there is no {schema.model.__name__} {', '.join(missing)}"]})
        joining = {key: found[key] for key in _others(keys, held)}
        is_replaced = not step.is_list and held != keys
        leaving = await work.fetch(schema, held, represent=False) if is_replaced else {}
        await _tell(act, act.announce, pre_dissociate, parent, leaving)
        await _tell(act, act.announce, pre_associate, parent, joining)

        def change(values: Values) -> Values:
            now = _held(step, values)
            others = _others(keys, now)
            is_as_announced = joining.keys() >= {*others} if step.is_list else now in (keys, held)
            if not is_as_announced:
                raise Conflict("Another request changed this relation; read it again.")
            return {**values, step.field: [*now, *others] if step.is_list else keys[0]}

        whole = await target.update(change, loaded=whole, undefer=undefer)
    parent, before = target.part(whole), _held(step, target.previous(whole))
    joined = {key: joining[key] for key in _others(keys, before)}
    if before != keys:
        await _tell(act, act.conclude, post_dissociate, parent, leaving)
    await _tell(act, act.conclude, post_associate, parent, joined)
    if undefer or schema.model is target.address.schema.model:  # the write may also have changed the members
        with suppress(Unavailable):  # the write is stored: the act must not fail now
            found |= await work.fetch(schema, keys, undefer=act.undefer, represent=False)
    return Association([found[key] for key in keys], bool(joined))


@paired
async def dissociate(act: Act, precondition: Precondition | None = None) -> None:
    """Take the member at the act's path out of its relation.

    The member is not deleted.

    Args:
        act: the act. Its path must end in a member.
        precondition: the request's conditions on the member.

    Raises:
        PreconditionFailed: the precondition does not hold.
        NotFound: the instance is not a member, or the request may not see it.
        BzzError: raised by ``Provider.update``.
        Exception: raised by a receiver of ``pre_dissociate``. Nothing is written.
    """
    work, step = act.unit_of_work, act.path.end
    target = await walk(work, act.path.parent)
    member = await work.get(await referred(target, step))
    key = member.values[str(act.schema.pk)]
    if precondition is not None:
        await work.compute(precondition.check, act.schema, member.values)

    def change(values: Values) -> Values:
        held = _held(step, values)
        if key not in held:
            raise NotFound(NO_INSTANCE)
        return {**values, step.field: [other for other in held if other != key] if step.id else None}

    undefer = undefer_at(step, [key] if step.id else None)
    async with work.writing():
        whole = await target.whole(undefer)
        parent = target.part(whole)
        change(parent.values)
        await _tell(act, act.announce, pre_dissociate, parent, {key: member})
        whole = await target.update(change, loaded=whole, undefer=undefer)
    await _tell(act, act.conclude, post_dissociate, target.part(whole), {key: member})


def _keys(step: Step, raw: Mapping[str, Any]) -> list[Any]:
    """Return the primary keys in the body for a relation, without duplicates."""
    errors: dict[str, list[str]] = {}
    for key in raw:
        if key != step.name:
            add_error(errors, key, ValueError(UNKNOWN_FIELD))
    value = None
    try:
        value = parse_value(step.relation.field.type, raw.get(step.name)) if step.relation else None
        if value is None or value == []:
            raise ValueError("is required: the ids to associate")
    except ValueError as error:
        add_error(errors, step.name, error)
    if errors:
        raise Invalid(errors=errors)
    return [*dict.fromkeys(value)] if isinstance(value, list) else [value]


def _held(step: Step, parent: Mapping[str, Any]) -> list[Any]:
    """Return the primary keys that a relation holds.

    A to-one relation holds at most one key.
    """
    held = parent.get(step.field)
    return held if isinstance(held, list) else [] if held is None else [held]


def _others(keys: Iterable[Any], held: Iterable[Any]) -> list[Any]:
    """Return the keys that ``held`` does not contain."""
    known = {key for key in held if isinstance(key, Hashable)}
    return [key for key in keys if key not in known]


async def _tell(
    act: Act, tell: Callable[..., Awaitable[None]], signal: Signal, parent: Stored, members: Mapping[Any, Stored]
) -> None:
    """Send a signal about each member that joins or leaves."""
    relation = {"sender": act.path.parent.schema.model, "field": act.path.end.field, "parent": parent.instance}
    if members and act.is_watched(signal, relation["sender"]):
        for key, member in members.items():
            await tell(signal, **relation, key=key, instance=member.instance)
