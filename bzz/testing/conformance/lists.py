"""Cases of lists: conditions, orders, pages, cursors, counts, and the model's hooks."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.conditions import Condition, all_hold
from bzz.providers.values import Query
from bzz.testing.conformance.cases import UNKNOWN_ID, Cases, case
from bzz.testing.conformance.serving import Served, hooked

PEOPLE: dict[str, dict[str, Any]] = {
    "Ada": {"age": 36},
    "ada b": {"age": 5},
    "B.b": {"age": 20},
    "50%\n": {"age": 20},
    "a_b*c?[d]\\/'\"": {},
    "Zoë": {},
}
TEXTS = ("ada", "Ada", "B.b", "50%", "%", "_", "*", "?", "[d]", "\\", "/", "'", '"', ".", "b", "c", "oë", "\n", "")
TEXTUAL = ("contains", "startswith", "endswith", "icontains", "istartswith", "iendswith")
NUMERIC = [
    *((operator, value) for operator in ("eq", "ne", "gt", "gte", "lt", "lte") for value in (5, 20, 21)),
    *((operator, value) for operator in ("in", "nin") for value in ([5, 36], [20, None], [], [None])),
    *(("exists", value) for value in (True, False)),
    *((operator, None) for operator in ("eq", "ne")),
]
HOMES: dict[str, tuple[str, ...]] = {"home.city=Rio": (), "home.city__exists=false": (), "sort=-home.city": ("sort",)}
SORTS: dict[str, tuple[str, ...]] = {  # and the features that they need
    "": (),
    "sort=name": ("sort",),
    "sort=-id": ("sort",),
    "sort=age": ("sort", "age"),
    "sort=-age": ("sort", "age"),
    "sort=-age,name": ("sort", "age"),
}


async def people(served: Served) -> None:
    """Create one person for each entry of ``PEOPLE``. A person without the field ``age`` has a name only."""
    has_age = "age" in served.hives["person"].resource.schema.fields
    for name, values in PEOPLE.items():
        await served.person(name, **(values if has_age else {}))


async def found(served: Served, *conditions: Condition, **options: Any) -> set[str]:
    """Return the names that the provider finds for all conditions."""
    unit_of_work = UnitOfWork(served.provider)
    query = Query(where=[*conditions], per_page=100, **options)
    listing = await unit_of_work.list(served.hives["person"].resource.schema, query, represent=False)
    await unit_of_work.end()
    return {item.values["name"] for item in listing.items}


def wanted(*conditions: Condition) -> set[str]:
    """Return the names in ``PEOPLE`` that meet all conditions.

    ``all_hold`` compares the values.
    """
    meets = all_hold(conditions)
    return {name for name, values in PEOPLE.items() if meets({"name": name, "age": None} | values)}


class ListCases(Cases):
    """The content, order and pages of lists."""

    @case(operator=TEXTUAL)
    async def test_text_operators_take_their_value_literally(self, served: Served, operator: str) -> None:
        """Upper and lower case differ.

        Only the text operators whose names begin with ``i`` ignore the difference.
        """
        await people(served)
        for text in TEXTS:
            condition = Condition("name", operator, text)
            assert await found(served, condition) == wanted(condition), text

    @case("age")
    async def test_conditions_on_numbers_agree_with_all_hold(self, served: Served) -> None:
        """None is a value for ``eq``, ``ne``, ``in`` and ``nin``.

        It is neither less nor greater than any other value.
        """
        await people(served)
        for operator, value in NUMERIC:
            condition = Condition("age", operator, value)
            assert await found(served, condition) == wanted(condition), condition

    @case("age")
    async def test_an_instance_must_meet_all_conditions(self, served: Served) -> None:
        """Several conditions may be on one field or on different fields."""
        await people(served)
        both = Condition("age", "gte", 5), Condition("age", "lt", 36), Condition("age", "ne", 20)
        assert await found(served, *both) == wanted(*both) == {"ada b"}
        more = Condition("name", "icontains", "b"), Condition("age", "gt", 5)
        assert await found(served, *more) == wanted(*more) == {"B.b"}

    @case()
    async def test_a_list_can_be_filtered_by_ten_thousand_keys(self, served: Served) -> None:
        """``expand`` may ask for that many keys in one query."""
        key = served.hives["person"].resource.schema.fields[str(served.hives["person"].resource.schema.pk)].type
        mine = key.parse(await served.person())
        others = [key.parse(await served.person(f"p{n}")) for n in range(3)]
        pk = str(served.hives["person"].resource.schema.pk)
        keys = [mine, *others[:1] * 9_999]
        assert await found(served, Condition(pk, "in", keys)) == {"Ada", "p0"}
        assert await found(served, Condition(pk, "in", [])) == set()

    @case("sort", "age")
    async def test_null_comes_first_ascending_and_last_descending(self, served: Served) -> None:
        """The primary key sorts equal values, so the order never changes."""
        await people(served)
        rising = [PEOPLE[name].get("age") for name in await served.names("/person?sort=age")]
        assert rising == [None, None, 5, 20, 20, 36]
        falling = await served.names("/person?sort=-age")
        assert [PEOPLE[name].get("age") for name in falling] == rising[::-1]
        assert await served.names("/person?sort=age") == await served.names("/person?sort=age")
        twice = await served.names("/person?sort=-age,-name")
        assert twice[1:3] in (["B.b", "50%\n"], ["50%\n", "B.b"])

    @case("after", sort=SORTS)
    async def test_a_walk_along_cursors_meets_each_instance_once(self, served: Served, sort: str) -> None:
        """This is so even if sorted values are null or equal."""
        await people(served)
        met = await served.walk(f"/person?per_page=2&{sort}")
        assert met == await served.names(f"/person?per_page=100&{sort}")
        assert sorted(met) == sorted(PEOPLE)

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
        await served.person("new")
        assert [name for name in await served.walk(next_page) if name != "new"] == everybody[2:]

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

    @case("tags")
    async def test_a_list_field_is_filtered_by_its_items(self, served: Served) -> None:
        """For ``exists``, an empty list counts as no value."""
        for name, tags in (("Ada", ["math", "a.b"]), ("Bob", ["Math"]), ("Cy", [])):
            await served.person(name, tags=tags)
        await served.person("Di")
        assert await served.names("/person?tags__contains=math") == ["Ada"]
        assert await served.names("/person?tags__contains=a.b&tags__contains=math") == ["Ada"]
        assert sorted(await served.names("/person?tags__exists=true")) == ["Ada", "Bob"]
        assert sorted(await served.names("/person?tags__exists=false")) == ["Cy", "Di"]

    @case("home", query=HOMES)
    async def test_a_list_is_filtered_and_sorted_by_embedded_fields(self, served: Served, query: str) -> None:
        """The query contains the embedded field's name with a dot."""
        for name, home in (("Ada", {"city": "Rio"}), ("Bob", {"city": "Bari"}), ("Cy", None)):
            await served.person(name, home=home)
        found = {"home.city=Rio": ["Ada"], "home.city__exists=false": ["Cy"], "sort=-home.city": ["Ada", "Bob", "Cy"]}
        assert await served.names(f"/person?{query}") == found[query]

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
