"""Users over HTTP."""

from __future__ import annotations

from tests.support.client import Api


async def make_users(users: Api) -> None:
    """Create five users; two have the same age, and one has none."""
    for name, age in (("Ada", 3), ("Bob", None), ("Cy", 1), ("Di", 3), ("Ed", 2)):
        await users.create("/user", name=name, age=age)
