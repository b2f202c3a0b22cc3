"""Reading."""

from __future__ import annotations

from dataclasses import replace

from bzz.concurrency.offload import off_loop
from bzz.lifecycle.act import Act, paired
from bzz.lifecycle.embedded import locate
from bzz.lifecycle.targets import undefer_at, walk
from bzz.providers.conditions import Condition, all_hold, sort_key, value_at
from bzz.providers.values import Listing, Membership, Query, Stored
from bzz.query.cursors import check_cursor, encode_cursor
from bzz.query.filters import retyped
from bzz.schema.fields import Values
from bzz.signals import post_get_instance, post_get_list, pre_get_instance, pre_get_list


@paired
async def get_instance(act: Act) -> Stored:
    """Return the instance at the act's path; its values are the stored ones, its representation as receivers left it.

    Raises:
        BzzError: as ``Provider.get``.
        Exception: what a receiver raised.
    """
    if act.is_watched(pre_get_instance):
        await act.announce(pre_get_instance)
    place, is_heard = await walk(act.unit_of_work, act.path), post_get_instance.has_receivers_for(act.schema.model)
    represent = not (place.hops or is_heard or act.in_process)
    address = place.address if place.hops else replace(place.address, undefer=act.undefer)
    stored = place.part(await act.unit_of_work.get(address, represent=represent))
    if act.is_watched(post_get_instance):
        await act.conclude(post_get_instance, instance=stored.instance)
    if represent or act.in_process:
        return stored
    if is_heard:
        [shown] = await act.unit_of_work.represent(act.schema, [stored.instance], undefer=act.undefer)
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
    if act.is_watched(pre_get_list):
        await act.announce(pre_get_list, query=query)
        query.where = [retyped(act.schema, condition) for condition in query.where]
    check_cursor(act.schema, query)
    cursor, is_heard = None, post_get_list.has_receivers_for(act.schema.model)
    if act.path.end.is_embedded:
        listing = await _get_embedded(act, query)
    else:
        asked = await _members(act, query) if act.path.end.is_reference else query
        asked = replace(asked, undefer=act.undefer) if act.undefer else asked
        listing = await act.unit_of_work.list(act.schema, asked, represent=not (is_heard or act.in_process))
        if listing.more and act.unit_of_work.provider.capabilities.after:
            cursor = encode_cursor(act.schema, query.order(act.schema), listing.items[-1].values)
    items = [item.instance for item in listing.items]
    if act.is_watched(post_get_list):
        await act.conclude(post_get_list, items=items)
    if is_heard:
        shown = [Stored(item, {}) for item in items]
        if not act.in_process:
            shown = [*await act.unit_of_work.represent(act.schema, items, undefer=act.undefer)]
        listing = replace(listing, items=shown)
    elif act.path.end.is_embedded and not act.in_process:
        listing = replace(listing, items=await act.represented(listing.items))
    return listing, cursor


async def _members(act: Act, query: Query) -> Query:
    """Return ``query`` of those only to whom the relation at the act's path refers."""
    place, step = await walk(act.unit_of_work, act.path.parent), act.path.end
    parent = (await place.get()).values
    if undefer_at(step):
        schema = act.path.parent.schema
        return replace(query, within=Membership(schema, parent[str(schema.pk)], step.field))
    held = parent.get(step.field) or []
    keys = await off_loop(held, act.schema.keys, held)
    return replace(query, where=[*query.where, Condition(str(act.schema.pk), "in", keys)])


async def _get_embedded(act: Act, query: Query) -> Listing:
    place, name = await walk(act.unit_of_work, act.path.parent), act.path.end.field
    stored = await act.unit_of_work.get(place.address)
    trail, parent = locate(stored.values, place.hops)
    held = parent.get(name) or []
    indexes = await off_loop(held, _selected, held, query)
    page = indexes[query.skip : query.skip + query.per_page]
    items = [
        Stored(act.unit_of_work.provider.part(stored.instance, [*trail, (name, index)]), held[index]) for index in page
    ]
    return Listing(items, len(indexes) > query.skip + query.per_page, len(indexes) if query.count else None)


def _selected(held: list[Values], query: Query) -> list[int]:
    """Return the indexes of what a query asks for in a list inside an instance, in the stored order unless sorted."""
    meets = all_hold(query.where)
    indexes = [index for index, item in enumerate(held) if meets(item)]
    for name, descending in reversed(query.sort):
        indexes.sort(key=lambda i, name=name: sort_key(value_at(held[i], name)), reverse=descending)  # type: ignore[misc]
    return indexes
