"""Oracle: the replies to writes that are not refused."""

from __future__ import annotations

from typing import Any

from tests.support.reach import plan
from tests.support.reach.access import Family
from tests.support.reach.paths import Way, follow
from tests.support.reach.reading import Reader
from tests.support.reach.requests import Request
from tests.support.reach.state import Row, State


def shown_after(family: Family, before: State, after: State, request: Request) -> list[Any]:
    """Return the possible bodies of the reply to a write; None for an empty body.

    A caller who may not GET what was written sees nothing of it. What the write itself has hidden from its caller may
    be shown a last time, or not.
    """
    way = follow(family, before, request)
    if request.method == "DELETE" or not isinstance(way, Way):
        return [None]
    reached, caller = way.end.reached, request.caller
    rows = _written(before, after, request, way)
    needed = [one for place in way.places for one in (place.reached, family.between(place.relation)) if one]
    if not all(one.is_readable(caller) for one in needed):
        return [None]
    reader = Reader(family, after, caller)
    shown = [reader.show(reached, row, request.fields, request.expand) for row in rows]
    is_seen = all(family.sees(reached, row, caller) for row in rows)
    return [shown[0] if len(shown) == 1 else shown, *([] if is_seen else [None])]


def _written(before: State, after: State, request: Request, way: Way) -> list[Row]:
    model = way.end.reached.model
    if request.method != "POST":
        return [after.rows[plan.table(model)][request.key]] if request.key else []
    if way.end.relation is None:
        return [row for row in after.all(model) if row["id"] not in before.rows[plan.table(model)]]
    given = (request.body or {})[way.end.relation.name]
    keys = dict.fromkeys(int(key) for key in (given if isinstance(given, list) else [given]))
    return [after.rows[plan.table(model)][key] for key in keys]
