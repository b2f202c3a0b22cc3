"""Related models, the same for each provider, so that a test runs on all of them."""

from __future__ import annotations

from importlib.util import find_spec
from types import ModuleType
from typing import Any

from tests.support.teams import records

NOBODY = "5" * 24
STORES: dict[str, ModuleType] = {"memory": records}
if find_spec("mongoengine"):
    from tests.support.teams import documents

    STORES["mongoengine"] = documents


async def member(api: Any, name: str = "Ada", **values: Any) -> str:
    created: str = (await api.create("/member", name=name, **values))["id"]
    return created


async def team(api: Any, **values: Any) -> str:
    created: str = (await api.create("/team", name="Engine", **values))["id"]
    return created


async def project(api: Any, parent: str, name: str = "Difference", **values: Any) -> str:
    created: str = (await api.create(f"/team/{parent}/projects", name=name, **values))["id"]
    return created


def names(reply: Any) -> list[str]:
    assert reply.status == 200, reply.body
    return [found["name"] for found in reply.json]


async def people(api: Any) -> None:
    everybody: dict[str, dict[str, Any]] = {
        "Ada": {"age": 36, "tags": ["math", "a.b"], "home": {"id": "x", "city": "London"}},
        "ada b": {"age": 5, "tags": ["Math"], "home": {"id": "y"}},
        "Bob": {"tags": []},
        "B.b": {"age": 20, "home": {"id": "x", "city": "Rio"}},
        "50%\n": {"age": 20},
    }
    for name, values in everybody.items():
        await member(api, name, **values)


async def walk(api: Any, path: str) -> list[str]:
    """Follow ``Link: next`` from ``path``, and return the names met."""
    met: list[str] = []
    while path:
        reply = await api("GET", path)
        met += names(reply)
        path = next((part[1:].split(">")[0] for part in reply.headers["Link"].split(", ") if "next" in part), "")
    return met
