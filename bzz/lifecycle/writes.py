"""The acts create, update and delete. Each loads, announces, writes and concludes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bzz.exceptions import Conflict
from bzz.lifecycle.act import Act, paired
from bzz.lifecycle.embedded import adding, locate, removing
from bzz.lifecycle.patches import Patch, parse_patch
from bzz.lifecycle.preconditions import Precondition
from bzz.lifecycle.references import check_references, refers
from bzz.lifecycle.targets import walk
from bzz.providers.values import Stored, Undefer
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
    """Store a new instance, or an embedded document, and return it.

    Args:
        act: the act. Its path must end in a list, or in a single embedded document.
        raw: a dict from public field name to value, decoded from JSON or a form.

    Raises:
        BzzError: raised by ``Schema.parse_new`` or ``Provider.create``; for an embedded document, by
            ``Provider.update``.
        Exception: raised by a receiver of ``pre_create_instance``. Nothing is written.
    """
    schema, work = act.schema, act.unit_of_work
    work.measure(raw)
    data = await work.compute(schema.parse_new, raw, trusted=act.in_process)
    must_look = act.is_watched(pre_create_instance) or await work.compute(refers, schema, data)
    if act.path.end.is_embedded:
        stored = await _insert_embedded(act, data, must_look=must_look)
    else:
        async with work.writing():
            if must_look:
                await _announce_create(act, data)
            stored = await work.create(schema, data)
    if act.is_watched(post_create_instance):
        await act.conclude(post_create_instance, instance=stored.instance)
    return stored


async def _insert_embedded(act: Act, data: Values, *, must_look: bool) -> Stored:
    work, step = act.unit_of_work, act.path.end
    parent = await walk(work, act.path.parent)
    async with work.writing():
        loaded = await parent.whole() if must_look else None
        if loaded:
            locate(loaded.values, parent.steps)
            await _announce_create(act, data)
        whole = await parent.update(adding(step, data), loaded=loaded, below=[step.field])
    trail, values = locate(whole.values, parent.steps)
    held, index = values[step.field], None
    if step.is_list:
        earlier = parent.previous(whole).get(step.field) or []
        index = await work.compute_uncancelled(_added, step.schema, earlier, held)
    instance = work.provider.part(whole.instance, [*trail, (step.field, index)])
    return Stored(instance, held if index is None else held[index])


async def _announce_create(act: Act, data: Values) -> None:
    """Send ``pre_create_instance``, parse the data again, and check the references."""
    if act.is_watched(pre_create_instance):
        await act.announce(pre_create_instance, data=data)
        await act.retype(data)
        data.update(await act.unit_of_work.compute(act.schema.merge, {}, data))
    await check_references(act.unit_of_work, act.schema, data, {})


def _added(schema: Schema, earlier: list[Values], held: list[Values]) -> int:
    """Return the index of the document in ``held`` that ``earlier`` lacks.

    The function compares documents by their ids. It compares documents without an id by their values.

    Raises:
        Conflict: there is no such document, because the model did not keep it.
    """
    left = Counter(schema.id_of(item) or repr(item) for item in earlier)
    added = None
    for index, item in enumerate(held):
        name = schema.id_of(item) or repr(item)
        left[name] -= 1
        if left[name] < 0:
            added = index
    if added is None:
        raise Conflict("The parent did not keep the new item.")
    return added


@paired
async def update_instance(act: Act, raw: Mapping[str, Any], precondition: Precondition | None = None) -> Stored:
    """Merge values into an instance or embedded document, and return it.

    RFC 7396, section 2, defines the merge. Only the fields that differ are written.

    Args:
        act: the act. Its path must end in an instance or an embedded document.
        raw: a dict from public field name to value.
        precondition: the request's conditions on the stored instance.

    Raises:
        BzzError: raised by ``parse_patch`` or ``Provider.update``.
        Exception: raised by a receiver of ``pre_update_instance``. Nothing is written.
    """
    schema, work = act.schema, act.unit_of_work
    target = await walk(work, act.path)
    work.measure(raw)
    patch = await work.compute(parse_patch, schema, raw, precondition, trusted=act.in_process)
    undefer = {**act.undefer, **_deferred(schema, {**patch.fixed, **patch.data})}
    must_look = act.is_watched(pre_update_instance) or await work.compute(refers, schema, patch.data)
    async with work.writing():
        loaded = await target.whole(undefer) if must_look else None
        if loaded:
            await _announce_update(act, patch, target.part(loaded))
            undefer |= _deferred(schema, patch.data)
        exact = precondition is not None and not target.steps
        whole = await target.update(patch.apply, exact=exact, undefer=undefer, loaded=loaded)
    stored = target.part(whole)
    if act.is_watched(post_update_instance):
        previous = target.previous(whole)
        await act.conclude(
            post_update_instance,
            instance=stored.instance,
            updated_fields=lambda: work.compute_uncancelled(schema.diff, previous, stored.values),
        )
    return stored


async def _announce_update(act: Act, patch: Patch, found: Stored) -> None:
    """Check the patch, send ``pre_update_instance``, and check the references.

    The data are parsed again after the signal.
    """
    work = act.unit_of_work
    await work.compute(patch.check, found.values)
    if act.is_watched(pre_update_instance):
        await act.announce(
            pre_update_instance,
            data=patch.data,
            instance=found.instance,
            updated_fields=lambda: work.compute(_expected, patch, found.values),
        )
        await act.retype(patch.data)
    await check_references(work, act.schema, patch.data, found.values)


def _deferred(schema: Schema, data: Values) -> Undefer:
    """Return the deferred fields in ``data``. They must be loaded before they are changed."""
    return dict.fromkeys(schema.deferred & data.keys()) if schema.deferred else {}


def _expected(patch: Patch, stored: Values) -> Diff:
    """Return the diff that the current values of ``patch`` make."""
    typed = patch.schema.parse(patch.data, hidden=True)
    return patch.schema.diff(stored, patch.schema.merge(stored, typed))


@paired
async def delete_instance(act: Act, precondition: Precondition | None = None) -> None:
    """Delete the instance, or the embedded document, at the act's path.

    Args:
        act: the act. Its path must end in the instance or document.
        precondition: the request's conditions on the instance or document.

    Raises:
        BzzError: raised by ``Provider.delete``; for an embedded document, by ``Provider.update``.
        Exception: raised by a receiver of ``pre_delete_instance``. Nothing is deleted.
    """
    work = act.unit_of_work
    target = await walk(work, act.path)
    must_look = act.is_watched(pre_delete_instance) or act.is_watched(post_delete_instance)
    gone: Stored | None = None

    def check(values: Values) -> None:
        if precondition is not None:
            precondition.check(act.schema, values)

    async with work.writing():
        loaded = await target.whole() if must_look else None
        if loaded:
            gone = target.part(loaded)
            await work.compute(check, gone.values)
            if act.is_watched(pre_delete_instance):
                await act.announce(pre_delete_instance, instance=gone.instance)
        if target.steps:
            *above, last = target.steps
            await replace(target, steps=tuple(above)).update(removing(last, check), loaded=loaded)
        else:
            deleted = await work.delete(target.address, check=check if precondition else None, loaded=loaded)
            gone = gone and deleted  # its last state, which may be newer than the announced one
    if gone:
        await act.conclude(post_delete_instance, instance=gone.instance)
