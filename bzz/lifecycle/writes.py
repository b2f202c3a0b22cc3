"""The acts create, update and delete. Each loads, announces, writes and concludes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bzz.exceptions import Conflict
from bzz.lifecycle.act import Act, paired
from bzz.lifecycle.dependents import conclude_dependents, find_dependents
from bzz.lifecycle.embedded import adding, locate, removing
from bzz.lifecycle.fixed_members import check_body
from bzz.lifecycle.patches import parse_patch
from bzz.lifecycle.preconditions import Precondition
from bzz.lifecycle.references import check_parts, check_references, refers
from bzz.lifecycle.revisions import Revision, check_allowed, deferred
from bzz.lifecycle.targets import Target, walk
from bzz.providers.values import Stored
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.signals import post_create_instance, post_delete_instance, pre_create_instance, pre_delete_instance


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
    must_look = act.is_watched(pre_create_instance, schema.model) or await work.compute(refers, schema, data)
    if act.path.end.is_embedded:
        stored = await _insert_embedded(act, data, must_look=must_look)
    else:
        async with work.writing(schema):
            if must_look:
                await _announce_create(act, data)
            stored = await work.create(schema, data)
    sender = stored.own_class
    if act.is_watched(post_create_instance, sender):
        await act.conclude(post_create_instance, sender=sender, instance=stored.instance)
    return stored


async def _insert_embedded(act: Act, data: Values, *, must_look: bool) -> Stored:
    work, step = act.unit_of_work, act.path.end
    parent = await walk(work, act.path.parent)
    async with work.writing(parent.address.schema):
        loaded = await parent.whole() if must_look or parent.resource.variants else None
        if loaded:
            _check_allowed(act, parent, loaded, "create", "POST")
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
    """Send ``pre_create_instance``, parse the data again, and check the members, the references and their parts."""
    await check_body(act, act.schema, data, {})
    sent = dict(data)
    if act.is_watched(pre_create_instance, act.schema.model):
        await act.announce(pre_create_instance, data=data)
        await act.retype(act.schema, data)
        data.update(await act.unit_of_work.compute(act.schema.merge, {}, data))
    check_parts(act.schema, sent, data)
    await check_references(act.unit_of_work, act.path.reach, act.schema, data, {})


def _check_allowed(act: Act, target: Target, whole: Stored, verb: str, *methods: str) -> None:
    """Check that a request may write the instance or document at the act's path, by the stored instance's own class.

    Args:
        act: the act.
        target: where the path leads. For a new document, it is where the path of its parent leads.
        whole: the stored instance.
        verb: the verb of the act.
        methods: HTTP methods. The hive of the class must allow one of them.

    Raises:
        MethodNotAllowed, Unauthorized, Forbidden: the caller may not write the instance or document.
        NotFound: the caller may not read the document.
    """
    check_allowed(act, target.of_instance(whole), verb, *methods)
    if act.path.end.is_embedded and not act.in_process:
        target.check_writable(whole, [*target.steps, act.path.end][0])


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
        BzzError: raised by ``parse_patch``, ``_check_allowed`` or ``Provider.update``.
        Exception: raised by a receiver of a ``pre_`` signal. Nothing is written.
    """
    work, schema = act.unit_of_work, act.schema
    target = await walk(work, act.path)
    work.measure(raw)
    async with work.writing(target.address.schema):
        whole = await target.whole() if target.resource.variants else None
        if whole:
            _check_allowed(act, target, whole, "update", act.method or "PATCH")
            schema = schema if target.steps else target.of_instance(whole).schema
        patch = await work.compute(
            parse_patch, schema, raw, precondition, trusted=act.in_process, may_read=act.may_read
        )
        revision = Revision(act, target, patch)
        undefer = {**act.undefer, **deferred(patch.schema, {**patch.fixed, **patch.data, **patch.covered})}
        if revision.is_watched():
            revision.loaded = await target.whole(undefer)
            await revision.announce()
            undefer |= deferred(patch.schema, revision.patch.data)
        exact = precondition is not None and not target.steps
        whole = await target.update(revision.apply, exact=exact, undefer=undefer, loaded=revision.loaded)
    await revision.conclude(whole)
    return target.part(whole)


@paired
async def delete_instance(act: Act, precondition: Precondition | None = None) -> None:
    """Delete the instance, or the embedded document, at the act's path.

    Args:
        act: the act. Its path must end in the instance or document.
        precondition: the request's conditions on the instance or document.

    Raises:
        BzzError: raised by ``_check_allowed`` or ``Provider.delete``; for an embedded document, by ``Provider.update``.
        Exception: raised by a receiver of ``pre_delete_instance``. Nothing is deleted.
    """
    work = act.unit_of_work
    target = await walk(work, act.path)
    must_look = target.resource.variants or act.is_watched(pre_delete_instance) or act.is_watched(post_delete_instance)
    schema = act.schema
    gone: Stored | None = None

    def check(values: Values) -> None:
        if precondition is not None:
            precondition.check(schema, values)

    async with work.writing(target.address.schema):
        undefer = dict.fromkeys(precondition.covered(schema)) if precondition else {}
        loaded = await target.whole(undefer) if must_look else None
        if loaded:
            gone, resource = target.part(loaded), target.of_instance(loaded)
            schema = schema if target.steps else resource.schema
            _check_allowed(act, target, loaded, "delete", "DELETE")
            await work.compute(check, gone.values)
            sender = gone.own_class
            if not act.in_process:
                act.check_whole(pre_delete_instance, gone)
            if act.is_watched(pre_delete_instance, sender):
                await act.announce(pre_delete_instance, sender=sender, instance=gone.instance)
        dependents = [] if target.steps else await find_dependents(act, target.address)
        for dependent in dependents:
            await dependent.announce(act)
        if target.steps:
            *above, last = target.steps
            await replace(target, steps=tuple(above)).update(removing(last, check), loaded=loaded)
        else:
            address = replace(target.address, undefer=undefer)
            deleted = await work.delete(address, check=check if precondition else None, loaded=loaded)
            gone = gone and deleted  # its last state, which may be newer than the announced one
    if gone:
        await act.conclude(post_delete_instance, sender=gone.own_class, instance=gone.instance)
    await conclude_dependents(act, dependents)
