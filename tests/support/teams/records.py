"""Teams as dataclasses."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


def key() -> str:
    return uuid.uuid4().hex[:24]


@dataclass
class Address:
    """The client chooses its id."""

    id: str
    city: str | None = None


@dataclass
class Hobby:
    """Has no id."""

    name: str | None = None


@dataclass
class Member:
    name: str
    id: str = field(default_factory=key)
    age: int | None = None
    password: str | None = None
    retired: bool = False
    home: Address | None = None
    addresses: list[Address] = field(default_factory=list)
    hobbies: list[Hobby] = field(default_factory=list)
    friends: list[str] = field(default_factory=list, metadata={"reference": "Member"})
    tags: list[str] = field(default_factory=list)

    @classmethod
    def get_list_queryset(cls, queryset: Iterable[Any], handler: Any) -> Iterable[Any]:
        return (member for member in queryset if not member.retired)

    @classmethod
    def get_instance_queryset(
        cls, model: Any, queryset: Iterable[Any], instance_id: str, handler: Any
    ) -> Iterable[Any]:
        return (member for member in queryset if not member.retired)


@dataclass
class Module:
    name: str
    size: int | None = None


@dataclass
class Project:
    """The store chooses its id."""

    name: str
    id: str = field(default_factory=key)
    module: Module | None = None
    lead: str | None = field(default=None, metadata={"reference": Member})
    members: list[str] = field(default_factory=list, metadata={"reference": Member})

    def __post_init__(self) -> None:
        if len(self.name) > 20:
            raise ValueError("The name of a project is short.")


@dataclass
class Team:
    name: str
    id: str = field(default_factory=key)
    members: list[str] = field(default_factory=list, metadata={"reference": Member})
    owner: str | None = field(default=None, metadata={"reference": Member})
    projects: list[Project] = field(default_factory=list)
