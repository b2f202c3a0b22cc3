"""Dataclasses that the tests of the core serve from memory."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum


class Status(Enum):
    NEW = "new"
    DONE = "done"


@dataclass
class Address:
    city: str | None = None
    street: str | None = None


@dataclass
class User:
    name: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    email: str | None = field(default=None, metadata={"unique": True})
    age: int | None = None
    born: datetime | None = None
    balance: Decimal | None = None
    status: Status = Status.NEW
    admin: bool = False
    address: Address | None = None
    others: list[Address] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    scores: dict[str, int] = field(default_factory=dict)


@dataclass
class Country:
    """The client chooses its primary key."""

    code: str = field(metadata={"primary_key": True})
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.code) != 2:
            raise ValueError("A country code has two letters.")


@dataclass
class Tag:
    """Has a primary key only."""

    id: str
