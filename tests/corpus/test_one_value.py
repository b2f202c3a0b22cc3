"""Random values of every type, on every provider and driver."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest

import bzz
from bzz.providers.memory import MemoryProvider
from bzz.providers.mongoengine import MongoEngineProvider
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from tests.corpus.models import columns
from tests.corpus.models.documents import CorpusEverything
from tests.corpus.one_value import OneValue
from tests.providers.sqlalchemy.conftest import Database
from tests.providers.sqlalchemy.databases import mariadb, needs_mariadb
from tests.support.client import Api

SEEDS = range(6)
pytestmark = [pytest.mark.slow, pytest.mark.gen_test(timeout=120), pytest.mark.parametrize("seed", SEEDS)]


class Level(enum.Enum):
    LOW = 1
    HIGH = 2


@dataclass
class Home:
    city: str = ""
    size: int | None = None


@dataclass
class Everything:
    text: str | None = None
    number: int | None = None
    ratio: float | None = None
    flag: bool | None = None
    price: Decimal | None = None
    at: datetime | None = None
    day: date | None = None
    wake: time | None = None
    token: UUID | None = None
    raw: bytes | None = None
    level: Level | None = None
    free: Any = None
    tags: list[str] = field(default_factory=list)
    home: Home | None = None
    id: str = field(default_factory=lambda: uuid4().hex)


async def check(api: Api, hive: bzz.ModelHive, seed: int) -> None:
    api.mount(hive.routes())
    checks = OneValue(api, hive, Random(seed), ["since", "email", "sorted"])  # noqa: S311  # no secret
    await checks.run(5)
    assert not checks.differences, "\n".join(checks.differences)


async def test_in_memory(api: Api, seed: int) -> None:
    await check(api, bzz.ModelHive(MemoryProvider(), Everything), seed)


async def test_with_mongoengine(api: Api, mongodb: None, seed: int) -> None:
    await check(api, bzz.ModelHive(MongoEngineProvider(), CorpusEverything, exclude=["point", "place"]), seed)


@pytest.mark.parametrize("model", [columns.Typed, columns.Decorated], ids=lambda model: model.__name__)
async def test_with_sqlalchemy(api: Api, database: Database, seed: int, model: type) -> None:
    await database.create(columns.Base)
    await check(api, bzz.ModelHive(SQLAlchemyProvider(database.factory), model), seed)


@needs_mariadb
@pytest.mark.parametrize("model", [columns.Typed, columns.Decorated], ids=lambda model: model.__name__)
async def test_with_mariadb(api: Api, seed: int, model: type) -> None:
    async with mariadb(columns.Base.metadata) as factory:
        await check(api, bzz.ModelHive(SQLAlchemyProvider(factory), model), seed)
