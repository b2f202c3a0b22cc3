"""The acts associate and dissociate: existing instances join a relation, or leave it.

Where the references are stored decides about the signals. If the parent stores them, or an association table that no
class maps, the signals are ``associate`` and ``dissociate``. If other rows store them, these rows are updated, created
or deleted, with the signals of these acts. All ``pre_`` signals come first, then one write, then all ``post_`` signals.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from bzz.exceptions import BadRequest, Conflict, Invalid, NotFound, Unavailable
from bzz.lifecycle.act import Act, paired
from bzz.lifecycle.fixed_members import check_path
from bzz.lifecycle.joining import check_relation, conclude_rows, rows_to_join, rows_to_leave, write_rows
from bzz.lifecycle.moves import Move, are_heard, as_list, find_moves, others
from bzz.lifecycle.preconditions import Precondition
from bzz.lifecycle.targets import Target, referred, undefer_at, walk
from bzz.providers.changes import Change
from bzz.providers.values import Stored
from bzz.resources.paths import Step
from bzz.schema.errors import MAX_ERRORS, NO_INSTANCE, UNKNOWN_FIELD, add_error
from bzz.schema.fields import Values
from bzz.schema.types import parse_value


@dataclass(frozen=True, slots=True)
class Association:
    """The result of ``associate``.

    Args:
        has_changed: whether at least one of the instances joined. False if all were members already.
        members: the instances that the caller named, in the same order, as they are now. Empty if a request named more
            than it may list on one page.
    """

    has_changed: bool
    members: list[Stored]


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
        Conflict: another request changed the relation first. In a one-to-one relation, the reason may also be that the
            caller may not change the old member.
        BzzError: raised by ``Provider.update`` or ``Provider.write_all``.
        Exception: raised by a receiver of a ``pre_`` signal. Nothing is written.
    """
    work, step, schema = act.unit_of_work, act.path.end, act.schema
    target = await walk(work, act.path.parent)
    work.measure(raw)
    keys = await work.compute(_keys, step, raw)
    undefer = undefer_at(step, keys if step.is_list else None)
    is_shown = act.in_process or len(keys) <= step.resource.max_per_page
    found: dict[Any, Stored] = {}
    async with work.writing(target.address.schema):
        whole = await target.whole(undefer)
        parent = target.part(whole)
        check_relation(act, target, whole)
        held = as_list(parent.values.get(step.field))
        if is_shown:
            found = await work.fetch(schema, keys, undefer=act.undefer, needs_instances=True)
        seen = {*found} if is_shown else await work.shown_keys(schema, keys)
        if missing := [str(schema.identifier(key, schema.pk)) for key in keys if key not in seen][:MAX_ERRORS]:
            raise Invalid(errors={step.name: [f"there is no {schema.model.__name__} {', '.join(missing)}"]})
        joining, leaving = others(keys, held), [] if step.is_list else others(held, keys)
        if not joining:
            return Association(False, [found[key] for key in keys if is_shown])
        await check_path(act, [*joining, *leaving])
        rows = await rows_to_join(act, target, parent, joining, leaving, found=found)
        if rows:
            written = await write_rows(act, rows)
        else:
            moves = await _announce_moves(act, parent, [*held, *joining] if step.is_list else keys[0], found)
            whole = await target.update(_joining(step, keys, held, moves), loaded=whole, undefer=undefer)
    if rows:
        await conclude_rows(rows, written)
    else:
        joining = others(keys, as_list(target.previous(whole).get(step.field)))
        await _conclude_moves(act, moves, target, whole)
    is_changed = rows or undefer or act.undefer or schema.model is target.address.schema.model
    if is_changed and is_shown:  # the write may also have changed the members, or what the reply shows of them
        with suppress(Unavailable, BadRequest):  # the write is stored: the act must not fail now
            found |= await work.fetch(schema, keys, undefer=act.undefer, needs_instances=True)
    return Association(bool(joining), [found[key] for key in keys if is_shown])


