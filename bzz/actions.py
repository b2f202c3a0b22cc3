"""The lifecycle: one function per act, each a ``pre_`` signal, the provider, and a ``post_`` signal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bzz.changes import Patch, Precondition, adding, locate, parse_patch, removing
from bzz.conditions import Condition, all_hold, retyped, sort_key, value_at
from bzz.datatypes import Diff
from bzz.exceptions import Conflict
from bzz.interfaces import Listing, Membership, Query, Stored
from bzz.lifecycle import Act, paired
from bzz.places import load_of, walk
from bzz.pool import off_loop, off_loop_in_any_case
from bzz.queries import check_cursor, encode_cursor
from bzz.references import check_references, refers
from bzz.resources import Resource, Values
from bzz.signals import (
    post_create_instance,
    post_delete_instance,
    post_get_instance,
    post_get_list,
    post_update_instance,
    pre_create_instance,
    pre_delete_instance,
    pre_get_instance,
    pre_get_list,
    pre_update_instance,
)
from bzz.store import Before, BeforeCreate


@paired
async def get_instance(act: Act) -> Stored:
    """Return the instance at the act's path; its values are the stored ones, its representation as receivers left it.

    Raises:
        BzzError: as ``Provider.get``.
        Exception: what a receiver raised.
    """
    if act.is_due(pre_get_instance):
        await act.announce(pre_get_instance)
    place, is_heard = await walk(act.store, act.path), post_get_instance.has_receivers_for(act.resource.model)
    represent = not (place.hops or is_heard or act.in_process)
    address = place.address if place.hops else replace(place.address, load=act.load)
    stored = place.part(await act.store.get(address, represent=represent))
    if act.is_due(post_get_instance):
        await act.conclude(post_get_instance, instance=stored.instance)
    if represent or act.in_process:
        return stored
    if is_heard:
        [shown] = await act.store.represent(act.resource, [stored.instance], load=act.load)
        return replace(stored, body=shown.body)
    [shown] = await act.represented([stored])
    return shown


@paired
async def get_list(act: Act, query: Query) -> tuple[Listing, str | None]:
    """Return the page that ``query`` asks for of the list at the act's path, represented as receivers have left it.

    Returns:
        The page, and the cursor to the next one; None where there is none, or only its number leads there.

    Raises:
        BzzError: as ``Provider.list``; NotFound for a list inside what is not there.
        Exception: what a receiver raised.
    """
    if act.is_due(pre_get_list):
        await act.announce(pre_get_list, query=query)
        query.where = [retyped(act.resource, condition) for condition in query.where]
    check_cursor(act.resource, query)
    cursor, is_heard = None, post_get_list.has_receivers_for(act.resource.model)
    if act.path.end.is_embedded:
        listing = await _get_embedded(act, query)
    else:
        asked = await _members(act, query) if act.path.end.is_reference else query
        asked = replace(asked, load=act.load) if act.load else asked
        listing = await act.store.list(act.resource, asked, represent=not (is_heard or act.in_process))
        if listing.more and act.store.provider.capabilities.after:
            cursor = encode_cursor(act.resource, query.order(act.resource), listing.items[-1].values)
    items = [item.instance for item in listing.items]
    if act.is_due(post_get_list):
        await act.conclude(post_get_list, items=items)
    if is_heard:
        shown = [Stored(item, {}) for item in items]
        if not act.in_process:
            shown = [*await act.store.represent(act.resource, items, load=act.load)]
        listing = replace(listing, items=shown)
    elif act.path.end.is_embedded and not act.in_process:
        listing = replace(listing, items=await act.represented(listing.items))
    return listing, cursor


async def _members(act: Act, query: Query) -> Query:
    """Return ``query`` of those only to whom the relation at the act's path refers."""
    place, step = await walk(act.store, act.path.parent), act.path.end
    parent = (await place.get()).values
    if load_of(step):
        resource = act.path.parent.resource
        return replace(query, within=Membership(resource, parent[str(resource.pk)], step.field))
    held = parent.get(step.field) or []
    keys = await off_loop(held, act.resource.keys, held)
    return replace(query, where=[*query.where, Condition(str(act.resource.pk), "in", keys)])


async def _get_embedded(act: Act, query: Query) -> Listing:
    place, name = await walk(act.store, act.path.parent), act.path.end.field
    stored = await act.store.get(place.address)
    trail, parent = locate(stored.values, place.hops)
    held = parent.get(name) or []
    indexes = await off_loop(held, _selected, held, query)
    page = indexes[query.skip : query.skip + query.per_page]
    items = [Stored(act.store.provider.part(stored.instance, [*trail, (name, index)]), held[index]) for index in page]
    return Listing(items, len(indexes) > query.skip + query.per_page, len(indexes) if query.count else None)


def _selected(held: list[Values], query: Query) -> list[int]:
    """Return the indexes of what a query asks for in a list inside an instance, in the stored order unless sorted."""
    meets = all_hold(query.where)
    indexes = [index for index, item in enumerate(held) if meets(item)]
    for name, descending in reversed(query.sort):
        indexes.sort(key=lambda i, name=name: sort_key(value_at(held[i], name)), reverse=descending)  # type: ignore[misc]
    return indexes


