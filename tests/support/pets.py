"""Dataclasses with one relation: owners refer to their dogs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Owner:
    id: str
    dogs: list[str] = field(default_factory=list, metadata={"reference": "Dog"})


@dataclass
class Dog:
    id: str
    name: str = ""
