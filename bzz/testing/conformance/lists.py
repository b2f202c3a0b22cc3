"""Cases of lists: orders, pages, cursors, counts, and the model's hooks."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from bzz.providers.conditions import Condition
from bzz.providers.values import Query
from bzz.testing.conformance.cases import UNKNOWN_ID, Cases, case
from bzz.testing.conformance.conditions import PEOPLE, people, schema_of
from bzz.testing.conformance.serving import Served, hooked
from bzz.testing.conformance.visibility import listed

FORGED: tuple[Any, ...] = (None, True, 5, -1.5, 2**70, "", "x", "\x00", [], [[1]], {}, {"a": "b"}, {"decimal": "x"})
LONG = 120  # instances on a page
SORTS: dict[str, tuple[str, ...]] = {  # and the features that they need
    "": (),
    "sort=name": ("sort",),
    "sort=-id": ("sort",),
    "sort=age": ("sort", "age"),
    "sort=-age": ("sort", "age"),
    "sort=-age,name": ("sort", "age"),
}


class ListCases(Cases):
    """The content, order and pages of lists."""

    @case("sort", "age")
    async def test_null_comes_first_ascending_and_last_descending(self, served: Served) -> None:
        """Several fields sort one after the other."""
        await people(served)
        rising = [PEOPLE[name].get("age") for name in await served.names("/person?sort=age")]
        assert rising == [None, None, 5, 20, 20, 36]
        falling = await served.names("/person?sort=-age")
        assert [PEOPLE[name].get("age") for name in falling] == rising[::-1]
        twenty = [await served.names(f"/person?sort=-age,{name}") for name in ("name", "-name")]
        assert [names[1:3] for names in twenty] == [["50%\n", "B.b"], ["B.b", "50%\n"]]

    @case("sort", "age")
    async def test_the_primary_key_sorts_equal_values(self, served: Served) -> None:
        """It does so in ascending order, unless the request says otherwise. So the order never changes."""
        for number in range(8):
            await served.person(f"p{number}", age=number % 2)
        by_key = await served.names("/person")
        assert await served.names("/person?sort=-id") == by_key[::-1]
        even = [name for name in by_key if name in ("p0", "p2", "p4", "p6")]
        odd = [name for name in by_key if name not in even]
        assert await served.names("/person?sort=age") == even + odd
        assert await served.names("/person?sort=-age") == odd + even
        assert await served.names("/person?sort=-age,-id") == odd[::-1] + even[::-1]

    @case("after", sort=SORTS)
    async def test_a_walk_along_cursors_meets_each_instance_once(self, served: Served, sort: str) -> None:
        """This is so even if sorted values are null or equal. The conditions hold for each page."""
        await people(served)
        everybody = await served.names(f"/person?{sort}")
        for left_out in ("", everybody[-1]):
            wanted = [name for name in everybody if name != left_out]
            path = f"/person?name__ne={quote(left_out)}&{sort}&per_page="
            assert [await served.walk(f"{path}{size}") for size in (1, 2, 100)] == [wanted] * 3
        assert sorted(everybody) == sorted(PEOPLE)

    @case()
    async def test_a_page_says_whether_another_page_follows(self, served: Served) -> None:
        """It is as long as asked for, if possible. It has a total only if the query asks for one."""
        await people(served)
        for size, length, more in ((1, 1, True), (5, 5, True), (6, 6, False), (7, 6, False)):
            listing = await listed(served.provider, schema_of(served), Query(per_page=size))
            assert (len(listing.items), listing.more, listing.total) == (length, more, None), size
        first, *_ = await served.names("/person")
        for size, more in ((1, True), (4, True), (5, False)):
            query = Query(where=[Condition("name", "ne", first)], per_page=size)
            listing = await listed(served.provider, schema_of(served), query)
            assert (len(listing.items), listing.more) == (size, more), "a page has as many instances as possible"
            assert query == Query(where=[Condition("name", "ne", first)], per_page=size), "the query belongs to bzz"
        if served.provider.capabilities.page:
            for page, length, more in ((2, 3, False), (3, 0, False)):
                listing = await listed(served.provider, schema_of(served), Query(per_page=3, page=page))
                assert (len(listing.items), listing.more) == (length, more), page

    @case()
    async def test_a_long_page_is_whole(self, served: Served) -> None:
        """So is the page for a condition with many keys."""
        schema, pk = schema_of(served), str(schema_of(served).pk)
        keys = schema.parse_keys([await served.person(f"p{number}") for number in range(LONG)])
        for where in ([], [Condition(pk, "in", keys[: served.provider.capabilities.keys])]):
            size = len(where[0].value) if where else LONG
            listing = await listed(served.provider, schema, Query(where=where, per_page=size))
            assert (len(listing.items), listing.more) == (size, False), where

    @case("after")
    async def test_a_cursor_stays_valid_after_its_instance_is_deleted(self, served: Served) -> None:
        """The instances after a cursor stay the same.

        Instances before the cursor may be deleted or created.
        """
        ids = {name: await served.person(name) for name in ("a", "b", "c", "d")}
        everybody = await served.names("/person")
        first = await served.api("GET", "/person?per_page=2")
        next_page = first.headers["Link"].split("<")[-1].partition(">")[0]
        assert (await served.api("DELETE", f"/person/{ids[everybody[1]]}")).status == 204
        assert await served.walk(next_page) == everybody[2:]
        await served.person("new")
        assert [name for name in await served.walk(next_page) if name != "new"] == everybody[2:]

    @case("after")
    async def test_a_forged_cursor_is_refused_or_leads_into_the_list(self, served: Served) -> None:
        """A client may put any JSON value, or any token, into a cursor."""
        await people(served)
        link = (await served.api("GET", "/person?per_page=2")).headers["Link"]
        [text] = parse_qs(urlsplit(link.split("<")[-1].partition(">")[0]).query)["after"]
        names, held = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        for forged in FORGED:
            content = str(forged) if isinstance(held, str) else [{"stored": forged}] * len(held)
            cursor = urlsafe_b64encode(json.dumps([names, content]).encode()).decode().rstrip("=")
            assert (await served.api("GET", f"/person?after={cursor}")).status in (200, 400), forged

    @case("page")
    async def test_pages_are_parts_of_the_list(self, served: Served) -> None:
        """The last page may be shorter. A page after it is empty."""
        await people(served)
        everybody = await served.names("/person")
        pages = [await served.names(f"/person?per_page=4&page={page}") for page in (1, 2, 3)]
        assert pages == [everybody[:4], everybody[4:], []]
        full = await served.api("GET", "/person?per_page=6")
        assert (len(full.json), 'rel="next"' in full.headers["Link"]) == (6, False), "there is nothing after it"

    @case("count", condition={"": (), "age__gte=20": ("age",), "age__gt=99": ("age",)})
    async def test_a_count_is_of_all_pages(self, served: Served, condition: str) -> None:
        """Only the instances that meet the conditions are counted."""
        await people(served)
        reply = await served.api("GET", f"/person?count=true&per_page=1&{condition}")
        assert reply.headers["X-Total-Count"] == {"": "6", "age__gte=20": "3", "age__gt=99": "0"}[condition]

    @case("count", way={"page": ("page",), "after": ("after",)})
    async def test_a_count_is_the_same_on_each_page(self, served: Served, way: str) -> None:
        """Neither the number of a page nor its cursor changes it."""
        await people(served)
        where = [Condition("name", "ne", "Ada")]
        path = "/person?count=true&per_page=2&name__ne=Ada"
        first = await served.api("GET", path)
        second = f"{path}&page=2" if way == "page" else first.headers["Link"].split("<")[-1].partition(">")[0]
        assert 'rel="next"' in first.headers["Link"]
        for reply in (first, await served.api("GET", second)):
            assert (len(reply.json), reply.headers["X-Total-Count"]) == (2, "5")
        listing = await listed(served.provider, schema_of(served), Query(where=where, per_page=2, count=True))
        assert listing.total == 5

    @case("note")
    async def test_an_instance_that_hooks_hide_is_not_found(self, served: Served) -> None:
        """Lists, counts, reads by id and writes do not find it."""
        api = served.api
        shown, hidden = [
            (await api.create("/note", text=text, hidden=text == "hidden"))["id"] for text in ("shown", "hidden")
        ]
        assert [one["shown"] for one in (await api("GET", "/note")).json] == ["shown"]
        if served.provider.capabilities.count:
            assert (await api("GET", "/note?count=true")).headers["X-Total-Count"] == "1"
        assert (await api("GET", f"/note/{shown}")).json == {"id": shown, "shown": "shown"}
        for method, body in (("GET", None), ("PUT", {"text": "x"}), ("DELETE", None)):
            assert (await api(method, f"/note/{hidden}", json_body=body)).status == 404
        assert (await api("PUT", f"/note/{shown}", json_body={"hidden": True})).status == 200
        assert (await api("GET", f"/note/{shown}")).status == 404

    @case()
    async def test_hooks_get_the_identifier_and_the_handler(self, served: Served) -> None:
        """The identifier is the text in the URL.

        In process, the handler is None.
        """
        key, told = await served.person(), []

        def narrow_one(cls: Any, model: Any, queryset: Any, instance_id: Any, handler: Any) -> Any:
            told.append((model, instance_id, handler and handler.request.method))
            return queryset

        def narrow_list(cls: Any, queryset: Any, handler: Any) -> Any:
            told.append(handler and handler.request.method)
            return queryset

        with hooked(self.person, get_instance_queryset=narrow_one, get_list_queryset=narrow_list):
            assert (await served.api("GET", f"/person/{key}")).status == 200
            assert await served.names("/person") == ["Ada"]
            await served.hives["person"].get(key)
        assert told == [(self.person, key, "GET"), "GET", (self.person, key, None)]

    @case("note")
    async def test_a_marked_method_of_the_model_makes_the_representation(self, served: Served) -> None:
        """The replies to a POST and to a PUT show this representation."""
        made = await served.api("POST", "/note", json_body={"text": "one"})
        assert made.json == {"id": made.headers["X-Created-Id"], "shown": "one"}
        changed = await served.api("PUT", made.headers["Location"], json_body={"text": "two"})
        assert changed.json == made.json | {"shown": "two"}

    @case(key=(UNKNOWN_ID, "1", "x", "-1", "%00", "%F0%9F%90%9D", "null", "[1]", "9" * 30, "a%2Fb"))
    async def test_an_id_that_no_instance_has_is_not_found(self, served: Served, key: str) -> None:
        """The ids include some that no instance could ever have."""
        for method, body in (("GET", None), ("PUT", {"name": "x"}), ("DELETE", None)):
            assert (await served.api(method, f"/person/{key}", json_body=body)).status == 404, quote(key)
