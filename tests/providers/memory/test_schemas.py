from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest

import bzz
from bzz.exceptions import Invalid
from bzz.providers import STRING, Type
from bzz.providers.memory import MemoryProvider
from bzz.providers.memory.schemas import SCHEMAS
from tests.support.client import Api


class Mixed(Enum):
    TEXT = "red"
    NUMBER = 2


async def test_naive_and_aware_dates_can_be_sorted_and_mixed_enumerations_cannot(
    api: Api, provider: MemoryProvider
) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Many))
    given: list[dict[str, Any]] = [{}, {"at": "2026-01-01T10:00:00Z", "mixed": "red"}, {"mixed": 2}]
    for number, fields in enumerate(given):
        await api.create("/many", id=str(number), **fields)
    assert [m["id"] for m in (await api("GET", "/many?sort=at")).json] == ["1", "0", "2"]
    assert (await api("GET", "/many?sort=mixed")).status == 400
    assert [m["id"] for m in (await api("GET", "/many?at=2026-01-01T12:00:00")).json] == ["0", "2"]


@dataclass
class Many:
    id: str
    at: datetime = datetime(2026, 1, 1, 12)
    mixed: Mixed | None = None


@dataclass
class Union:
    id: str
    value: int | str | None = None


def test_only_dataclasses_are_served() -> None:
    with pytest.raises(TypeError, match="is not a dataclass"):
        SCHEMAS.stored(Union("x"))


class Color:
    """A class of the application."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __str__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Color) and other.name == self.name

    __hash__ = None  # type: ignore[assignment]


@dataclass
class Pair:
    left: int
    right: int


@dataclass
class Painted:
    id: str
    color: Color
    size: int | str = 1
    colors: list[Color] = field(default_factory=list)
    anything: Any = None


async def test_requests_see_values_of_unknown_classes_and_receivers_set_them(
    api: Api, provider: MemoryProvider
) -> None:
    painted = bzz.ModelHive(provider, Painted)
    api.mount(painted.routes())
    assert (await api("POST", "/painted", json_body={"id": "1"})).json["errors"] == {"color": ["is required"]}
    red, pair = Color("red"), Pair(1, 2)
    anything = {"pair": pair, "red": red}
    await painted.create({"id": "1", "color": red, "colors": [red], "size": "L", "anything": anything})
    shown = (await api("GET", "/painted/1")).json
    assert shown == {
        "id": "1",
        "color": "red",
        "size": "L",
        "colors": ["red"],
        "anything": {"pair": {"left": 1, "right": 2}, "red": "red"},
    }
    shown["anything"]["new"] = 1
    assert (await api("PUT", "/painted/1", json_body=shown)).json == shown
    stored = provider._tables[Painted]["1"]
    assert (stored.color, stored.colors, stored.anything) == (red, [red], {**anything, "new": 1})
    assert stored.anything["red"] is stored.color is red
    reply = await api("PATCH", "/painted/1", json_body={"color": "blue", "colors": [], "size": "M"})
    assert reply.json["errors"] == {name: ["is read-only"] for name in ("color", "colors", "size")}
    assert (await api("GET", "/painted?color=red")).status == 400


async def test_types_tell_how_requests_see_a_class(api: Api, provider: MemoryProvider) -> None:
    color = Type("color", Color, str, ("eq",), python_type=Color)
    api.mount(bzz.ModelHive.routes_for(provider, Painted, types={Color: color, int | str: STRING}))
    shown = await api.create("/painted", id="1", color="red", colors=["red", "blue"], size="L")
    assert shown == {"id": "1", "color": "red", "size": "L", "colors": ["red", "blue"], "anything": None}
    assert [one["id"] for one in (await api("GET", "/painted?color=red&colors__contains=blue")).json] == ["1"]
    assert (await api("PATCH", "/painted/1", json_body={"color": "blue"})).json["color"] == "blue"
    assert provider._tables[Painted]["1"].color == Color("blue")


@dataclass
class Loose:
    id: str = "only"
    anything: Any = None
    free: dict[str, Any] = field(default_factory=dict)


async def test_a_field_of_any_type_takes_a_list(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Loose))
    shown = await api.create("/loose", anything=[1, ["x"]], free={"a": [1]})
    assert shown == {"id": "only", "anything": [1, ["x"]], "free": {"a": [1]}}
    beyond = datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))
    with pytest.raises(Invalid):
        await bzz.ModelHive(provider, Loose).update("only", {"anything": [beyond]})
