"""What makes sessions, and how many of them can have a connection at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.pool import Pool, QueuePool, SingletonThreadPool, StaticPool

from bzz.concurrency.threads import THREADS

SETTING = "session_factory"
IN_MEMORY = (
    "This SQLite database is kept in memory, a new and empty one in each thread: use a file, or one connection, "
    "create_engine('sqlite://', poolclass=StaticPool, connect_args={'check_same_thread': False})"
)


def checked(factory: Any) -> Callable[[], Any]:
    """Return what makes a new session each time; of a ``scoped_session``, which does not, what it makes them with.

    Raises:
        TypeError: it makes no sessions, or each thread would get another database.
    """
    if isinstance(factory, (scoped_session, async_scoped_session)):
        factory = factory.session_factory
    if isinstance(factory, (sa.Engine, AsyncEngine)) or not callable(factory):
        raise TypeError(f"session_factory is a sessionmaker or an async_sessionmaker, not {factory!r}")
    engine = engine_of(factory)
    if engine is not None:
        check_pool(engine.pool)
    made: Callable[[], Any] = factory
    return made


def engine_of(factory: Any) -> sa.Engine | None:
    """Return the engine whose connections the sessions of ``factory`` use, as far as that is known beforehand."""
    bind = getattr(factory, "kw", {}).get("bind")
    if isinstance(bind, AsyncEngine):
        return bind.sync_engine
    return bind if isinstance(bind, sa.Engine) else None


def check_pool(pool: Pool) -> Pool:
    """Return a pool of connections; raise TypeError if each thread would get another database."""
    if isinstance(pool, SingletonThreadPool):
        raise TypeError(IN_MEMORY)
    return pool


def pool_of(unit: Session | AsyncSession) -> Pool | None:
    """Return where the connections of a session come from, None if each class has its own; raise as ``check_pool``."""
    session = unit.sync_session if isinstance(unit, AsyncSession) else unit
    try:
        bind = session.get_bind()
    except sa.exc.UnboundExecutionError:
        return None
    return check_pool(bind.engine.pool)


def connections(pool: Any) -> int:
    """Return how many connections a pool may have open at once."""
    if isinstance(pool, StaticPool):
        return 1
    if isinstance(pool, QueuePool) and pool._max_overflow >= 0 and pool.size() > 0:
        return max(1, pool.size() + pool._max_overflow)
    return THREADS


def of_application(handler: Any) -> Callable[[], Any]:
    """Return the factory in the settings of the application that a handler serves.

    Raises:
        RuntimeError: there is none, or no handler.
    """
    settings: Mapping[str, Any] = handler.application.settings if handler is not None else {}
    if SETTING not in settings:
        raise RuntimeError(
            f"There is no session_factory: give it to routes_for, or have it in application.settings[{SETTING!r}]; "
            "without a request there are no settings"
        )
    return checked(settings[SETTING])


def begin(factory: Callable[[], Any]) -> Session | AsyncSession:
    """Return a new session, whose instances keep what was loaded when it commits.

    Raises:
        TypeError: the factory makes none.
    """
    session = factory()
    if not isinstance(session, (Session, AsyncSession)):
        raise TypeError(f"session_factory made no session but {session!r}")
    (session.sync_session if isinstance(session, AsyncSession) else session).expire_on_commit = False
    return session
