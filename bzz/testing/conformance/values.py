"""Cases of values: what is typed is what is stored, shown, found, sorted by and told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from bzz.signals import post_update_instance, pre_update_instance
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import Cases, case, each
from bzz.testing.conformance.serving import Served
from bzz.testing.conformance.types import parsed

EXTREMES: Mapping[str, list[Any]] = {  # values of a person's fields, as JSON
    "email": ["ada@example.com", " a ", "é😀", "%_'\\\"", "A", "a", "a ", "á", "", "null"],
    "age": [0, -1, 2**31 - 1, -(2**31), 36, 7],
    "height": [0.1, -0.5, 1e15, 1e-7, 123456.789, 0, 10, 9.5, -10],
    "active": [True, False],
    "status": ["new", "done"],
    "balance": ["0", "0.01", "-0.01", "12.50", "12.5", "99999999.99", "-10", "9", "100", "-9.5"],
    "born": [
        "1969-12-31T23:59:59.999Z",
        "2024-02-29T12:00:00+05:30",
        "2024-02-29T08:00:00Z",
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.250Z",
        "9999-12-31T23:59:59Z",
    ],
    "day": ["1900-01-01", "1969-12-31", "2024-02-29", "2024-03-01", "2024-02-28", "9999-12-31"],
    "wake": ["00:00:00", "23:59:59", "12:00:00", "00:00:01"],
    "token": ["00000000-0000-4000-8000-000000000000", "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF"],
}
FREE: list[Any] = [True, 0, "", "é", [], {}, [1, [None, {"a": "b"}]], {"a": None, "b": {"c": [1e22, 0.1]}}, 2**62]
LIMITS: Mapping[str, list[Any]] = {  # values that a store keeps exactly, unless its type refuses them
    "email": ["x" * 256, "é" * 5_000, "a\r\nb\t", "e\u0301", "\u00e9", "x" * 70_000],
    "age": [2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63)],
    "height": [5e-324, 1.7976931348623157e308, 2.0**53, 0.30000000000000004],
    "balance": ["0.10", "1234567890123456.78", "0.1234567890123456789", "1E+2"],
    "born": ["0001-01-01T00:00:00Z", "2026-01-02T03:04:05.678901Z", "2026-01-01T23:59:59.999999-00:01"],
    "day": ["0001-01-01", "1582-10-10"],
    "wake": ["12:34:56.789012", "23:59:59.999999"],
    "photo": ["", "AA==", "/" * 4_000],
    "tags": [[], [""], ["a", "a"], ["b", "a"], ["é", "null", "1"]],
    "home": [{"city": ""}, {"city": "Rio", "street": None}],
    "notes": [
        *(True, 1, "1", False, 0, "", [], {"a": [{"b": None}]}, [[], {}], {}, [True], [1], [1.5], [1.0], [None]),
        *({"a.b": {"$c": 1}}, 2**53 + 1, {"": 1, " ": 2}, -(2**63), {"b": 1, "a": 2}, 0.1, 1e300, "2026-01-02"),
        "x" * 300,
    ],
}
PARSERS: Mapping[str, Callable[[Any], Any]] = {  # a provider may have types of its own, so these read what it shows
    "age": int,
    "height": float,
    "balance": Decimal,
    "born": datetime.fromisoformat,
    "day": date.fromisoformat,
    "wake": time.fromisoformat,
    "token": UUID,
}
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
        operators = served.hives["person"].resource.schema.fields[feature].type.operators
        compared = [(name, holds) for name, holds in ORDERED.items() if name in operators]
        for limit in [one for one in shown.values() if one is not None]:
            for operator, holds in compared:
                wanted = sorted(key for key, value in typed.items() if holds(value, parsed(served, feature, limit)))
                assert await _found(served, f"{feature}__{operator}", limit) == wanted, (operator, limit)

    @case("after", "sort", feature=each(EXTREMES))
    async def test_a_walk_by_a_field_meets_each_instance_once(self, served: Served, feature: str) -> None:
        """The walk goes in both directions, in the order of the list."""
        shown = await _shown(served, feature)
        for sort in (feature, f"-{feature}"):
            names = await served.walk(f"/person?per_page=2&sort={sort}")
            assert names == await served.names(f"/person?per_page=100&sort={sort}")
            assert sorted(names) == sorted(f"p{number}" for number in range(len(shown))), sort

    @case("sort", feature=each(COMPARED))
    async def test_an_order_agrees_with_python(self, served: Served, feature: str) -> None:
        """Numbers are sorted as numbers, and times as instants. Null comes first in ascending order."""
        shown = await _shown(served, feature)
        typed = [None if value is None else parsed(served, feature, value) for value in shown.values()]
        rising = sorted(typed, key=lambda value: (value is not None, value))
        for sort, wanted in ((feature, rising), (f"-{feature}", rising[::-1])):
            reply = await served.api("GET", f"/person?per_page=100&sort={sort}")
            values = [one[feature] for one in reply.json]
            assert [None if one is None else parsed(served, feature, one) for one in values] == wanted, sort

    @case(feature=each((*EXTREMES, "photo", "tags", "home", "notes")))
    async def test_a_value_is_kept_exactly_or_refused(self, served: Served, feature: str) -> None:
        """A POST and a PATCH of the value show it. So does each later read.

        A store may keep times of less than a millisecond as the time before. Then the replies to writes show so.
        """
        keys, other = dict[str, Any](), await served.person("Bob")
        for value in [*EXTREMES.get(feature, ()), *LIMITS.get(feature, ())]:
            made = await served.api("POST", "/person", json_body={"name": "Ada", feature: value})
            if made.status != 201:
                assert [name.partition(".")[0] for name in made.json["errors"]] == [feature], made.body
                continue
            keys[made.json["id"]] = kept = made.json[feature]
            assert _is_kept(feature, value, kept), (value, kept)
            if feature == "email":  # no other person can have it
                assert (await served.api("DELETE", f"/person/{made.json['id']}")).status == 204
                del keys[made.json["id"]]
            changed = await served.api("PATCH", f"/person/{other}", json_body={feature: value})
            again = await served.api("GET", f"/person/{other}")
            assert json.dumps(changed.json[feature]) == json.dumps(again.json[feature]), value
            assert _is_kept(feature, value, again.json[feature]), value
        reply = await served.api("GET", "/person?per_page=100")
        left = {one["id"]: one[feature] for one in reply.json if one["id"] != other}
        assert json.dumps(left, sort_keys=True) == json.dumps(keys, sort_keys=True)

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
            assert (await served.api("DELETE", f"/person/{made.json['id']}")).status == 204
        else:
            assert (made.status, made.json["errors"]) == (400, {"balance": ["has at most 2 decimal places"]})
        key = await served.person(balance="2.00")
        assert await _found(served, "balance", "1.999") == await _found(served, "balance__lt", "1.999") == []
        assert await _found(served, "balance__gt", "1.999") == await _found(served, "balance__ne", "1.999") == [key]


def _is_kept(feature: str, sent: Any, shown: Any) -> bool:
    """Tell whether a value that was sent is shown. True is not 1, and in free-form JSON 1 is not 1.0."""
    if feature == "home":
        return bool({key: sent.get(key) for key in shown} == shown)
    if feature not in PARSERS:
        return json.dumps(sent, sort_keys=True) == json.dumps(shown, sort_keys=True)
    one, other = PARSERS[feature](sent), PARSERS[feature](shown)
    if feature == "born":
        return bool(abs(one - other) < timedelta(milliseconds=1))
    if feature == "wake":
        return other in (one, one.replace(microsecond=one.microsecond // 1000 * 1000))
    return bool(one == other)


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
