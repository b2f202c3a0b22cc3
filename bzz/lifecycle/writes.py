"""The lifecycle: one function per act, each a ``pre_`` signal, the provider, and a ``post_`` signal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bzz.concurrency.offload import off_loop, off_loop_uncancelled
from bzz.exceptions import Conflict
from bzz.lifecycle.act import Act, paired
from bzz.lifecycle.embedded import adding, locate, removing
from bzz.lifecycle.patches import Patch, parse_patch
from bzz.lifecycle.preconditions import Precondition
from bzz.lifecycle.references import check_references, refers
from bzz.lifecycle.targets import walk
from bzz.lifecycle.unit_of_work import Before, BeforeCreate
from bzz.providers.values import Stored
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.schema.types import Diff
from bzz.signals import (
    post_create_instance,
    post_delete_instance,
    post_update_instance,
    pre_create_instance,
    pre_delete_instance,
    pre_update_instance,
)


@paired
async def create_instance(act: Act, raw: Mapping[str, Any]) -> Stored:
    """Store a new instance with the values ``raw`` gives, as they come from JSON or a form.

    Raises:
        BzzError: as ``Schema.parse_new`` and ``Provider.create``; for an embedded document as ``Provider.update``.
        Exception: what a receiver of ``pre_create_instance`` raised; nothing is written.
    """
    schema = act.schema
    data = await off_loop(raw, schema.parse_new, raw, trusted=act.in_process)
    before: BeforeCreate | None = None
    if act.is_watched(pre_create_instance) or await refers(schema, data):

        async def before() -> None:
            if act.is_watched(pre_create_instance):
                await act.announce(pre_create_instance, data=data)
                await act.retype(data)
                data.update(await off_loop(data, schema.merge, {}, data))
            await check_references(act.unit_of_work, schema, data, {})

    if act.path.end.is_embedded:
        stored = await _create_embedded(act, data, before)
    else:
        stored = await act.unit_of_work.create(schema, data, before=before)
    if act.is_watched(post_create_instance):
        await act.conclude(post_create_instance, instance=stored.instance)
    return stored


async def _create_embedded(act: Act, data: Values, inner: BeforeCreate | None) -> Stored:
    place, step = await walk(act.unit_of_work, act.path.parent), act.path.end
    before: Before | None = None
    if inner:

        async def before(stored: Stored) -> None:
            locate(stored.values, place.hops)
            await inner()

    change = adding(step.field, act.schema, data, many=step.is_list)
    stored = await place.update(change, before=before, below=[step.field])
    trail, parent = locate(stored.values, place.hops)
    value, index = parent[step.field], None
    if step.is_list:
        earlier = place.previous(stored)
        index = await off_loop_uncancelled(value, _added, act.schema, earlier.get(step.field) or [], value)
    part = act.unit_of_work.provider.part(stored.instance, [*trail, (step.field, index)])
    return Stored(part, value if index is None else value[index])


def _added(schema: Schema, earlier: list[Values], held: list[Values]) -> int:
    """Return the index of the document that a list holds and did not hold earlier: told by its id, if it has one.

    Raises:
        Conflict: there is none, because the model has not kept it.
    """
    left = Counter(schema.id_of(item) or repr(item) for item in earlier)
    added = None
    for index, item in enumerate(held):
        name = schema.id_of(item) or repr(item)
        left[name] -= 1
        if left[name] < 0:
            added = index
    if added is None:
        raise Conflict("The instance it would lie in has not kept it.")
    return added


@paired
async def update_instance(act: Act, raw: Mapping[str, Any], precondition: Precondition | None = None) -> Stored:
    """Merge what ``raw`` gives into the instance at the act's path (RFC 7396, section 2) and store what differs.

    Raises:
        BzzError: as ``parse_patch`` and ``Provider.update``.
        Exception: what a receiver of ``pre_update_instance`` raised; nothing is written.
    """
    schema, place = act.schema, await walk(act.unit_of_work, act.path)
    patch = await off_loop(raw, parse_patch, schema, raw, precondition, trusted=act.in_process)
    undefer = {**act.undefer, **_deferred(schema, {**patch.fixed, **patch.data})}
    before: Before | None = None
    if act.is_watched(pre_update_instance) or await refers(schema, patch.data):

        async def before(whole: Stored) -> None:
            stored = place.part(whole)
            await off_loop(stored.values, patch.check, stored.values)
            if act.is_watched(pre_update_instance):
                await act.announce(
                    pre_update_instance,
                    data=patch.data,
                    instance=stored.instance,
                    updated_fields=lambda: off_loop(patch.data, _expected, patch, stored.values),
                )
                await act.retype(patch.data)
                undefer.update(_deferred(schema, patch.data))
            await check_references(act.unit_of_work, schema, patch.data, stored.values)

    exact = precondition is not None and not place.hops
    whole = await place.update(patch.apply, exact=exact, undefer=undefer, before=before)
    stored = place.part(whole)
    if act.is_watched(post_update_instance):
        previous = place.previous(whole)
        await act.conclude(
            post_update_instance,
            instance=stored.instance,
            updated_fields=lambda: off_loop_uncancelled(stored.values, schema.diff, previous, stored.values),
        )
    return stored


def _deferred(schema: Schema, data: Values) -> dict[str, None]:
    """Return what has to be loaded with an instance that ``data`` changes."""
    return dict.fromkeys(schema.deferred & data.keys()) if schema.deferred else {}


def _expected(patch: Patch, stored: Values) -> Diff:
    """Return the diff that ``patch`` would make if no receiver changed it any more."""
    typed = patch.schema.parse(patch.data, hidden=True)
    return patch.schema.diff(stored, patch.schema.merge(stored, typed))


@paired
async def delete_instance(act: Act, precondition: Precondition | None = None) -> None:
    """Delete the instance at the act's path.

    Raises:
        BzzError: as ``Provider.delete``; for an embedded document as ``Provider.update``.
        Exception: what a receiver of ``pre_delete_instance`` raised; nothing is deleted.
    """
    place = await walk(act.unit_of_work, act.path)
    gone: list[Stored] = []

    def check(values: Values) -> None:
        if precondition is not None:
            precondition.check(act.schema, values)

    async def before(whole: Stored) -> None:
        stored = place.part(whole)
        await off_loop(stored.values, check, stored.values)
        gone[:] = [stored]
        if act.is_watched(pre_delete_instance):
            await act.announce(pre_delete_instance, instance=stored.instance)

    heard = before if act.is_watched(pre_delete_instance) or act.is_watched(post_delete_instance) else None
    if place.hops:
        *above, last = place.hops
        await replace(place, hops=tuple(above)).update(removing(last, check), before=heard)
    else:
        deleted = await act.unit_of_work.delete(place.address, check=check if precondition else None, before=heard)
        gone[:] = [deleted] if gone else []  # as it was in the end, which may be later than what was announced
    for stored in gone:
        await act.conclude(post_delete_instance, instance=stored.instance)
