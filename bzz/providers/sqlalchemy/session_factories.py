"""Session factories, their sessions, and the connections of their pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_scoped_session
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.pool import Pool, QueuePool, SingletonThreadPool, StaticPool

from bzz.concurrency.thread_pool import THREADS

SETTING = "session_factory"  # key in the settings of an application
IN_MEMORY = (
    "This SQLite database is in memory, a new and empty one for each thread: use a file, or one connection, "
    "create_engine('sqlite://', poolclass=StaticPool, connect_args={'check_same_thread': False})"
)


def checked(factory: Any) -> Callable[[], Any]:
    """Return a factory that makes a new session at each call.

    For a ``scoped_session``, return its own factory.

    Raises:
        TypeError: ``factory`` cannot make sessions, or each thread would get a separate database.
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
    """Return the engine of a factory's sessions.

    Return None if only the sessions know the engine.
    """
    bind = getattr(factory, "kw", {}).get("bind")
    if isinstance(bind, AsyncEngine):
        return bind.sync_engine
    return bind if isinstance(bind, sa.Engine) else None


def check_pool(pool: Pool) -> Pool:
    """Return ``pool`` if all threads share it.

    Raises:
        TypeError: each thread would get a separate database.
    """
    if isinstance(pool, SingletonThreadPool):
        raise TypeError(IN_MEMORY)
    return pool


def pool_of(unit: Session | AsyncSession) -> Pool | None:
    """Return the connection pool of a session.

    Return None if each class has its own engine.

    Raises:
        TypeError: see ``check_pool``.
    """
    bind = _bind_of(unit)
    return None if bind is None else check_pool(bind.engine.pool)


def dialect_of(unit: Session | AsyncSession) -> Dialect | None:
    """Return the dialect of a session's database. Return None if each class has its own engine."""
    bind = _bind_of(unit)
    return None if bind is None else bind.dialect


def _bind_of(unit: Session | AsyncSession) -> Any:
    session = unit.sync_session if isinstance(unit, AsyncSession) else unit
    try:
        return session.get_bind()
    except sa.exc.UnboundExecutionError:
        return None


def max_connections(pool: Any) -> int:
    """Return how many connections a pool may open at the same time.

    Return ``THREADS`` if the pool has no limit.
    """
    if isinstance(pool, StaticPool):
        return 1
    if isinstance(pool, QueuePool) and pool._max_overflow >= 0 and pool.size() > 0:
        return max(1, pool.size() + pool._max_overflow)
    return THREADS


def of_application(handler: Any) -> Callable[[], Any]:
    """Return the factory in the settings of a handler's application.

    Raises:
        RuntimeError: the settings contain no factory, or ``handler`` is None.
        TypeError: see ``checked``.
    """
    settings: Mapping[str, Any] = handler.application.settings if handler is not None else {}
    if SETTING not in settings:
        raise RuntimeError(
            f"There is no session_factory: give it to routes_for, or put it into application.settings[{SETTING!r}]; "
            "in process there are no settings"
        )
    return checked(settings[SETTING])


def make_session(factory: Callable[[], Any]) -> Session | AsyncSession:
    """Return a new session.

    Its instances keep their values after a commit.

    Raises:
        TypeError: ``factory`` did not return a session.
    """
    session = factory()
    if not isinstance(session, (Session, AsyncSession)):
        raise TypeError(f"session_factory made no session but {session!r}")
    (session.sync_session if isinstance(session, AsyncSession) else session).expire_on_commit = False
    return session
