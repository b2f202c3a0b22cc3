"""Orders, pages, cursors and counts."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter
from typing import Any

from bzz.providers.conditions import Condition, all_hold, sort_key, value_at
from bzz.providers.memory import MemoryProvider
from tests.support.broken import breaks

WALK = "a_walk_along_cursors_meets_each_instance_once"


class Sorting(MemoryProvider):
    """Sorts its lists with ``sorted``, which gets the rows in the order of their keys."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, replace(query, per_page=10_000, page=1), **options)
        rows = self.sorted(sorted(listing.items, key=lambda item: str(item.values[schema.pk])), query.sort)
        end = query.skip + query.per_page
        return replace(listing, items=rows[query.skip : end], more=len(rows) > end)

    def sorted(self, rows: Any, sort: Any) -> Any:
        for name, descending in reversed(sort):
            keyed = [(sort_key(value_at(row.values, name)), row) for row in rows]
            rows = [row for _, row in sorted(keyed, key=itemgetter(0), reverse=descending)]
        return rows


@breaks("The primary key decides the order of equal values.", "the_primary_key_sorts_equal_values")
class NoKey(Sorting):
    """Leaves equal values in another order each time."""

    def sorted(self, rows: Any, sort: Any) -> Any:
        return super().sorted(rows[1:] + rows[:1], sort)


@breaks("The primary key ascends if the other values descend.", "the_primary_key_sorts_equal_values")
class AllDescend(Sorting):
    """Sorts all values in the direction of the first."""

    def sorted(self, rows: Any, sort: Any) -> Any:
        ascending = super().sorted(rows, [(name, False) for name, _ in sort])
        return ascending[::-1] if sort and sort[0][1] else ascending


@breaks("Null comes first.", "null_comes_first_ascending_and_last_descending")
class NullsLast(Sorting):
    """Sorts null last, as PostgreSQL does."""

    def sorted(self, rows: Any, sort: Any) -> Any:
        for name, descending in reversed(sort):
            empty = [row for row in rows if value_at(row.values, name) is None]
            full = super().sorted([row for row in rows if row not in empty], [(name, descending)])
            rows = empty + full if descending else full + empty
        return rows


@breaks("Several fields sort one after the other.", "null_comes_first_ascending_and_last_descending")
class OneField(Sorting):
    """Sorts by the first field only."""

    def sorted(self, rows: Any, sort: Any) -> Any:
        return super().sorted(rows, sort[:1])


@breaks("A descending order descends.", "null_comes_first_ascending_and_last_descending")
class Ascends(Sorting):
    """Ignores the direction."""

    def sorted(self, rows: Any, sort: Any) -> Any:
        return super().sorted(rows, [(name, False) for name, _ in sort])


@breaks("An order may be by an embedded field.", "a_list_is_sorted_by_embedded_fields")
class TopOnly(Sorting):
    """Looks for an embedded field among the fields of the instance."""

    def sorted(self, rows: Any, sort: Any) -> Any:
        return super().sorted(rows, [(name.rpartition(".")[2], descending) for name, descending in sort])


class Changed(MemoryProvider):
    """Changes the query, or the page."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        return self.page(query, await super().list(schema, self.asked(query), **options))

    def asked(self, query: Any) -> Any:
        return query

    def page(self, query: Any, listing: Any) -> Any:
        return listing


@breaks("A page begins after the instances before it.", "pages_are_parts_of_the_list")
class FirstPage(Changed):
    """Begins each page at the first instance."""

    def asked(self, query: Any) -> Any:
        return replace(query, page=1)


@breaks("Pages do not overlap.", "pages_are_parts_of_the_list")
class Overlaps(Changed):
    """Begins a page with the last instance of the page before it."""

    def asked(self, query: Any) -> Any:
        return replace(query, per_page=10_000, page=1)

    def page(self, query: Any, listing: Any) -> Any:
        begin = max(0, query.skip - query.page + 1)
        return replace(listing, items=listing.items[begin : begin + query.per_page])


@breaks("A page is not longer than asked for.", "a_page_says_whether_another_page_follows")
class OneMore(Changed):
    """Returns the instance by which it knows that another page follows."""

    def asked(self, query: Any) -> Any:
        return replace(query, per_page=query.per_page + 1)


@breaks("A page is as long as asked for, if possible.", "a_page_says_whether_another_page_follows")
class LimitsFirst(MemoryProvider):
    """Applies the conditions to a page, and not to the list."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        listing = await super().list(schema, replace(query, where=[]), **options)
        meets = all_hold(query.where)
        return replace(listing, items=[item for item in listing.items if meets(item.values)])


@breaks("A provider does not change the query.", "a_page_says_whether_another_page_follows")
class AddsConditions(MemoryProvider):
    """Adds a condition of its own to each query."""

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        query.where.append(Condition(str(schema.pk), "ne", None))
        return await super().list(schema, query, **options)


@breaks("No page follows a full last page.", "a_page_says_whether_another_page_follows")
class FullMeansMore(Changed):
    """Says that another page follows each full page."""

    def page(self, query: Any, listing: Any) -> Any:
        return replace(listing, more=len(listing.items) == query.per_page)


