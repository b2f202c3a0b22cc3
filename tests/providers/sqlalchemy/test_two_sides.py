"""Many-to-many relations that 50 clients write from both sides at the same time."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import tornado.httpclient
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import bzz
from bzz.testing.client import Client
from tests.providers.sqlalchemy.databases import DRIVERS, connected, url
from tests.support.client import Api

CLIENTS, REQUESTS, ROWS = 50, 4, 12
LISTED, PAIRED = range(1, 7), range(7, 13)  # parents whose lists are replaced, and parents whose members come and go
FIELDS = {"groups": "user", "friends": "user", "friend_of": "user", "users": "group", "admins": "group"}


class Base(DeclarativeBase):
    pass


def association(name: str, one: str, other: str) -> sa.Table:
    a: Any = sa.Column("a", sa.ForeignKey(one), primary_key=True)
    return sa.Table(name, Base.metadata, a, sa.Column("b", sa.ForeignKey(other), primary_key=True))


user_group = association("user_group", "user.id", "group.id")
user_admin = association("user_admin", "user.id", "group.id")
user_friend = association("user_friend", "user.id", "user.id")


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    groups: Mapped[list[Group]] = relationship(secondary=user_group, back_populates="users")
    friends: Mapped[list[User]] = relationship(
        secondary=user_friend,
        primaryjoin=lambda: User.id == user_friend.c.a,
        secondaryjoin=lambda: User.id == user_friend.c.b,
        back_populates="friend_of",
    )
    friend_of: Mapped[list[User]] = relationship(
        secondary=user_friend,
        primaryjoin=lambda: User.id == user_friend.c.b,
        secondaryjoin=lambda: User.id == user_friend.c.a,
        back_populates="friends",
    )


class Group(Base):
    __tablename__ = "group"
    id: Mapped[int] = mapped_column(primary_key=True)
    users: Mapped[list[User]] = relationship(secondary=user_group, back_populates="groups")
    admins: Mapped[list[User]] = relationship(secondary=user_admin)


@asynccontextmanager
async def api_with_rows(api: Api, driver: str, folder: Path) -> AsyncIterator[Client]:
    """Serve users and groups to 50 clients."""
    options = {"connect_args": {"timeout": 60}} if "sqlite" in driver else {}
    async with connected(url(driver, folder), Base.metadata, **options) as factory:
        hives = [bzz.ModelHive("sqlalchemy", model, session_factory=factory, timeout=60) for model in (User, Group)]
        api.mount(*(hive.routes() for hive in hives))
        http = tornado.httpclient.AsyncHTTPClient(force_instance=True, max_clients=CLIENTS)
        client = Client(http, api.url)
        for name in ["user", "group"] * ROWS:
            assert (await client("POST", f"/{name}", json_body={})).status == 201
        yield client
        http.close()
        for hive in hives:
            await hive.close()


@pytest.mark.slow
@pytest.mark.parametrize("driver", DRIVERS)
async def test_clients_that_write_from_both_sides_wait_for_each_other_and_lose_nothing(
    api: Api, driver: str, tmp_path: Path
) -> None:
    async with api_with_rows(api, driver, tmp_path) as client:
        chance, statuses = random.Random(driver), Counter[tuple[str, int]]()  # noqa: S311  # repeats with the driver
        pairs = chance.sample([(one, other, kind) for one in PAIRED for other in PAIRED for kind in (0, 1)], 25)
        requests = [[*lists(chance)] for _ in range(CLIENTS - len(pairs))]
        requests += [[*joins_and_leaves(chance, *pair)] for pair in pairs]

        async def send(some: Iterable[tuple[str, str, Any]]) -> None:
            for method, path, body in some:
                statuses[method, (await client(method, path, json_body=body)).status] += 1

        await asyncio.gather(*map(send, requests))
        assert statuses == {("PATCH", 200): 100, ("POST", 201): 50, ("DELETE", 204): 25}
        for one, other, kind in pairs:
            for parent, field, member in sides(one, other, kind):
                assert (await client("GET", f"{parent}/{field}/{member}")).status == 200


def lists(chance: random.Random) -> Iterator[tuple[str, str, Any]]:
    """Yield requests that replace lists of members."""
    for _ in range(REQUESTS):
        field, name = chance.choice([*FIELDS.items()])
        keys = chance.sample(range(1, ROWS + 1), chance.randint(0, 6))
        yield "PATCH", f"/{name}/{chance.choice(LISTED)}", {field: [str(key) for key in keys]}


def joins_and_leaves(chance: random.Random, one: int, other: int, kind: int) -> Iterator[tuple[str, str, Any]]:
    """Yield requests by which one instance joins another, leaves it, and joins it again."""
    for method in ("POST", "DELETE", "POST"):
        parent, field, member = chance.choice(sides(one, other, kind))
        path = f"{parent}/{field}"
        yield (method, path, {field: [str(member)]}) if method == "POST" else (method, f"{path}/{member}", None)


def sides(one: int, other: int, kind: int) -> list[tuple[str, str, int]]:
    """Return both sides of a pair: the path of a parent, the field, and the key of the member."""
    fields = ("groups", "users") if kind else ("friends", "friend_of")
    return [(f"/{FIELDS[fields[0]]}/{one}", fields[0], other), (f"/{FIELDS[fields[1]]}/{other}", fields[1], one)]
