"""The conformance suite of the memory provider, and the models that it serves."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import bzz
from bzz.providers.base import Provider
from bzz.providers.memory import MemoryProvider
from bzz.testing.conformance import ProviderConformance, Status


def key() -> str:
    return uuid.uuid4().hex


@dataclass
class Home:
    city: str | None = None
    street: str | None = None


@dataclass
class Person:
    name: str
    id: str = field(default_factory=key)
    email: str | None = field(default=None, metadata={"unique": True})
    age: int | None = None
    height: float | None = None
    active: bool = False
    status: Status = Status.NEW
    balance: Decimal | None = None
    born: datetime | None = None
    day: date | None = None
    wake: time | None = None
    token: uuid.UUID | None = None
    photo: bytes | None = None
    notes: Any = None
    tags: list[str] = field(default_factory=list)
    home: Home | None = None


@dataclass
class Project:
    id: str
    name: str


@dataclass
class Note:
    text: str = ""
    id: str = field(default_factory=key)
    hidden: bool = False

    @classmethod
    def get_list_queryset(cls, queryset: Iterable[Any], handler: Any) -> Iterable[Any]:
        return (note for note in queryset if not note.hidden)

    @classmethod
    def get_instance_queryset(cls, model: Any, queryset: Iterable[Any], instance_id: str, handler: Any) -> Any:
        return cls.get_list_queryset(queryset, handler)

    @bzz.represents
    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "shown": self.text}


@dataclass
class Team:
    name: str
    id: str = field(default_factory=key)
    owner: str | None = field(default=None, metadata={"reference": Person})
    members: list[str] = field(default_factory=list, metadata={"reference": Person})
    projects: list[Project] = field(default_factory=list)
    topic: str | None = field(default=None, metadata={"reference": Note})
    topics: list[str] = field(default_factory=list, metadata={"reference": Note})


@dataclass
class Country:
    code: str = field(metadata={"primary_key": True})
    name: str = ""


class MemorySuite(ProviderConformance):
    person, team, country, note = Person, Team, Country, Note
    skips = {  # noqa: RUF012
        "broken": "no other program writes to the store",
        "unit": "what is written is in one table only",
        "unreachable": "the store is this process",
        "pet": "each class has a table of its own",
        "album": "nothing is deleted with an instance",
        "track": "an instance stores its own relations",
    }

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Provider]:
        yield MemoryProvider()