@breaks("A page says that another one follows.", "a_page_says_whether_another_page_follows")
class NeverMore(Changed):
    """Says that no page follows."""

    def page(self, query: Any, listing: Any) -> Any:
        return replace(listing, more=False)


@breaks("A total is counted only if the query asks for it.", "a_page_says_whether_another_page_follows")
class AlwaysCounts(Changed):
    """Counts all instances of each list."""

    def asked(self, query: Any) -> Any:
        return replace(query, count=True)


@breaks("A total is of all pages.", "a_count_is_of_all_pages", condition="")
class CountsPage(Changed):
    """Counts the instances on the page."""

    def page(self, query: Any, listing: Any) -> Any:
        return replace(listing, total=len(listing.items) if query.count else None)


@breaks("A total is of the instances that meet the conditions.", "a_count_is_of_all_pages", condition="age__gte=20")
class CountsTable(Changed):
    """Counts all instances of the model."""

    def page(self, query: Any, listing: Any) -> Any:
        return replace(listing, total=max(map(len, self._tables.values())) if query.count else None)


@breaks("A total does not depend on the cursor.", "a_count_is_the_same_on_each_page", way="after")
class CountsRest(Changed):
    """Counts the instances after the cursor."""

    def page(self, query: Any, listing: Any) -> Any:
        before = 2 if query.after else 0
        return replace(listing, total=listing.total - before if query.count else None)


@breaks("A total does not depend on the page.", "a_count_is_the_same_on_each_page", way="page")
class CountsFromPage(Changed):
    """Counts the instances from the page on."""

    def page(self, query: Any, listing: Any) -> Any:
        return replace(listing, total=listing.total - query.skip if query.count else None)


@breaks("A page begins after its cursor.", "a_cursor_stays_valid_after_its_instance_is_deleted")
@breaks("A walk along cursors ends.", WALK, sort="sort=age")
class NoCursor(Changed):
    """Ignores cursors."""

    def asked(self, query: Any) -> Any:
        return replace(query, after=None, page=1)


@breaks("The conditions hold after a cursor.", WALK, sort="")
class ForgetsConditions(Changed):
    """Applies no conditions after a cursor."""

    def asked(self, query: Any) -> Any:
        return replace(query, where=[]) if query.after else query


class FirstValue(MemoryProvider):
    """Compares the first value of a cursor only."""

    repeats = False

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        if query.after is None:
            return await super().list(schema, query, **options)
        listing = await super().list(schema, replace(query, after=None, page=1, per_page=10_000), **options)
        [(name, descending), *_], value = query.after.order, sort_key(query.after.values[0])
        rest = [
            item for item in listing.items if self.follows(sort_key(value_at(item.values, name)), value, descending)
        ]
        return replace(listing, items=rest[: query.per_page], more=len(rest) > query.per_page)

    def follows(self, one: Any, value: Any, descending: bool) -> bool:
        return bool((self.repeats and one == value) or (one < value if descending else one > value))


@breaks("A page begins with the next of several equal values.", WALK, sort="sort=age")
class Skips(FirstValue):
    """Begins a page after all equal values."""


@breaks("No page repeats equal values.", WALK, sort="sort=-age")
class Repeats(FirstValue):
    """Begins a page with the first of equal values."""

    repeats = True


@breaks("Null has a place after a cursor, too.", WALK, sort="sort=-age,name")
class LosesNulls(Changed):
    """Compares values after a cursor as SQL does."""

    def page(self, query: Any, listing: Any) -> Any:
        if query.after is None or query.sort[:1] != [("age", True)]:
            return listing
        return replace(listing, items=[item for item in listing.items if item.values["age"] is not None])


@breaks("A cursor is no number of instances.", "a_cursor_stays_valid_after_its_instance_is_deleted")
class Offsets(MemoryProvider):
    """Keeps with each cursor how many instances came before it."""

    def __init__(self) -> None:
        super().__init__()
        self.skips: dict[Any, int] = {}

    async def list(self, schema: Any, query: Any, **options: Any) -> Any:
        key = query.after.values[-1] if query.after else None
        skip = self.skips.get(key, 0) if query.after else query.skip
        every = await super().list(schema, replace(query, after=None, page=1, per_page=10_000), **options)
        end = skip + query.per_page
        listing = replace(every, items=every.items[skip:end], more=len(every.items) > end)
        if listing.items:
            self.skips[listing.items[-1].values[schema.pk]] = end
        return listing


@breaks("A cursor does not need its instance.", "a_cursor_stays_valid_after_its_instance_is_deleted")
class NeedsInstance(Changed):
    """Looks for the instance of a cursor, and else begins at the first instance."""

    def asked(self, query: Any) -> Any:
        is_known = query.after and any(query.after.values[-1] in table for table in self._tables.values())
        return query if is_known else replace(query, after=None)


@breaks("A forged cursor does no harm.", "a_forged_cursor_is_refused_or_leads_into_the_list")
class Trusting(MemoryProvider):
    """Takes each value of a cursor for one of its own."""

    def stored_value(self, schema: Any, name: str, raw: Any) -> Any:
        kind, [text] = raw.popitem() if isinstance(raw, dict) and raw else ("", [raw])
        raise KeyError(kind, text)
