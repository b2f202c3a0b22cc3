from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest

import bzz
from bzz.exceptions import Invalid
from bzz.providers.memory import MemoryProvider
from bzz.providers.memory.instances import build, values
from bzz.providers.memory.schemas import stored_schema
from tests.support.client import Api
from tests.support.models import Address


class Mixed(Enum):
    TEXT = "red"
    NUMBER = 2


@dataclass
class Nested:
    id: str = "only"
    homes: dict[str, Address] = field(default_factory=dict)
    more: list[Address] | None = None
    deep: dict[str, list[Address]] = field(default_factory=dict)
    at: datetime = datetime(2026, 1, 1, 12)  # naive, as defaults often are
    mixed: Mixed | None = None
    total: int = field(init=False, default=7)


async def test_dataclasses_inside_anything_come_back_as_such(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Nested))
    rio = {"city": "Rio", "street": None}
    made = await api.create("/nested", homes={"a": rio}, more=[rio], deep={"b": [rio]})
    assert (made["homes"], made["more"], made["deep"]) == ({"a": rio}, [rio], {"b": [rio]})
    stored = provider._tables[Nested]["only"]
    assert (stored.homes["a"], stored.more[0], stored.deep["b"][0]) == (Address("Rio"),) * 3
    assert (await api("GET", "/nested/only")).json == made
    changed = await api("PATCH", "/nested/only", json_body={"homes": {"a": None, "b": {"city": "X"}}})
    assert changed.json["homes"] == {"b": {"city": "X", "street": None}}


async def test_what_init_does_not_take_is_read_only(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Nested))
    assert (await api("POST", "/nested", json_body={"total": 5})).json["errors"] == {"total": ["is read-only"]}
    assert (await api.create("/nested"))["total"] == 7
    assert (await api("PUT", "/nested/only", json_body={"total": 7, "more": []})).status == 200
    with pytest.raises(Invalid) as caught:
        await bzz.ModelHive(provider, Nested).update("only", {"total": 8})
    assert caught.value.errors == {"total": ["is made by the model"]}


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


def test_dates_are_in_utc_wherever_they_are() -> None:
    assert values(Many("x"))["at"] == datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Union:
    id: str
    value: int | str | None = None


@dataclass
class Strict:
    id: str
    age: int = 0

    def __post_init__(self) -> None:
        if self.age < 0:
            raise Invalid(errors={"age": ["is negative"]})


def test_a_type_that_is_not_known_is_refused() -> None:
    with pytest.raises(TypeError, match="no type that the memory provider knows"):
        stored_schema(Union)
    with pytest.raises(TypeError, match="is not a dataclass"):
        stored_schema(Union("x"))


def test_the_models_own_errors_pass_as_they_are() -> None:
    with pytest.raises(Invalid) as caught:
        build(stored_schema(Strict), {"id": "x", "age": -1})
    assert caught.value.errors == {"age": ["is negative"]}


def test_what_is_required_and_missing_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        build(stored_schema(Strict), {})
    assert caught.value.errors == {"id": ["is required"]}


@dataclass
class Loose:
    id: str = "only"
    anything: Any = None
    free: dict[str, Any] = field(default_factory=dict)


async def test_what_may_be_anything_may_be_a_list(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Loose))
    shown = await api.create("/loose", anything=[1, ["x"]], free={"a": [1]})
    assert shown == {"id": "only", "anything": [1, ["x"]], "free": {"a": [1]}}
    beyond = datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))
    with pytest.raises(Invalid):
        await bzz.ModelHive(provider, Loose).update("only", {"anything": [beyond]})


@dataclass
class Deep:
    id: str = "only"
    parts: dict[str, list[Needy]] = field(default_factory=dict)


@dataclass
class Needy:
    name: str


async def test_what_is_missing_is_named_however_deep(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Deep))
    reply = await api("POST", "/deep", json_body={"parts": {"a": [{"name": "x"}, {}]}})
    assert reply.json["errors"] == {"parts.a.1.name": ["is required"]}
