"""The provider over HTTP: session factories, connections and time limits."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

import bzz
from bzz.exceptions import Unavailable
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.values import ActState
from bzz.signals import (
    post_get_instance,
    pre_update_instance,
    request_failed,
)
from bzz.testing import capture
from tests.providers.sqlalchemy.conftest import Database, ended, mount
from tests.providers.sqlalchemy.models import Author
from tests.support.client import Api


async def test_an_application_may_have_its_own_session_factory(api: Api, database: Database) -> None:
    api.mount(bzz.ModelHive.routes_for("sqlalchemy", Author))
    assert (await api("GET", "/author")).status == 500, "there is none"
    api.app.settings["session_factory"] = database.factory
    assert (await api.create("/author", name="Ada"))["id"] == "1"
    with pytest.raises(RuntimeError, match=r"application.settings\['session_factory'\]"):
        await bzz.ModelHive("sqlalchemy", Author).list()


async def test_a_request_without_a_free_connection_is_503_until_one_is_free(api: Api, database: Database) -> None:
    provider = SQLAlchemyProvider(database.factory, timeout=0.3)
    hive = bzz.ModelHive(provider, Author)
    api.mount(hive.routes())
    await hive.create({"name": "Ada"})
    pool: Any = database.sync_engine.pool
    held = []

    def take(session: Session) -> Any:
        return session.connection()

    for _ in range(pool.size() + pool._max_overflow):
        session = database.factory()
        await (session.run_sync(take) if database.is_async else asyncio.to_thread(take, session))
        held.append(session)
    with capture(request_failed) as sent:
        late = await api("GET", "/author/1")
    assert (late.status, late.headers["Retry-After"]) == (503, "1")
    assert [type(one.keywords["error"]) for one in sent] == [Unavailable]
    for session in held:
        await (session.close() if database.is_async else asyncio.to_thread(session.close))
    for _ in range(50):  # until the thread that was given up has had its connection
        if (await api("GET", "/author/1")).status == 200:
            break
    assert (await api("GET", "/author/1")).status == 200


async def test_a_write_beyond_the_timeout_ends_later_and_may_have_happened(api: Api, database: Database) -> None:
    provider = SQLAlchemyProvider(database.factory, timeout=0.2)
    api.mount(bzz.ModelHive.routes_for(provider, Author))
    gate = threading.Event()

    @sa.event.listens_for(Session, "before_commit")
    def wait(session: Session) -> None:
        if not database.is_async:
            gate.wait(5)

    try:
        if not database.is_async:
            late = await api("POST", "/author", json_body={"name": "Ada"})
            assert late.status == 503
            assert late.json["detail"].endswith("The write may have happened.")
    finally:
        gate.set()
        sa.event.remove(Session, "before_commit", wait)
    await ended(provider, await provider.begin(ActState()))
    made = await api("POST", "/author", json_body={"name": "Bob"})
    assert made.status == 201


def listen(sender: Any) -> None:
    """Make the update load the instance before it writes."""


async def test_an_eager_relation_with_cascades_is_served(api: Api, database: Database) -> None:
    class Own(DeclarativeBase):
        pass

    class Child(Own):
        __tablename__ = "child"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parent.id"))
        parent: Mapped[Parent | None] = relationship(back_populates="children")

    class Parent(Own):
        __tablename__ = "parent"
        id: Mapped[int] = mapped_column(primary_key=True)
        children: Mapped[list[Child]] = relationship(
            cascade="all, delete-orphan", lazy="selectin", back_populates="parent"
        )

        @bzz.represents
        def to_dict(self) -> dict[str, Any]:
            return {"id": str(self.id), "children": [child.id for child in self.children]}

    globals().update(Parent=Parent)
    await mount(api, database, Own, Parent, Child)
    await api.create("/parent")
    for _ in range(6):
        assert (await api("POST", "/child", json_body={"parent": "1"})).status == 201
    with pre_update_instance.connected_to(listen), post_get_instance.connected_to(listen):
        assert (await api("POST", "/parent/1/children", json_body={"children": ["1", "2"]})).status == 200
        assert (await api("GET", "/parent/1")).json == {"id": "1", "children": [1, 2, 3, 4, 5, 6]}
    assert (await api("DELETE", "/parent/1/children/1")).status == 204
    assert (await api("GET", "/child/1")).status == 404, "the parent owned it"


async def test_the_values_of_an_instance_are_those_of_its_columns(database: Database) -> None:
    provider = SQLAlchemyProvider(database.factory)
    schema = provider.describe(Author)
    assert provider.values(schema, Author(id=1, name="Ada"))["name"] == "Ada"