@paired
async def dissociate(act: Act, precondition: Precondition | None = None) -> None:
    """Take the member at the act's path out of its relation.

    The member is deleted only if the store deletes members that leave the relation.

    Args:
        act: the act. Its path must end in a member.
        precondition: the request's conditions on the member.

    Raises:
        PreconditionFailed: the precondition does not hold.
        NotFound: the instance is not a member, or the request may not see it.
        BzzError: raised by ``Provider.update`` or ``Provider.write_all``.
        Exception: raised by a receiver of a ``pre_`` signal. Nothing is written.
    """
    work, step = act.unit_of_work, act.path.end
    target = await walk(work, act.path.parent)
    address = await referred(target, step)
    covered = dict.fromkeys(precondition.covered(act.schema)) if precondition else {}
    member = await work.get(replace(address, undefer=covered))
    key = member.values[str(act.schema.pk)]
    if precondition is not None:
        await work.compute(precondition.check, act.schema_of(member), member.values)
    undefer = undefer_at(step, [key] if step.id else None)
    async with work.writing(target.address.schema):
        whole = await target.whole(undefer)
        parent = target.part(whole)
        check_relation(act, target, whole)
        value = _without(step, key, parent.values)
        await check_path(act, [key])
        rows = await rows_to_leave(act, target, parent, member)
        if rows:
            try:
                written = await write_rows(act, rows)
            except Invalid as error:
                raise Conflict("The member cannot be without a parent.", errors=error.errors) from error
        else:
            moves = await _announce_moves(act, parent, value, {key: member})
            whole = await target.update(
                lambda values: {**values, step.field: _without(step, key, values)}, loaded=whole, undefer=undefer
            )
    if rows:
        await conclude_rows(rows, written)
    else:
        await _conclude_moves(act, moves, target, whole)


def _joining(step: Step, keys: list[Any], held: list[Any], moves: list[Move]) -> Change:
    """Return the change of a parent that lets members join.

    The change raises Conflict if the announced moves are not those of the write.

    Args:
        step: the step to the relation.
        keys: the primary keys of the members.
        held: the primary keys that the relation held when the moves were announced.
        moves: the announced moves.
    """

    def change(values: Values) -> Values:
        now = as_list(values.get(step.field))
        joining = others(keys, now)
        is_as_announced = {*joining} <= {*others(keys, held)} if step.is_list else now in (keys, held)
        if moves and not is_as_announced:
            raise Conflict("Another request changed this relation; read it again.")
        return {**values, step.field: [*now, *joining] if step.is_list else keys[0]}

    return change


def _without(step: Step, key: Any, values: Values) -> Any:
    """Return the new value of a relation that the member ``key`` leaves.

    Raises:
        NotFound: the relation does not hold the member.
    """
    held = as_list(values.get(step.field))
    if key not in held:
        raise NotFound(NO_INSTANCE)
    return [other for other in held if other != key] if step.id else None


async def _announce_moves(act: Act, parent: Stored, value: Any, members: Mapping[Any, Stored]) -> list[Move]:
    """Send the ``pre_`` signals of a write that sets the relation at the act's path to ``value``."""
    schema, field = act.path.parent.schema, act.path.end.field
    moves = await find_moves(act, schema, parent, {field: value}, members) if are_heard(schema, [field]) else []
    for move in moves:
        await move.announce(act)
    return moves


async def _conclude_moves(act: Act, moves: Sequence[Move], target: Target, whole: Stored) -> None:
    """Send the ``post_`` signals of the moves that happened."""
    field, parent = act.path.end.field, target.part(whole)
    before = {key for key in as_list(target.previous(whole).get(field)) if isinstance(key, Hashable)}
    for move in moves:
        if move.is_joining is not (move.other in before):
            await move.conclude(act, parent.instance)


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
