"""Walks over documents that other programs have written, with values of any type in any field."""

from __future__ import annotations

import base64
from typing import Any

import mongoengine as me
import orjson
import pytest
from bson import Binary, Code, DBRef, ObjectId, Regex
from bson.binary import UuidRepresentation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import bzz
from bzz.providers.mongoengine.positions import parse_stored
from tests.providers.mongoengine.sightings import ODD, SORTED, TOKEN, Sighting, fill
from tests.support.client import Api
from tests.support.teams import walk


@pytest.fixture
def sightings(api: Api, mongodb: None) -> Api:
    return api.mount(bzz.ModelHive.routes_for("mongoengine", Sighting))


async def check_walks(api: Api, path: str, orders: Any, names: list[str]) -> None:
    """Walk in each order, and compare the documents met with one long page."""
    for order in orders:
        met = await walk(api, f"{path}?per_page=7&sort={order}")
        assert sorted(met) == sorted(names), order
        assert met == [row["name"] for row in (await api("GET", f"{path}?per_page=100&sort={order}")).json], order


async def test_a_walk_by_each_field_in_each_direction_meets_each_document_once(sightings: Api) -> None:
    names = fill(ODD)
    orders = [*SORTED, *(f"-{name}" for name in SORTED), "count,-at", "-spot.height,real,-id"]
    await check_walks(sightings, "/sighting", orders, names)


def test_a_walk_over_random_documents_meets_each_once(sightings: Api, io_loop: Any) -> None:
    @settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        seed=st.integers(),
        values=st.lists(st.sampled_from(ODD), min_size=2, max_size=6),
        order=st.lists(st.sampled_from([*SORTED]), min_size=1, max_size=3, unique=True),
        signs=st.lists(st.sampled_from(["", "-"]), min_size=3, max_size=3),
    )
    def meets(seed: int, values: list[Any], order: list[str], signs: list[str]) -> None:
        names = fill(values, seed)
        sort = ",".join(map("".join, zip(signs, order, strict=False)))
        io_loop.run_sync(lambda: check_walks(sightings, "/sighting", [sort], names))

    meets()


async def test_a_walk_over_documents_of_one_type_carries_typed_values(sightings: Api) -> None:
    names = fill([1, 2, 3])
    await check_walks(sightings, "/sighting", ["count", "-count", "spot.height,-count"], names)
    link = (await sightings("GET", "/sighting?sort=count&per_page=5")).headers["Link"]
    assert b"stored" not in decoded(link)


async def test_identifiers_of_several_types_are_walked(sightings: Api) -> None:
    Sighting.objects.delete()
    keys = [1, "x", "0123456789abcdef01234567", 2.5, *(ObjectId() for _ in range(5))]
    Sighting._get_collection().insert_many([{"_id": key, "name": str(key)} for key in keys])
    for order in ("id", "-id", "name"):
        assert sorted(await walk(sightings, f"/sighting?per_page=2&sort={order}")) == sorted(map(str, keys))


async def test_a_list_has_no_cursor_at_a_document_that_is_sorted_by_an_item(sightings: Api) -> None:
    fill([[1, 2]])
    assert (await sightings("GET", "/sighting?sort=-count&per_page=1")).headers["Link"].count("page=2") == 1


def decoded(link: str) -> bytes:
    """Return the JSON of the cursor in a ``Link``."""
    text = link.partition("after=")[2].partition(">")[0]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cursor(shown: Any) -> str:
    """Return a cursor of a list that is sorted by ``count``."""
    key = "0123456789abcdef01234567"
    return base64.urlsafe_b64encode(orjson.dumps(["count,id", [shown, key]])).decode().rstrip("=")


FORGED: list[Any] = [
    {"$where": "sleep(1000)"},
    {"$code": "f()"},
    {"$regularExpression": {"pattern": "(a+)+", "options": ""}},
    {"$numberLong": "99999999999999999999"},
    {"$numberDecimal": "much"},
    {"$oid": "x"},
    {"$date": "much"},
    {"$binary": {"base64": "!", "subType": "x"}},
    {"a": [1]},
    {"$gt": 1},
    {"a": {"$gt": 1}},
    [1],
    None,
]


@pytest.mark.parametrize("value", FORGED)
async def test_a_forged_cursor_is_refused(sightings: Api, value: Any) -> None:
    reply = await sightings("GET", f"/sighting?sort=count&after={cursor({'stored': value})}")
    assert (reply.status, reply.json["errors"]) == (400, {"after": ["is no cursor of this list"]})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda parts: (
        st.lists(parts, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["$oid", "$date", "$numberLong", "$numberDouble", "$binary", "$uuid", "$minKey", "$ref", "x"]
            ),
            parts,
            max_size=2,
        )
    ),
    max_leaves=4,
)


@given(JSON)
def test_any_json_is_data_or_refused(raw: Any) -> None:
    try:
        value = parse_stored(raw)
    except ValueError:
        return
    assert not isinstance(value, (list, Regex, Code, DBRef))


async def test_a_uuid_of_another_representation_is_walked(api: Api, mongodb_uri: str) -> None:
    me.connect("bzz_test", host=mongodb_uri, uuidRepresentation="pythonLegacy")
    api.mount(bzz.ModelHive.routes_for("mongoengine", Sighting))
    names = fill([Binary.from_uuid(TOKEN, UuidRepresentation.PYTHON_LEGACY), str(TOKEN), 5])
    await check_walks(api, "/sighting", ["token", "-token", "count"], names)
