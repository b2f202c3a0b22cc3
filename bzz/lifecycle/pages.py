"""One page of a list.

The provider makes it. If a relation has more members than the store can look for at once, bzz makes the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bzz.exceptions import BadRequest
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.conditions import Condition, all_hold, sort_key, value_at
from bzz.providers.values import Listing, Query, Stored
from bzz.query.cursors import check_kind, encode_cursor, encode_token
from bzz.query.limits import exceeds
from bzz.schema.fields import Values
from bzz.schema.schema import Schema


async def read_page(
    work: UnitOfWork, schema: Schema, query: Query, *, has_cursors: bool, needs_instances: bool
) -> tuple[Listing, str | None]:
    """Return one page of a list, and the cursor of the next page.

    Args:
        work: the calls that read the page.
        schema: the schema of the instances.
        query: the query of the page.
        has_cursors: whether the order of the list has cursors.
        needs_instances: whether the listing must contain instances.

    Returns:
        The page and the cursor. The cursor is None if there is no next page, or if a client must ask for the next page
        with ``page``.

    Raises:
        BadRequest: another page follows, and nothing can name it. The reason may also be that the store has no such
            cursor.
        BzzError: raised by ``Provider.list``.
    """
    able, order, cursor = work.provider.capabilities, query.order(schema), None
    long = next((condition for condition in query.where if exceeds(able, condition)), None)
    has_tokens = able.token and long is None
    check_kind(query, has_tokens=has_tokens)
    if long is None:
        listing = await work.list(schema, query, needs_instances=needs_instances)
    else:
        listing = await _read_batches(work, schema, query, long, needs_instances=needs_instances)
    if listing.more and has_cursors and able.after:
        if has_tokens:
            cursor = encode_token(schema, order, listing.token)
        else:
            cursor = encode_cursor(schema, order, listing.items[-1].values, listing.position)
    if listing.more and cursor is None and not able.page:
        raise BadRequest("More instances follow, and this order has no further pages; sort the list by other fields.")
    return listing, cursor


async def _read_batches(
    work: UnitOfWork, schema: Schema, query: Query, long: Condition, *, needs_instances: bool
) -> Listing:
    """Return a page of the instances whose primary keys are the values of the condition ``long``.

    All these instances are read, in batches.
    """
    found: dict[object, Stored] = {}
    where = [condition for condition in query.where if condition is not long]
    undefer, hidden = query.undefer, query.hidden
    async for some in work.batches(
        schema, long.value, where=where, undefer=undefer, hidden=hidden, needs_instances=needs_instances
    ):
        found |= some
    items = [found[key] for key in long.value if key in found]
    ordered = replace(query, where=[], sort=[*query.order(schema)])
    indexes = await work.compute(selected, [item.values for item in items], ordered)
    page, more = cut(indexes, query)
    return Listing([items[index] for index in page], more, len(items) if query.count else None)


def selected(held: Sequence[Values], query: Query) -> list[int]:
    """Return the indexes of the values that meet a query's conditions and come after its cursor.

    The indexes are in the query's ``sort``.
    """
    meets, after = all_hold(query.where), query.after
    indexes = [i for i, values in enumerate(held) if meets(values) and (after is None or after.precedes(values))]
    for name, descending in reversed(query.sort):
        indexes.sort(key=lambda i, name=name: sort_key(value_at(held[i], name)), reverse=descending)  # type: ignore[misc]
    return indexes


def cut(indexes: Sequence[int], query: Query) -> tuple[Sequence[int], bool]:
    """Return those indexes that are on the query's page, and whether another page follows."""
    end = query.skip + query.per_page
    return indexes[query.skip : end], len(indexes) > end
