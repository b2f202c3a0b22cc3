"""Sessions: one user at a time, and closed at the end of the act."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

import bzz
from bzz.exceptions import Conflict, Forbidden, Unavailable
from bzz.lifecycle import reads
from bzz.lifecycle.act import Act
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.sqlalchemy import SQLAlchemyProvider, sessions
from bzz.providers.values import ActState, Query
from bzz.resources import paths
from bzz.signals import (
    post_create_instance,
    post_get_list,
    pre_create_instance,
    pre_update_instance,
)
from bzz.testing import capture
from tests.providers.sqlalchemy.conftest import Database, ended
from tests.providers.sqlalchemy.models import Author, Base, Book
from tests.support.client import Api


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """A session on a file, whose connections are closed after the test."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    yield sessionmaker(engine)()
    engine.dispose()


def checked_out(session: Session) -> int:
    engine: Any = session.get_bind()
    out: int = engine.pool.checkedout()
    return out


async def test_a_call_that_outlives_its_act_closes_the_session(session: Session) -> None:
    guard, begun, gate = sessions.SessionGuard(), threading.Event(), threading.Event()

    def late(given: Session) -> str:
        given.execute(sa.text("SELECT 1"))
        begun.set()
        gate.wait(5)
        return "done"

    running = asyncio.ensure_future(asyncio.to_thread(guard.run, session, late))
    await asyncio.to_thread(begun.wait, 5)
    guard.close(session)
    assert checked_out(session) == 1, "it is in use"
    gate.set()
    assert await running == "done"
    assert checked_out(session) == 0
    with pytest.raises(Unavailable, match="over"):
        guard.run(session, late)


async def test_a_session_is_closed_even_if_all_threads_are_busy(session: Session) -> None:
    provider = SQLAlchemyProvider(lambda: session, timeout=0.2, threads=1)
    assert await provider.begin(ActState()) is session
    session.execute(sa.text("SELECT 1"))
    gate = threading.Event()
    stuck = asyncio.ensure_future(provider.pool.run(gate.wait, 5))
    await asyncio.sleep(0)
    await ended(provider, session)
    assert checked_out(session) == 0
    gate.set()
    await stuck


def test_a_lost_connection_is_dropped(session: Session) -> None:
    session.execute(sa.text("SELECT 1"))
    engine: Any = session.get_bind()

    def fail(connection: Any) -> None:
        raise RuntimeError("lost")

    sa.event.listen(engine, "rollback", fail)
    sessions.close(session)
    sa.event.remove(engine, "rollback", fail)
    assert checked_out(session) == 0


async def test_receivers_that_use_the_unit_cause_no_deadlock(sql: Api, database: Database) -> None:
    await sql.create("/author", name="Ada")

    async def look(sender: Any, unit: Any) -> None:
        statement = sa.text("SELECT 1")
        await (unit.execute(statement) if database.is_async else bzz.in_pool(unit.execute, statement))
        await asyncio.sleep(0.02)

    with pre_update_instance.connected_to(look):
        replies = await asyncio.gather(*(sql("PUT", "/author/1", json_body={"name": f"n{n}"}) for n in range(25)))
    assert {reply.status for reply in replies} <= {200, 503}
    assert [reply.status for reply in replies].count(200) >= 15
    assert (await sql("GET", "/author/1")).status == 200


