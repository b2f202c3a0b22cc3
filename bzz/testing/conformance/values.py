"""Cases of values: what is typed is what is stored, shown, found, sorted by and told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from operator import ge, gt, le, lt
from typing import Any
from urllib.parse import quote, urlencode

from bzz.signals import post_update_instance, pre_update_instance
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import Cases, case, each
from bzz.testing.conformance.serving import Served
from bzz.testing.conformance.types import parsed

EXTREMES: Mapping[str, list[Any]] = {  # values of a person's fields, as JSON
    "email": ["ada@example.com", " a ", "é😀", "%_'\\\"", "A", "null"],
    "age": [0, -1, 2**31 - 1, -(2**31), 36, 7],
    "height": [0.1, -0.5, 1e15, 1e-7, 123456.789, 0],
    "active": [True, False],
    "status": ["new", "done"],
    "balance": ["0", "0.01", "-0.01", "12.50", "12.5", "99999999.99"],
    "born": ["1969-12-31T23:59:59.999Z", "2024-02-29T12:00:00+05:30", "2026-01-02T03:04:05Z", "9999-12-31T23:59:59Z"],
    "day": ["1900-01-01", "1969-12-31", "2024-02-29", "9999-12-31"],
    "wake": ["00:00:00", "23:59:59", "12:00:00", "00:00:01"],
    "token": ["00000000-0000-4000-8000-000000000000", "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF"],
}
FREE: list[Any] = [True, 0, "", "é", [], {}, [1, [None, {"a": "b"}]], {"a": None, "b": {"c": [1e22, 0.1]}}, 2**62]
ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
COMPARED = [name for name in EXTREMES if name not in ("email", "active", "status", "token")]  # as Python compares


class ValueCases(Cases):
    """One value is stored, shown, found, sorted by and told."""

    @case(feature=each(EXTREMES))
    async def test_a_shown_value_finds_itself(self, served: Served, feature: str) -> None:
        """``ne`` finds the other instances, those without a value included."""
        shown = await _shown(served, feature)
        for value in [value for value in shown.values() if value is not None]:
            typed = {key: one if one is None else parsed(served, feature, one) for key, one in shown.items()}
            same = sorted(key for key, one in typed.items() if one == parsed(served, feature, value))
            assert await _found(served, feature, value) == same, (feature, value)
            assert await _found(served, f"{feature}__ne", value) == sorted({*shown}.difference(same))

    @case(feature=each(COMPARED))
    async def test_conditions_agree_with_python(self, served: Served, feature: str) -> None:
        """An instance without a value meets none of them."""
        shown = await _shown(served, feature)
        typed = {key: parsed(served, feature, value) for key, value in shown.items() if value is not None}
        for limit in shown.values():
            for operator, holds in ORDERED.items() if limit is not None else ():
                wanted = sorted(key for key, value in typed.items() if holds(value, parsed(served, feature, limit)))
                assert await _found(served, f"{feature}__{operator}", limit) == wanted, (operator, limit)

    @case("after", "sort", feature=each(EXTREMES))
    async def test_a_walk_by_a_field_meets_each_instance_once(self, served: Served, feature: str) -> None:
        """The walk goes in both directions."""
        shown = await _shown(served, feature)
        for sort in (feature, f"-{feature}"):
            names = await served.walk(f"/person?per_page=2&sort={sort}")
            assert sorted(names) == [f"p{number}" for number in range(len(shown))], sort

    @case(feature=each(EXTREMES))
    async def test_both_signals_of_an_update_tell_one_change(self, served: Served, feature: str) -> None:
        """The reply shows the value that they tell."""
        known, key = served.hives["person"].resource.schema.fields[feature], await served.person()
        for value in EXTREMES[feature]:
            with capture(pre_update_instance, post_update_instance) as sent:
                reply = await served.api("PATCH", f"/person/{key}", json_body={feature: value})
            assert reply.status == 200, reply.body
            before, after = (one.keywords["updated_fields"] for one in sent)
            assert before == after, value
            if after:
                assert reply.json[feature] == known.type.dump(after[feature]["to"])

    @case(feature=each((*EXTREMES, "notes")))
    async def test_a_put_of_a_shown_instance_changes_nothing(self, served: Served, feature: str) -> None:
        """Both signals tell that nothing changes. The entity tag stays."""
        for value in EXTREMES.get(feature, FREE):
            made = await served.api("POST", "/person", json_body={"name": "Ada", feature: value})
            with capture(pre_update_instance, post_update_instance) as sent:
                again = await served.api("PUT", f"/person/{quote(made.json['id'])}", json_body=made.json)
            assert (again.status, again.json, again.headers["ETag"]) == (200, made.json, made.headers["ETag"])
            assert [one.keywords["updated_fields"] for one in sent] == [{}, {}], value

    @case("balance")
    async def test_a_decimal_number_is_never_rounded(self, served: Served) -> None:
        """More decimal places than the store keeps are refused. A condition with more places is exact."""
        made = await served.api("POST", "/person", json_body={"name": "Ada", "balance": "3.005"})
        if made.status == 201:
            assert made.json["balance"] == "3.005"
            return
        assert (made.status, made.json["errors"]) == (400, {"balance": ["has at most 2 decimal places"]})
        key = await served.person(balance="2.00")
        assert await _found(served, "balance", "1.999") == await _found(served, "balance__lt", "1.999") == []
        assert await _found(served, "balance__gt", "1.999") == [key]


async def _shown(served: Served, feature: str) -> dict[str, Any]:
    """Create a person for each extreme value, and one without a value.

    Return a dict from id to the value that a list shows.
    """
    for number, value in enumerate([*EXTREMES[feature], None]):
        await served.person(f"p{number}", **({} if value is None else {feature: value}))
    reply = await served.api("GET", "/person?per_page=100")
    return {one["id"]: one[feature] for one in reply.json}


async def _found(served: Served, condition: str, value: Any) -> list[str]:
    """Return the sorted ids of the persons that meet a condition."""
    asked = json.dumps(value) if isinstance(value, bool) else value
    reply = await served.api("GET", f"/person?per_page=100&{urlencode({condition: asked})}")
    assert reply.status == 200, reply.body
    return sorted(one["id"] for one in reply.json)
