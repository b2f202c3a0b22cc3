"""The acts get and list. Each announces, reads and concludes."""

from __future__ import annotations

from dataclasses import replace

from bzz.lifecycle.act import Act, paired
from bzz.lifecycle.embedded import locate
from bzz.lifecycle.pages import cut, read_page, selected
from bzz.lifecycle.targets import undefer_at, walk
from bzz.providers.conditions import Condition
from bzz.providers.values import Listing, Membership, Query, Stored
from bzz.query.cursors import check_cursor
from bzz.query.filters import retyped
from bzz.query.limits import check_query
from bzz.signals import post_get_instance, post_get_list, pre_get_instance, pre_get_list


@paired
async def get_instance(act: Act) -> Stored:
    """Return the instance at the act's path.

    Receivers may have changed the instance. Its values are the stored ones.

    Raises:
        BzzError: raised by ``Provider.get``.
        Exception: raised by a receiver.
    """
    if act.is_watched(pre_get_instance):
        await act.announce(pre_get_instance)
    work, target = act.unit_of_work, await walk(act.unit_of_work, act.path)
    needs_instances = (
        bool(target.steps)
        or act.needs_instances
        or any(map(post_get_instance.has_receivers_for, act.path.end.resource.senders))
    )
    address = replace(target.address, undefer=act.undefer) if act.undefer and not target.steps else target.address
    whole = await work.get(address, needs_instances=needs_instances)
    target.check_identifier(whole)
    if target.steps:
        target.check_readable(whole, target.steps[0])
    stored = target.part(whole)
    sender = stored.own_class
    await act.announce_exactly(pre_get_instance, sender)
    act.check_whole(post_get_instance, stored)
    if act.is_watched(post_get_instance, sender):
        await act.conclude(post_get_instance, sender=sender, instance=stored.instance)
        act.has_changes = post_get_instance.has_receivers_for(sender)
    return stored


@paired
async def get_list(act: Act, query: Query) -> tuple[Listing, str | None]:
    """Return one page of the list at the act's path.

    Receivers may have changed, added and removed instances. Instances that they added have no values yet.

    Args:
        act: the act. Its path must end in a list.
        query: the conditions, order and page. Receivers may change the query.

    Returns:
        The page, and the cursor of the next page. The cursor is None if there is no next page, or if a client must ask
        for the next page with ``page``.

    Raises:
        NotFound: the list is below an instance that does not exist.
        BzzError: raised by ``Provider.list``.
        ValueError: a receiver asks for what the store cannot do.
        Exception: raised by a receiver.
    """
    model = act.schema.model
    if act.is_watched(pre_get_list, model):
        await act.announce(pre_get_list, query=query)
        query.where = [retyped(act.schema, condition) for condition in query.where]
        if not act.path.end.is_embedded:
            check_query(act.unit_of_work.provider.capabilities, query)
    relation = act.path.end.relation
    has_cursors = bool(query.sort) or relation is None or relation.field.sort is not None
    check_cursor(act.schema, query, has_cursors=has_cursors)
    work, cursor, is_heard = act.unit_of_work, None, post_get_list.has_receivers_for(model)
    if act.path.end.is_embedded:
        listing = await _get_embedded(act, query)
    else:
        asked = await _members(act, query) if act.path.end.is_reference else query
        asked = replace(asked, undefer=act.undefer) if act.undefer else asked
        needs = is_heard or act.needs_instances
        listing, cursor = await read_page(work, act.schema, asked, has_cursors=has_cursors, needs_instances=needs)
    if is_heard:
        listing = replace(listing, items=[item for item in listing.items if not item.is_broken])
    items = [item.instance for item in listing.items]
    if act.is_watched(post_get_list, model):
        await act.conclude(post_get_list, items=items)
    if is_heard:
        known = {id(item.instance): item for item in listing.items}
        listing = replace(listing, items=[known.get(id(item)) or Stored(item, {}) for item in items])
        act.has_changes = True
    return listing, cursor


async def _members(act: Act, query: Query) -> Query:
    """Narrow ``query`` to the members of the act's relation, and return it."""
    work, step = act.unit_of_work, act.path.end
    parent = await (await walk(work, act.path.parent)).holding(step)
    if undefer_at(step):
        schema = act.path.parent.schema
        return replace(query, within=Membership(schema, parent[str(schema.pk)], step.field))
    keys = await work.compute(act.schema.parse_keys, parent.get(step.field) or [])
    return replace(query, where=[*query.where, Condition(str(act.schema.pk), "in", keys)])


async def _get_embedded(act: Act, query: Query) -> Listing:
    """Return a page of embedded documents.

    The documents are in the stored order unless the query sorts them.
    """
    work, name = act.unit_of_work, act.path.end.field
    target = await walk(work, act.path.parent)
    stored = await target.whole()
    target.check_readable(stored, [*target.steps, act.path.end][0])
    trail, parent = locate(stored.values, target.steps)
    held = parent.get(name) or []
    indexes = await work.compute(selected, held, query)
    page, more = cut(indexes, query)
    items = [Stored(work.provider.part(stored.instance, [*trail, (name, index)]), held[index]) for index in page]
    return Listing(items, more, len(indexes) if query.count else None)
