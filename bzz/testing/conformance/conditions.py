"""Cases of conditions: the instances that a list contains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from bzz.providers.conditions import Condition, all_hold
from bzz.providers.values import Query
from bzz.schema.schema import Schema
from bzz.testing.conformance.cases import SCALARS, Cases, case, each
from bzz.testing.conformance.serving import Served
from bzz.testing.conformance.types import VALUES, parsed
from bzz.testing.conformance.visibility import listed

PEOPLE: dict[str, dict[str, Any]] = {
    "Ada": {"age": 36},
    "ada b": {"age": 5},
    "B.b": {"age": 20},
    "50%\n": {"age": 20},
    "a_b*c?[d]\\/'\"\nada": {},
    "Zoë": {},
}
TEXTS = ("ada", "Ada", "B.b", "50%", "%", "_", "*", "?", "[d]", "\\", "/", "'", '"', ".", "b", "c", "oë", "\n", "")
WHOLE = (*PEOPLE, "ada", "ADA B", "Ada ", " Ada", "Zoe", "Zoe\u0308", "50%")  # these texts equal no other text
TEXTUAL = ("contains", "startswith", "endswith", "icontains", "istartswith", "iendswith")
ORDERLY = ("ant", "ants", "bee", "beetle", "cat")  # in the order of every language
NUMERIC = [
    *((operator, value) for operator in ("eq", "ne", "gt", "gte", "lt", "lte") for value in (5, 20, 21)),
    *((operator, value) for operator in ("in", "nin") for value in ([5, 36], [20, None], [], [None])),
    *(("exists", value) for value in (True, False)),
    *((operator, None) for operator in ("eq", "ne")),
]
NULLABLE = [name for name in SCALARS if name not in ("active", "status", "photo")]  # they have no default
PRESENT: dict[str, tuple[Any, ...]] = {  # values that ``exists`` counts as present
    "email": ("",),
    "age": (0,),
    "height": (0,),
    "active": (False,),
    "notes": (0, False, "", [0], {"a": 0}),
    "tags": ([""],),
}
ABSENT: dict[str, tuple[Any, ...]] = {"notes": ([], {}), "tags": ([],)}  # and as absent, as it does null
MANY = 10_000  # keys in one query, if the store takes so many


async def people(served: Served) -> None:
    """Create one person for each entry of ``PEOPLE``. A person without the field ``age`` has a name only."""
    has_age = "age" in served.hives["person"].resource.schema.fields
    for name, values in PEOPLE.items():
        await served.person(name, **(values if has_age else {}))


def schema_of(served: Served) -> Schema:
    """Return the schema of persons."""
    schema: Schema = served.hives["person"].resource.schema
    return schema


async def found(served: Served, *conditions: Condition) -> set[str]:
    """Return the names that the provider finds for all conditions.

    If the type of a field lacks an operator, skip the rest of the case.
    """
    fields = schema_of(served).fields
    for one in conditions:
        if one.operator not in fields[one.field].type.operators:
            pytest.skip(f"the type of {one.field} has no operator {one.operator!r}")
    listing = await listed(served.provider, schema_of(served), Query(where=[*conditions], per_page=100))
    names = [item.values["name"] for item in listing.items]
    assert len({*names}) == len(names), "an instance is on the list once"
    return {*names}


def wanted(*conditions: Condition) -> set[str]:
    """Return the names in ``PEOPLE`` that meet all conditions.

    ``all_hold`` compares the values.
    """
    meets = all_hold(conditions)
    return {name for name, values in PEOPLE.items() if meets({"name": name, "age": None} | values)}


class ConditionCases(Cases):
    """A list contains the instances that meet its conditions."""

    @case(operator=TEXTUAL)
    async def test_text_operators_take_their_value_literally(self, served: Served, operator: str) -> None:
        """Upper and lower case differ.

        Only the text operators whose names begin with ``i`` ignore the difference.
        """
        await people(served)
        for text in TEXTS:
            condition = Condition("name", operator, text)
            assert await found(served, condition) == wanted(condition), text

    @case(operator=("eq", "ne", "in", "nin"))
    async def test_equal_texts_have_the_same_characters(self, served: Served, operator: str) -> None:
        """Case, accents and blanks at the end differ. So do two spellings of one accent."""
        await people(served)
        for text in WHOLE:
            condition = Condition("name", operator, [text, "x"] if "in" in operator else text)
            assert await found(served, condition) == wanted(condition), text

    @case(operator=("gt", "gte", "lt", "lte"))
    async def test_text_comes_before_or_after_another_text(self, served: Served, operator: str) -> None:
        """Each language has its own order. The order of these words is the same in all of them."""
        for name in ORDERLY:
            await served.person(name)
        for text in (*ORDERLY, "bees", "d"):
            condition = Condition("name", operator, text)
            meets = all_hold([condition])
            assert await found(served, condition) == {name for name in ORDERLY if meets({"name": name})}, text

    @case(feature=each(NULLABLE))
    async def test_null_equals_null_only(self, served: Served, feature: str) -> None:
        """This holds for ``eq``, ``ne``, ``in`` and ``nin``. No other operator finds null."""
        first, other, _ = VALUES[feature]
        kept = {"null": None, "first": parsed(served, feature, first), "other": parsed(served, feature, other)}
        for name, value in (("null", None), ("first", first), ("other", other)):
            await served.person(name, **({} if value is None else {feature: value}))
        one, two = kept["first"], kept["other"]
        lists: Sequence[list[Any]] = ([one], [None], [one, None], [two, one], [])
        conditions = [
            *(Condition(feature, operator, value) for operator in ("eq", "ne") for value in (one, two, None)),
            *(Condition(feature, operator, values) for operator in ("in", "nin") for values in lists),
            *(Condition(feature, "exists", value) for value in (True, False)),
        ]
        operators = schema_of(served).fields[feature].type.operators
        conditions += [Condition(feature, name, one) for name in ("gt", "gte", "lt", "lte")]
        conditions += [Condition(feature, name, "") for name in TEXTUAL]
        for condition in [one for one in conditions if one.operator in operators]:
            meets = all_hold([condition])
            assert await found(served, condition) == {n for n, v in kept.items() if meets({feature: v})}, condition

    @case(feature=each(PRESENT))
    async def test_exists_counts_empty_lists_and_objects_as_absent(self, served: Served, feature: str) -> None:
        """It counts every other value as present: zero, false and the empty text."""
        wanted: dict[bool, set[str]] = {True: set(), False: set()}
        if feature != "active":  # which has a default
            await served.person("nobody")
            wanted[False].add("nobody")
        for is_present, values in ((True, PRESENT[feature]), (False, ABSENT.get(feature, ()))):
            for value in values:
                await served.person(f"{value!r}", **{feature: value})
                wanted[is_present].add(f"{value!r}")
        for is_present, names in wanted.items():
            assert await found(served, Condition(feature, "exists", is_present)) == names, is_present

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
        same = Condition("age", "ne", 5), Condition("age", "ne", 20)
        assert await found(served, *same) == wanted(*same)
        more = Condition("name", "icontains", "b"), Condition("age", "gt", 5)
        assert await found(served, *more) == wanted(*more) == {"B.b"}

    @case()
    async def test_a_list_can_be_filtered_by_many_keys(self, served: Served) -> None:
        """A query has at most ``Capabilities.keys`` keys. It may repeat a key, and name keys that do not exist."""
        schema = schema_of(served)
        pk = str(schema.pk)
        mine, other = [schema.fields[pk].type.parse(await served.person(name)) for name in ("Ada", "Bob")]
        await served.person("Cy")
        most = min(MANY, served.provider.capabilities.keys)
        unknown = unknown_keys(schema, most)
        for keys in ([*unknown[2:], mine, other][:most], [mine, *[other] * (most - 1)], [mine], [unknown[0]], []):
            names = {name for name, key in (("Ada", mine), ("Bob", other)) if key in keys}
            assert await found(served, Condition(pk, "in", keys)) == names
        assert await found(served, Condition(pk, "nin", [mine])) == {"Bob", "Cy"}
        assert await found(served, Condition(pk, "in", [mine]), Condition("name", "ne", "Ada")) == set()

    @case("tags")
    async def test_a_list_field_is_filtered_by_its_items(self, served: Served) -> None:
        """``contains`` compares whole items. For ``exists``, an empty list counts as no value."""
        for name, tags in (("Ada", ["math", "a.b", "math"]), ("Bob", ["Math", "mathematics"]), ("Cy", [])):
            await served.person(name, tags=tags)
        await served.person("Di")
        assert await served.names("/person?tags__contains=mat") == []
        assert await served.names("/person?tags__contains=math") == ["Ada"]
        assert await served.names("/person?tags__contains=a.b&tags__contains=math") == ["Ada"]
        assert sorted(await served.names("/person?tags__exists=true")) == ["Ada", "Bob"]
        assert sorted(await served.names("/person?tags__exists=false")) == ["Cy", "Di"]

    @case("home")
    async def test_a_list_is_filtered_by_embedded_fields(self, served: Served) -> None:
        """The query contains the embedded field's name with a dot."""
        await people_at_home(served)
        assert await served.names("/person?home.city=Rio") == ["Ada"]
        assert await served.names("/person?home.city__exists=false") == ["Cy"]
        assert sorted(await served.names("/person?home.city__ne=Rio")) == ["Bob", "Cy"]

    @case("home", "sort")
    async def test_a_list_is_sorted_by_embedded_fields(self, served: Served) -> None:
        """Null comes first in ascending order, as an embedded document that is null has no fields."""
        await people_at_home(served)
        assert await served.names("/person?sort=-home.city") == ["Ada", "Bob", "Cy"]
        assert await served.names("/person?sort=home.city") == ["Cy", "Bob", "Ada"]


async def people_at_home(served: Served) -> None:
    """Create a person in Rio, one in Bari, and one without a home."""
    for name, home in (("Ada", {"city": "Rio"}), ("Bob", {"city": "Bari"}), ("Cy", None)):
        await served.person(name, home=home)


def unknown_keys(schema: Schema, number: int) -> Sequence[Any]:
    """Return different primary keys that no instance has."""
    texts = [[f"{one:024d}", f"{one:032d}"] for one in range(1_000_000, 1_000_000 + number)]  # of an ObjectId, a UUID
    return [key for both in texts for key in schema.parse_keys(both)[:1]]