@paired
async def create_instance(act: Act, raw: Mapping[str, Any]) -> Stored:
    """Store a new instance with the values ``raw`` gives, as they come from JSON or a form.

    Raises:
        BzzError: as ``Resource.parse_insert`` and ``Provider.create``; for an embedded document as ``Provider.update``.
        Exception: what a receiver of ``pre_create_instance`` raised; nothing is written.
    """
    resource = act.resource
    data = await off_loop(raw, resource.parse_insert, raw, trusted=act.in_process)
    before: BeforeCreate | None = None
    if act.is_due(pre_create_instance) or await refers(resource, data):

        async def before() -> None:
            if act.is_due(pre_create_instance):
                await act.announce(pre_create_instance, data=data)
                await act.retype(data)
                data.update(await off_loop(data, resource.merge, {}, data))
            await check_references(act.store, resource, data, {})

    if act.path.end.is_embedded:
        stored = await _create_embedded(act, data, before)
    else:
        stored = await act.store.create(resource, data, before=before)
    if act.is_due(post_create_instance):
        await act.conclude(post_create_instance, instance=stored.instance)
    return stored


async def _create_embedded(act: Act, data: Values, inner: BeforeCreate | None) -> Stored:
    place, step = await walk(act.store, act.path.parent), act.path.end
    before: Before | None = None
    if inner:

        async def before(stored: Stored) -> None:
            locate(stored.values, place.hops)
            await inner()

    change = adding(step.field, act.resource, data, many=step.is_list)
    stored = await place.update(change, before=before, below=[step.field])
    trail, parent = locate(stored.values, place.hops)
    value, index = parent[step.field], None
    if step.is_list:
        earlier = place.previous(stored)
        index = await off_loop_in_any_case(value, _added, act.resource, earlier.get(step.field) or [], value)
    part = act.store.provider.part(stored.instance, [*trail, (step.field, index)])
    return Stored(part, value if index is None else value[index])


def _added(resource: Resource, earlier: list[Values], held: list[Values]) -> int:
    """Return the index of the document that a list holds and did not hold earlier: told by its id, if it has one.

    Raises:
        Conflict: there is none, because the model has not kept it.
    """
    left = Counter(resource.id_of(item) or repr(item) for item in earlier)
    added = None
    for index, item in enumerate(held):
        name = resource.id_of(item) or repr(item)
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
    resource, place = act.resource, await walk(act.store, act.path)
    patch = await off_loop(raw, parse_patch, resource, raw, precondition, trusted=act.in_process)
    load = {**act.load, **_deferred(resource, {**patch.fixed, **patch.data})}
    before: Before | None = None
    if act.is_due(pre_update_instance) or await refers(resource, patch.data):

        async def before(whole: Stored) -> None:
            stored = place.part(whole)
            await off_loop(stored.values, patch.check, stored.values)
            if act.is_due(pre_update_instance):
                await act.announce(
                    pre_update_instance,
                    data=patch.data,
                    instance=stored.instance,
                    updated_fields=lambda: off_loop(patch.data, _expected, patch, stored.values),
                )
                await act.retype(patch.data)
                load.update(_deferred(resource, patch.data))
            await check_references(act.store, resource, patch.data, stored.values)

    exact = precondition is not None and not place.hops
    whole = await place.update(patch.apply, exact=exact, load=load, before=before)
    stored = place.part(whole)
    if act.is_due(post_update_instance):
        previous = place.previous(whole)
        await act.conclude(
            post_update_instance,
            instance=stored.instance,
            updated_fields=lambda: off_loop_in_any_case(stored.values, resource.diff, previous, stored.values),
        )
    return stored


def _deferred(resource: Resource, data: Values) -> dict[str, None]:
    """Return what has to be loaded with an instance that ``data`` changes."""
    return dict.fromkeys(resource.deferred & data.keys()) if resource.deferred else {}


def _expected(patch: Patch, stored: Values) -> Diff:
    """Return the diff that ``patch`` would make if no receiver changed it any more."""
    typed = patch.resource.parse(patch.data, hidden=True)
    return patch.resource.diff(stored, patch.resource.merge(stored, typed))


@paired
async def delete_instance(act: Act, precondition: Precondition | None = None) -> None:
    """Delete the instance at the act's path.

    Raises:
        BzzError: as ``Provider.delete``; for an embedded document as ``Provider.update``.
        Exception: what a receiver of ``pre_delete_instance`` raised; nothing is deleted.
    """
    place = await walk(act.store, act.path)
    gone: list[Stored] = []

    def check(values: Values) -> None:
        if precondition is not None:
            precondition.check(act.resource, values)

    async def before(whole: Stored) -> None:
        stored = place.part(whole)
        await off_loop(stored.values, check, stored.values)
        gone[:] = [stored]
        if act.is_due(pre_delete_instance):
            await act.announce(pre_delete_instance, instance=stored.instance)

    heard = before if act.is_due(pre_delete_instance) or act.is_due(post_delete_instance) else None
    if place.hops:
        *above, last = place.hops
        await replace(place, hops=tuple(above)).update(removing(last, check), before=heard)
    else:
        deleted = await act.store.delete(place.address, check=check if precondition else None, before=heard)
        gone[:] = [deleted] if gone else []  # as it was in the end, which may be later than what was announced
    for stored in gone:
        await act.conclude(post_delete_instance, instance=stored.instance)
