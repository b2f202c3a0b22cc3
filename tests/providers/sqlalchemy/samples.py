"""Authors for the tests, and what a reply shows of a list."""

from __future__ import annotations

from typing import Any

from tests.support.client import Api


async def authors(sql: Api) -> None:
    for name in ("Ada", "Bob", "Cy"):
        await sql.create("/author", name=name)


def shown(reply: Any) -> list[str]:
    assert reply.status == 200, reply.body
    return [one.get("name") or one["title"] for one in reply.json]
