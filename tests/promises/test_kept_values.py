"""What a client reads and sends back changes nothing, in memory and in JSON columns. MongoEngine has its own tests."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

import bzz
from bzz.providers.memory import MemoryProvider
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.signals import pre_update_instance
from bzz.testing import Sent
from tests.support.client import Api

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
ID = UUID("0b5ae2c1-0c5b-4b7e-9c1c-9f8f1f8f1f8f")


@dataclass
class Free:
    """Holds whatever plain code has put there."""

    id: str
    name: str = ""
    free: dict[str, Any] = field(default_factory=dict)
    other: Any = None
    any: dict = field(default_factory=dict)  # type: ignore[type-arg]
    age: int = 0


def _changes(sent: list[Sent]) -> list[Any]:
    return [one.keywords["updated_fields"] for one in sent if one.signal == "post_update_instance"]


async def test_in_memory(api: Api, provider: MemoryProvider, sent: list[Sent]) -> None:
    free = bzz.ModelHive(provider, Free)
    api.mount(free.routes())
    values = {"at": NOON, "id": ID, "null": None, "list": [{"at": NOON}, NOON]}
    await free.create({"id": "1", "free": {}, "other": {}, "any": {}})
    provider._tables[Free]["1"] = Free("1", "Ada", dict(values), [values, {2}], dict(values), "many")  # type: ignore[arg-type]
    shown = (await api("GET", "/free/1")).json
    assert (await api("PUT", "/free/1", json_body={**shown, "name": "Bob"})).json == {**shown, "name": "Bob"}
    shown["free"]["list"].insert(0, 1)
    shown["other"][0]["new"] = 1
    assert (await api("PUT", "/free/1", json_body={**shown, "name": "Bob"})).json == {**shown, "name": "Bob"}
    assert [[*changes] for changes in _changes(sent)] == [["name"], ["free", "other"]]
    stored = provider._tables[Free]["1"]
    assert stored.free == {**values, "list": [1, {"at": NOON}, NOON]}
    assert (stored.other, stored.any, stored.age) == ([{**values, "new": 1}, {2}], values, "many")


async def test_receivers_decide_about_values_that_another_request_stores_meanwhile(provider: MemoryProvider) -> None:
    free = bzz.ModelHive(provider, Free)
    await free.create({"id": "1", "age": 4})

    def change(sender: Any, data: dict[str, Any]) -> None:
        data["age"] = 6
        provider._tables[Free]["1"] = Free("1", age=5)  # as the client has sent it

    with pre_update_instance.connected_to(change):
        assert (await free.update("1", {"age": 5})).age == 6


class Base(DeclarativeBase):
    """The base of the mapped class."""


class FreeRow(Base):
    """Holds whatever another writer has put there."""

    __tablename__ = "free_row"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    free: Mapped[Any] = mapped_column(sa.JSON)
    age: Mapped[int | None]


async def test_in_json_columns(api: Api, tmp_path: Path, sent: list[Sent]) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/free.db")
    Base.metadata.create_all(engine)
    api.mount(bzz.ModelHive.routes_for(SQLAlchemyProvider(sessionmaker(engine)), FreeRow))
    free = {"big": 2**70, "null": None, "list": [{"null": None, "big": 2**70}], "text": "\ud800"}
    with engine.begin() as connection:
        statement = sa.text("INSERT INTO free_row (id, name, free) VALUES (1, 'Ada', :free)")
        connection.execute(statement, {"free": json.dumps(free)})
    shown = (await api("GET", "/free_row/1")).json
    reply = await api("PUT", "/free_row/1", json_body={**shown, "name": "Bob"})
    assert (reply.status, reply.json) == (200, {**shown, "name": "Bob"})
    shown["free"]["list"][0]["new"] = 1
    reply = await api("PUT", "/free_row/1", json_body={**shown, "name": "Bob"})
    assert (reply.status, reply.json) == (200, {**shown, "name": "Bob"})
    assert [[*changes] for changes in _changes(sent)] == [["name"], ["free"]]
    with engine.begin() as connection:
        stored = json.loads(connection.scalar(sa.text("SELECT free FROM free_row")))
    assert stored == {**free, "list": [{"null": None, "big": 2**70, "new": 1}]}
    engine.dispose()


@dataclass
class Nulled:
    """A field with a default may be null, if its hint says so."""

    id: str
    color: str | None = "red"
    other: Any = "red"
    never: str = "red"


async def test_an_explicit_null_is_stored_in_memory_where_the_hint_has_null(provider: MemoryProvider) -> None:
    hive = bzz.ModelHive(provider, Nulled)
    nulls = {"color": None, "other": None, "never": None}
    expected = Nulled("1", None, None, "red")
    assert await hive.create({"id": "1", **nulls}) == expected
    await hive.update("1", {"color": "x", "other": "x", "never": "x"})
    assert await hive.update("1", nulls) == expected
    assert await hive.create({"id": "2"}) == Nulled("2")
