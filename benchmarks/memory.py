"""The contest of dataclasses in the memory of this process.

There is no ORM. So this contest compares only the core of bzz with the handler written by hand.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from threading import Lock
from typing import Any

import orjson

import bzz
from benchmarks.people import PER_PAGE, ROWS, Contest, check, person, represent
from benchmarks.threads import ThreadedPeople
from bzz.providers.memory import MemoryProvider


@dataclass
class Person:
    name: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    email: str | None = None
    age: int | None = None
    active: bool = True
    joined: datetime | None = None


class MemoryPeople(ThreadedPeople):
    """People stored in a dict."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        super().__init__(pool)
        self._lock, self.people = Lock(), dict[str, Person]()

    def get_one(self, key: str) -> dict[str, Any] | None:
        found = self.people.get(key)
        return represent(found) if found else None

    def get_first(self) -> list[dict[str, Any]]:
        with self._lock:
            keys = sorted(self.people)[:PER_PAGE]
            return [represent(self.people[key]) for key in keys]

    def create_one(self, values: dict[str, Any]) -> dict[str, Any]:
        created = Person(**values)
        with self._lock:
            self.people[created.id] = created
        return represent(created)

    def update_one(self, key: str, values: dict[str, Any]) -> dict[str, Any] | None:
        with self._lock:
            if key not in self.people:
                return None
            self.people[key] = replace(self.people[key], **values)
            return represent(self.people[key])


@asynccontextmanager
async def memory() -> AsyncIterator[Contest]:
    """Yield the contest, with the same people in two stores.

    One store is a dict. The other one is that of bzz's memory provider.
    """
    provider, ids = MemoryProvider(), [f"{number:032x}" for number in range(ROWS)]
    people = MemoryPeople(ThreadPoolExecutor(provider.threads))
    hive = bzz.ModelHive(provider, Person)
    for number, key in enumerate(ids):
        people.create_one({"id": key, **check(orjson.dumps(person(number)))})
        await hive.create({"id": key, **person(number)})
    yield Contest(Person, provider, {"a dict by hand": people}, ids)
