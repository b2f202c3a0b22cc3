"""Dataclasses with sets, and with numbers that are integers or fractions, behind a real server."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

import pytest

import bzz
from bzz.providers import NUMBER
from bzz.providers.memory import MemoryProvider
from bzz.providers.memory.schemas import SCHEMAS
from bzz.schema.shown import Shown
from bzz.testing import capture
from tests.support.client import Api
from tests.support.teams import names, walk


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Wheel:
    sizes: set[int] = field(default_factory=set)


@dataclass
class Bike:
    name: str
    tags: set[str] = field(default_factory=set)
    colors: frozenset[Color] = frozenset()
    days: frozenset[date] | None = None
    weights: set[int | float] = field(default_factory=set)
    lots: list[set[int]] = field(default_factory=list)
    wheel: Wheel | None = None
    price: int | float | None = None
    parts: set[tuple[int, float]] = field(default_factory=set)
    id: int = field(default_factory=itertools.count(1).__next__)


FULL: dict[str, Any] = {
    "tags": ["b", "a"],
    "colors": ["red", "blue"],
    "days": ["2026-02-01", "2026-01-02"],
    "weights": [10, 2.5, 2, 10.0],
    "lots": [[3, 1], []],
    "wheel": {"sizes": [28, 26]},
    "price": 2**70,
}


@pytest.fixture
def bikes(api: Api, provider: MemoryProvider) -> Api:
    return api.mount(bzz.ModelHive.routes_for(provider, Bike))


async def test_sets_are_shown_in_order_and_stored_as_their_hints_say(bikes: Api, provider: MemoryProvider) -> None:
    made = await bikes.create("/bike", name="x", **FULL)
    shown = {
        "tags": ["a", "b"],
        "colors": ["blue", "red"],
        "days": ["2026-01-02", "2026-02-01"],
        "weights": [2, 2.5, 10],
        "lots": [[1, 3], []],
        "wheel": {"sizes": [26, 28]},
        "price": 2**70,
    }
    assert made == {"name": "x", "parts": [], "id": made["id"], **shown}
    stored: Bike = provider._tables[Bike][int(made["id"])]
    assert (stored.tags, type(stored.tags)) == ({"a", "b"}, set)
    assert (stored.colors, type(stored.colors)) == (frozenset(Color), frozenset)
    assert (stored.days, type(stored.days)) == (frozenset([date(2026, 1, 2), date(2026, 2, 1)]), frozenset)
    assert (stored.weights, type(stored.weights)) == ({2, 2.5, 10}, set)
    assert (stored.lots, type(stored.lots[0])) == ([{1, 3}, set()], set)
    assert stored.wheel == Wheel({26, 28})


async def test_an_update_with_the_shown_values_changes_nothing(bikes: Api) -> None:
    made = await bikes.create("/bike", name="x", **FULL)
    path = f"/bike/{made['id']}"
    got = await bikes("GET", path)
    with capture(bzz.signals.post_update_instance) as sent:
        put = await bikes("PUT", path, json_body=got.json, headers={"If-Match": got.headers["ETag"]})
        assert (await bikes("PATCH", path, json_body=FULL)).json == made
    assert (put.status, put.json, put.headers["ETag"]) == (200, made, got.headers["ETag"])
    assert [one.keywords["updated_fields"] for one in sent] == [{}, {}]


async def test_a_diff_of_a_set_is_one_entry_of_frozensets(bikes: Api) -> None:
    made = await bikes.create("/bike", name="x", **FULL)
    with capture(bzz.signals.post_update_instance) as sent:
        reply = await bikes("PATCH", f"/bike/{made['id']}", json_body={"tags": ["c", "a"], "wheel": {"sizes": [26]}})
    assert reply.json == made | {"tags": ["a", "c"], "wheel": {"sizes": [26]}}
    assert sent[0].keywords["updated_fields"] == {
        "tags": {"from": frozenset("ab"), "to": frozenset("ac")},
        "wheel.sizes": {"from": frozenset([26, 28]), "to": frozenset([26])},
    }


async def test_a_form_repeats_the_key_of_a_set(bikes: Api) -> None:
    form = "name=x&tags[]=b&tags[]=a&tags=b&weights=2.50&weights=3.0&price=1.0"
    made = await bikes("POST", "/bike", form=form)
    assert [made.json[name] for name in ("tags", "weights", "price")] == [["a", "b"], [2.5, 3], 1]
    emptied = await bikes("PATCH", f"/bike/{made.json['id']}", form="tags=&price=&weights=")
    assert [emptied.json[name] for name in ("tags", "weights", "price")] == [[], [], None]


async def test_errors_name_the_item(bikes: Api) -> None:
    given = {"name": "x", "weights": [1, True], "colors": ["green"], "tags": "abc", "price": "much"}
    reply = await bikes("POST", "/bike", json_body=given)
    assert (reply.status, reply.json["errors"]) == (
        400,
        {
            "weights.1": ["expected a number"],
            "colors.0": ["expected one of red, blue"],
            "tags": ["expected a list"],
            "price": ["expected a number"],
        },
    )
    digits = await bikes("POST", "/bike", body=b'{"name": "x", "price": 0.12345678901234567890}', headers=JSON)
    assert (digits.status, [*digits.json["errors"]]) == (400, ["price"])


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("tags__contains=a", ["ab", "abc"]),
        ("tags__contains=a&tags__contains=c", ["abc"]),
        ("tags__exists=false", ["none"]),
        ("tags__exists=true", ["ab", "abc"]),
        ("colors__contains=red", ["ab"]),
        ("weights__contains=2.0", ["abc"]),
        ("wheel.sizes__contains=26", ["ab"]),
        ("price=2.50", ["abc"]),
        ("price__gt=2.5", ["ab"]),
        ("price__in=9007199254740993,7", ["ab"]),
        ("price__lt=inf", ["ab", "abc"]),
    ],
)
async def test_lists_are_filtered_by_members_and_numbers(bikes: Api, query: str, found: list[str]) -> None:
    await bikes.create("/bike", name="ab", tags=["a", "b"], colors=["red"], wheel={"sizes": [26, 28]}, price=2**53 + 1)
    await bikes.create("/bike", name="abc", tags=["a", "b", "c"], weights=[2, 3.5], price=2.5)
    await bikes.create("/bike", name="none")
    assert names(await bikes("GET", f"/bike?{query}")) == found


@pytest.mark.parametrize(("sort", "order"), [("price", "eadcb"), ("-price", "bcdae")])
async def test_a_walk_meets_numbers_in_their_order(bikes: Api, sort: str, order: str) -> None:
    for name, price in {"a": 2, "b": 2**70 + 1, "c": 2**70, "d": 2.5, "e": None}.items():
        await bikes.create("/bike", name=name, price=price)
    assert "".join(await walk(bikes, f"/bike?sort={sort}&per_page=1")) == order


@pytest.mark.parametrize("kind", [set, frozenset, list])
async def test_receivers_and_plain_code_give_any_set(provider: MemoryProvider, kind: Callable[[Any], Any]) -> None:
    @bzz.signals.pre_create_instance.connect_via(Bike)
    def add(sender: type, data: dict[str, Any]) -> None:
        assert type(data["tags"]) is frozenset
        data["tags"] = kind(data["tags"] | {"z"})

    made = await bzz.ModelHive(provider, Bike).create({"name": "x", "tags": kind("ab")})
    assert (made.tags, type(made.tags)) == ({*"abz"}, set)


async def test_a_receiver_that_changes_an_instance_does_not_change_the_stored_set(bikes: Api) -> None:
    made = await bikes.create("/bike", name="x", **FULL)

    @bzz.signals.post_get_instance.connect_via(Bike)
    def change(sender: type, instance: Bike) -> None:
        instance.tags.clear()

    path = f"/bike/{made['id']}"
    assert [(await bikes("GET", path)).json["tags"] for _ in range(2)] == [[], []]
    bzz.signals.post_get_instance.disconnect(change, sender=Bike)
    assert (await bikes("GET", path)).json == made


def test_sets_of_other_classes_are_only_shown() -> None:
    schema = SCHEMAS.stored(Bike)
    assert schema.fields["price"].type is NUMBER
    assert isinstance(schema.fields["parts"].type, Shown)
    assert not schema.fields["parts"].insertable


@dataclass
class Garage:
    id: str
    bikes: set[int] = field(default_factory=set, metadata={"reference": Bike})


def test_a_set_of_references_is_refused() -> None:
    with pytest.raises(TypeError, match="use List"):
        SCHEMAS.stored(Garage)


PROGRAM = """
from tests.providers.memory.test_sets_and_numbers import FULL, SCHEMAS, Bike
from bzz.schema.etags import etag
schema = SCHEMAS.stored(Bike)
print(etag(schema, schema.parse_new({"name": "x", "tags": [str(n) for n in range(50)], "weights": [2.5, 7, 1]})))
"""


def test_the_entity_tag_is_the_same_in_each_process() -> None:
    tags = [
        subprocess.run(  # noqa: S603  # a program of ours
            [sys.executable, "-c", PROGRAM], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert tags[0]
    assert tags[0] == tags[1]
