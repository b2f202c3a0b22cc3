from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

import pytest

import bzz
from bzz.exceptions import Invalid
from bzz.providers.memory import MemoryProvider
from bzz.providers.memory.instances import build, values
from bzz.providers.memory.schemas import SCHEMAS
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


async def test_embedded_dataclasses_come_back_as_dataclasses(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Nested))
    rio = {"city": "Rio", "street": None}
    made = await api.create("/nested", homes={"a": rio}, more=[rio], deep={"b": [rio]})
    assert (made["homes"], made["more"], made["deep"]) == ({"a": rio}, [rio], {"b": [rio]})
    stored = provider._tables[Nested]["only"]
    assert (stored.homes["a"], stored.more[0], stored.deep["b"][0]) == (Address("Rio"),) * 3
    assert (await api("GET", "/nested/only")).json == made
    changed = await api("PATCH", "/nested/only", json_body={"homes": {"a": None, "b": {"city": "X"}}})
    assert changed.json["homes"] == {"b": {"city": "X", "street": None}}


async def test_a_field_with_init_false_is_read_only(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Nested))
    assert (await api("POST", "/nested", json_body={"total": 5})).json["errors"] == {"total": ["is read-only"]}
    assert (await api.create("/nested"))["total"] == 7
    assert (await api("PUT", "/nested/only", json_body={"total": 7, "more": []})).status == 200
    with pytest.raises(Invalid) as caught:
        await bzz.ModelHive(provider, Nested).update("only", {"total": 8})
    assert caught.value.errors == {"total": ["is made by the model"]}


@dataclass
class Many:
    id: str
    at: datetime = datetime(2026, 1, 1, 12)
    mixed: Mixed | None = None


def test_a_naive_date_and_time_is_in_utc() -> None:
    assert values(SCHEMAS.stored(Many), Many("x"))["at"] == datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass
class Strict:
    id: str
    age: int = 0

    def __post_init__(self) -> None:
        if self.age < 0:
            raise Invalid(errors={"age": ["is negative"]})


def test_errors_of_the_model_pass_unchanged() -> None:
    with pytest.raises(Invalid) as caught:
        build(SCHEMAS.stored(Strict), {"id": "x", "age": -1})
    assert caught.value.errors == {"age": ["is negative"]}


def test_a_missing_required_field_is_named() -> None:
    with pytest.raises(Invalid) as caught:
        build(SCHEMAS.stored(Strict), {})
    assert caught.value.errors == {"id": ["is required"]}


@dataclass
class Deep:
    id: str = "only"
    parts: dict[str, list[Needy]] = field(default_factory=dict)


@dataclass
class Needy:
    name: str


async def test_a_missing_field_is_named_at_any_depth(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Deep))
    reply = await api("POST", "/deep", json_body={"parts": {"a": [{"name": "x"}, {}]}})
    assert reply.json["errors"] == {"parts.a.1.name": ["is required"]}
