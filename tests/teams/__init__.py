"""Related models, the same for each provider, so that a test runs on all of them."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from tests.teams import documents, records

STORES: dict[str, ModuleType] = {"memory": records, "mongoengine": documents}


async def member(api: Any, name: str = "Ada", **values: Any) -> str:
    created: str = (await api.create("/member", name=name, **values))["id"]
    return created


async def team(api: Any, **values: Any) -> str:
    created: str = (await api.create("/team", name="Engine", **values))["id"]
    return created


async def project(api: Any, parent: str, name: str = "Difference", **values: Any) -> str:
    created: str = (await api.create(f"/team/{parent}/projects", name=name, **values))["id"]
    return created
