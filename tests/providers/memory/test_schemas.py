from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

import pytest

import bzz
from bzz.exceptions import Invalid
from bzz.providers.memory import MemoryProvider
from bzz.providers.memory.schemas import stored_schema
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


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(TypeError, match="no type that the memory provider knows"):
        stored_schema(Union)
    with pytest.raises(TypeError, match="is not a dataclass"):
        stored_schema(Union("x"))


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
