"""Session factories, and objects that are none."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker
from sqlalchemy.pool import NullPool, StaticPool

import bzz
from bzz.exceptions import BzzError
from bzz.providers.sqlalchemy import SQLAlchemyProvider
from bzz.providers.sqlalchemy.session_factories import max_connections
from bzz.providers.values import ActState
from tests.providers.sqlalchemy.conftest import ended
from tests.providers.sqlalchemy.models import Author, Base, Priced
from tests.support.client import Api


def test_a_database_in_memory_of_each_thread_is_refused() -> None:
    with pytest.raises(TypeError, match="StaticPool"):
        SQLAlchemyProvider(sessionmaker(sa.create_engine("sqlite://")))
    with pytest.raises(TypeError, match="use a file"):
        bzz.ModelHive.routes_for("sqlalchemy", Author, session_factory=sessionmaker(sa.create_engine("sqlite://")))


@pytest.mark.parametrize("factory", [5, "sqlite://", sa.create_engine("sqlite://")])
def test_an_object_that_cannot_make_sessions_is_refused(factory: Any) -> None:
    with pytest.raises(TypeError, match="session_factory is a sessionmaker"):
        SQLAlchemyProvider(factory)


async def test_a_callable_that_returns_no_session_is_refused_at_first_use() -> None:
    with pytest.raises(TypeError, match="made no session but 5"):
        await SQLAlchemyProvider(lambda: 5).begin(ActState())


async def test_a_scoped_session_gives_each_act_a_new_session(tmp_path: Path) -> None:
    registry = scoped_session(sessionmaker(sa.create_engine(f"sqlite:///{tmp_path / 'a.db'}")))
    provider = SQLAlchemyProvider(registry)
    assert await provider.begin(ActState()) is not await provider.begin(ActState())


async def test_there_are_no_more_threads_than_connections(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.db'}"
    for options, number in (
        ({}, 15),
        ({"pool_size": 2, "max_overflow": 1}, 3),
        ({"pool_size": 0}, 32),
        ({"max_overflow": -1}, 32),
        ({"poolclass": NullPool}, 32),
        ({"poolclass": StaticPool}, 1),
    ):
        engine = sa.create_engine(url, **options)
        assert max_connections(engine.pool) == number
        provider = SQLAlchemyProvider(sessionmaker(engine))
        await ended(provider, await provider.begin(ActState()))
        assert provider.threads == number
    provider = SQLAlchemyProvider(sessionmaker(sa.create_engine(url)), threads=4)
    await ended(provider, await provider.begin(ActState()))
    assert provider.threads == 4


@pytest.mark.parametrize("is_async", [True, False])
async def test_requests_on_one_shared_connection_run_one_after_another(api: Api, is_async: bool) -> None:
    arguments = {"check_same_thread": False}
    engine: Any
    if is_async:
        engine = create_async_engine("sqlite+aiosqlite://")
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        factory: Any = async_sessionmaker(engine)
    else:
        engine = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args=arguments)
        Base.metadata.create_all(engine)
        factory = sessionmaker(engine)
    api.mount(bzz.ModelHive.routes_for("sqlalchemy", Priced, session_factory=factory))
    await api.create("/priced", name="Tea", net=0)
    for start in range(0, 40, 5):  # a thread takes as many
        bodies = [{"touched": n + 1, "net": 1 if n % 2 else None} for n in range(start, start + 5)]
        replies = await asyncio.gather(*(api("PUT", "/priced/1", json_body=body) for body in bodies))
        assert [reply.status for reply in replies] == [200 if body["net"] else 400 for body in bodies]
    assert (await api("GET", "/priced/1")).json["revision"] == 21, "what was refused has undone nothing of another"
    await engine.dispose() if is_async else engine.dispose()


async def test_a_missing_session_factory_is_a_runtime_error() -> None:
    with pytest.raises(RuntimeError, match="There is no session_factory"):
        await bzz.ModelHive("sqlalchemy", Author).list()
    assert not issubclass(RuntimeError, BzzError)


async def test_each_class_may_have_a_database_of_its_own(api: Api, tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'a.db'}")
    Base.metadata.create_all(engine)
    api.mount(bzz.ModelHive.routes_for("sqlalchemy", Author, session_factory=sessionmaker(binds={Base: engine})))
    for name in ("Ada", "Bob"):
        await api.create("/author", name=name)
    assert (await api("PUT", "/author/1", json_body={"mentor": "2"})).json["mentor"] == "2"
    assert (await api("POST", "/author/1/friends", json_body={"friends": ["2"]})).status == 201
    assert (await api("DELETE", "/author/1/friends/2")).status == 204
    engine.dispose()


async def test_a_function_that_makes_sessions_tells_the_dialect_at_first_use(api: Api, tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'told.db'}")

    class Own(DeclarativeBase):
        pass

    class Stamp(Own):
        __tablename__ = "stamp"
        id: Mapped[int] = mapped_column(primary_key=True)
        at: Mapped[datetime] = mapped_column(server_default=sa.func.now())

    Own.metadata.create_all(engine)
    api.mount(bzz.ModelHive.routes_for("sqlalchemy", Stamp, session_factory=lambda: Session(engine)))
    made = await api.create("/stamp")
    assert (await api("GET", f"/stamp?at={made['at']}")).json == [made]
    engine.dispose()
