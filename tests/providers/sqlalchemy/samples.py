"""Authors for the tests, what a reply shows of a list, and the two sides of a relation."""

from __future__ import annotations

from typing import Any

from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.schema.fields import Holder
from tests.support.client import Api


async def authors(sql: Api) -> None:
    for name in ("Ada", "Bob", "Cy"):
        await sql.create("/author", name=name)


def shown(reply: Any) -> list[str]:
    assert reply.status == 200, reply.body
    return [one.get("name") or one["title"] for one in reply.json]


def sides(model: type, name: str) -> tuple[Holder | None, str | None]:
    """Return the holder of a relation, and its name on the other side."""
    field = SQLAlchemyProvider().describe(model).fields[name]
    return field.holder, field.mirror