@pytest.mark.parametrize("is_in_settings", [True, False])
async def test_a_unit_has_the_shared_connection_alone(api: Api, is_in_settings: bool) -> None:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    api.app.settings["session_factory"] = sessionmaker(engine)
    provider = SQLAlchemyProvider(None if is_in_settings else sessionmaker(engine), timeout=1)
    hive = bzz.ModelHive(provider, Author)
    api.mount(hive.routes())

    async def write(sender: Any, data: dict[str, Any], unit: Any) -> None:
        await bzz.in_pool(unit.execute, sa.insert(Author).values(name=f"with {data['name']}"))
        await asyncio.sleep(0.001)
        if data["name"] == "bad":
            raise Conflict("No.")

    with pre_create_instance.connected_to(write):
        replies = await asyncio.gather(
            *(api("POST", "/author", json_body={"name": "bad" if n % 2 else "good"}) for n in range(20))
        )
    assert [reply.status for reply in replies] == [201, 409] * 10
    names = sorted(author["name"] for author in (await api("GET", "/author?per_page=100")).json)
    assert names == ["good"] * 10 + ["with good"] * 10

    async def nest(sender: Any, handler: Any) -> None:
        await reads.get_list(
            Act(UnitOfWork(provider, ActState(handler)), paths.Path(handler.path.steps, handler.path.reach)), Query()
        )

    provider.timeout = 0.2
    with pre_create_instance.connected_to(nest):
        assert (await api("POST", "/author", json_body={"name": "x"})).status == 503, "it waits for itself"
    provider.timeout = 5
    with post_create_instance.connected_to(nest), capture(post_get_list) as sent:
        assert (await api("POST", "/author", json_body={"name": "x"})).status == 201
    assert len(sent) == 1, "what is committed keeps nobody waiting"
    assert (await api("GET", "/author")).status == 200
    engine.dispose()


async def test_a_request_has_one_session_that_is_closed_at_its_end(api: Api, database: Database) -> None:
    sessions: list[Any] = []
    closed: list[Any] = []

    def factory() -> Any:
        session = database.factory()
        sync = session.sync_session if database.is_async else session
        close = sync.close

        def note() -> None:
            closed.append(session)
            close()

        sync.close = note
        sessions.append(session)
        return session

    api.mount(*(bzz.ModelHive.routes_for(SQLAlchemyProvider(factory), model) for model in (Author, Book)))
    await api.create("/author", name="Ada")
    assert (len(sessions), closed[-1]) == (1, sessions[0])
    await api.create("/book", title="Flatland", author="1")
    for path in ("/author/1", "/author/1/books/1", "/author?expand=books.author", "/author/7"):
        sessions.clear()
        await api("GET", path)
        assert (len(sessions), closed[-1]) == (1, sessions[0]), path


async def test_a_session_that_a_receiver_left_in_a_transaction_is_closed(sql: Api, database: Database) -> None:
    async def look(sender: Any, unit: Any) -> None:
        statement = sa.text("SELECT 1")
        await (unit.execute(statement) if database.is_async else bzz.in_pool(unit.execute, statement))
        raise Forbidden("No.")

    with pre_create_instance.connected_to(look):
        assert (await sql("POST", "/author", json_body={"name": "Ada"})).status == 403
    assert database.sync_engine.pool.checkedout() == 0  # type: ignore[attr-defined]


async def test_a_session_is_closed_only_after_a_receivers_thread_is_done(sql: Api, database: Database) -> None:
    gate = threading.Event()

    def hold(unit: Any) -> None:
        unit.execute(sa.text("SELECT 1"))
        gate.wait(5)
        unit.execute(sa.text("SELECT 1"))

    async def impatient(sender: Any, unit: Any) -> None:
        async with asyncio.timeout(0.05):
            await bzz.in_pool(hold, unit)

    if not database.is_async:
        with pre_create_instance.connected_to(impatient):
            assert (await sql("POST", "/author", json_body={"name": "Ada"})).status == 500
        gate.set()


async def test_each_unit_of_work_of_a_request_ends(api: Api, database: Database) -> None:
    class Twice(bzz.ModelHandler):
        async def get(self) -> None:
            await super().get()
            await self.hive.list()

    factory = database.factory
    hive = bzz.ModelHive("sqlalchemy", Author, session_factory=factory, handler_class=Twice)
    api.mount(hive.routes())
    await api.create("/author", name="Ada")
    over: list[Any] = []
    end = hive.provider.end

    def note(unit: Any) -> Any:
        over.append(unit)
        return end(unit)

    hive.provider.end = note  # type: ignore[method-assign]
    assert (await api("GET", "/author/1")).status == 200
    await api("GET", "/author/7")
    assert len(over) == 3, "of both reads, and of the one that found nothing"
    hive.provider.end = end  # type: ignore[method-assign]
