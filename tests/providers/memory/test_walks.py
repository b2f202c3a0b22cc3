"""Walks over instances whose values are not of their fields' types."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

import bzz
from bzz.providers.memory import MemoryProvider
from tests.support.client import Api
from tests.support.teams import walk

ODD = itertools.cycle([1, "much", math.nan, None, 2.5, Decimal("1.5"), math.inf, b"x", True, -math.inf, "more"])


@dataclass
class Place:
    height: Any = None


@dataclass
class Reading:
    """Sets values that no request could set."""

    name: str
    size: int | None = field(init=False)
    share: float | None = field(init=False)
    place: Place | None = field(init=False)
    id: int = field(default_factory=itertools.count().__next__)

    def __post_init__(self) -> None:
        self.size, self.share, self.place = (next(ODD) for _ in range(3))  # type: ignore[assignment]


@pytest.mark.parametrize("sort", ["size", "-size", "share", "-share", "share,-size"])
async def test_a_walk_meets_each_instance_once(api: Api, provider: MemoryProvider, sort: str) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Reading))
    for number in range(20):
        await provider.create(provider.describe(Reading), {"name": str(number)}, state=bzz.providers.ActState())
    met = await walk(api, f"/reading?per_page=3&sort={sort}&fields=name")
    assert sorted(met, key=int) == [str(number) for number in range(20)]
    assert met == [row["name"] for row in (await api("GET", f"/reading?per_page=50&sort={sort}&fields=name")).json]
