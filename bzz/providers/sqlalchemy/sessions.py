"""Sessions as units of work.

A session has one user at a time, and the last user closes it.

``SessionGuard`` lets only one thread at a time use a synchronous session. The thread runs a call or ends the act. If
all sessions share one connection, ``SharedConnection`` lets only one session at a time use the connection. The writers
of a SQLite database wait in a queue, as SQLite has one writer at a time and would not let the others write in order.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool, StaticPool

from bzz.concurrency.thread_pool import QUEUE_PER_THREAD, THREADS, ThreadPool
from bzz.exceptions import Unavailable
from bzz.providers.sqlalchemy.codec import SQLITE

T = TypeVar("T")
GUARD, SHARED, WRITERS = "bzz.guard", "bzz.shared_connection", "bzz.writers"  # keys in the info of a session
GRACE = 1.0  # seconds that a reply waits until its session is closed; after that, closing goes on in the background
_late: set[asyncio.Future[Any]] = set()  # they close sessions; this set protects them from garbage collection
_closing = ThreadPoolExecutor(4, thread_name_prefix="bzz-close")  # all threads of the provider may wait for connections


class SessionGuard:
    """The lock of a synchronous session.

    A call in a thread may still run when the act ends. The one that ends last closes the session.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.is_over = False

    def run(self, session: Session, operation: Callable[[Session], T]) -> T:
        """Return ``operation(session)``.

        If the act ends while the operation runs, close the session after the operation.

        Raises:
            Unavailable: the act is over. ``operation`` did not run.
        """
        try:
            with self.lock:
                if self.is_over:
                    raise Unavailable("The request is over.")
                return operation(session)
        finally:
            if self.is_over:
                self.close(session)

    def close(self, session: Session) -> None:
        """Note that the act is over, and close the session.

        If an operation still runs, the session is closed after the operation.
        """
        self.is_over = True
        if self.lock.acquire(blocking=False):
            try:
                close(session)
            finally:
                self.lock.release()


def guard_of(session: Session) -> SessionGuard:
    """Return the guard of a session.

    It is made at the first call.
    """
    guard: SessionGuard | None = session.info.get(GUARD)
    if guard is None:
        guard = session.info[GUARD] = SessionGuard()
    return guard


class SharedConnection:
    """One session's right to use a connection that all sessions share.

    Sessions that share a connection also share its transaction. Only one session at a time may therefore use it.

    Args:
        lock: the lock of the connection. The session that acquired the lock may use the connection.
    """

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock, self._is_mine = lock, False

    async def acquire(self) -> None:
        """Wait until no other session uses the connection.

        Return immediately if this session already has the right to use it.
        """
        if not self._is_mine:
            await self._lock.acquire()
            self._is_mine = True

    def release(self) -> None:
        """Let the next session use the connection."""
        if self._is_mine:
            self._is_mine = False
            self._lock.release()


_writers: WeakKeyDictionary[Pool, ThreadPool] = WeakKeyDictionary()
_locks: WeakKeyDictionary[Pool, WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]] = WeakKeyDictionary()


def share_connection(session: Session | AsyncSession, pool: Pool | None) -> SharedConnection | None:
    """Return the shared connection of a new session.

    Return None unless ``pool`` has one connection for all sessions.
    """
    if not isinstance(pool, StaticPool):
        return None
    shared = session.info[SHARED] = SharedConnection(_lock_of(pool))
    return shared


def queue_writers(session: Session | AsyncSession, pool: Pool | None, dialect: Dialect | None) -> None:
    """Let the writes of a new session wait, in order, for those of other sessions of its pool.

    Do so only for SQLite. Other databases have more than one writer.
    """
    if pool is not None and dialect is not None and dialect.name == SQLITE:
        session.info[WRITERS] = pool


def queue_of(session: Session | AsyncSession, *, is_write: bool) -> SharedConnection | asyncio.Lock | None:
    """Return the queue in which a call must wait before it uses a session.

    Return None if it must not wait.
    """
    shared = shared_connection_of(session)
    if shared is not None or not isinstance(session, AsyncSession) or not _must_queue(session, is_write):
        return shared
    return _lock_of(session.info[WRITERS])


def writer_of(session: Session, *, is_write: bool) -> ThreadPool | None:
    """Return the one thread in which the writes of a synchronous session's pool run.

    Return None if the call may run in any thread.
    """
    if not _must_queue(session, is_write):
        return None
    pool: Pool = session.info[WRITERS]
    if pool not in _writers:
        _writers[pool] = ThreadPool(1, THREADS * (1 + QUEUE_PER_THREAD))
    return _writers[pool]


def _must_queue(session: Session | AsyncSession, is_write: bool) -> bool:
    """Return whether a call must wait for the writes of other sessions.

    A session whose transaction has begun may already be the writer for which the others wait.
    """
    return is_write and WRITERS in session.info and not session.in_transaction()


def _lock_of(pool: Pool) -> asyncio.Lock:
    """Return the lock of a pool on the running event loop. It is made at the first call."""
    loop = asyncio.get_running_loop()
    if pool not in _locks:
        _locks[pool] = WeakKeyDictionary()
    if loop not in _locks[pool]:
        _locks[pool][loop] = asyncio.Lock()
    return _locks[pool][loop]


def shared_connection_of(session: Session | AsyncSession) -> SharedConnection | None:
    """Return the shared connection of a session.

    Return None if the session has a connection of its own.
    """
    shared: SharedConnection | None = session.info.get(SHARED)
    return shared


def close(session: Session) -> None:
    """Close a session and return its connection to the pool.

    If the rollback of the connection fails, drop the connection.
    """
    try:
        session.close()
    except Exception:  # noqa: BLE001  # drivers raise any exception when a rollback fails
        with suppress(Exception):
            session.invalidate()


def end(unit: Session | AsyncSession) -> Awaitable[None] | None:
    """Close the session of an act.

    If closing may block, return an awaitable that closes the session. Raise nothing.
    """
    session = unit.sync_session if isinstance(unit, AsyncSession) else unit
    if shared_connection_of(unit) is not None or session.in_transaction() or guard_of(session).lock.locked():
        return _end_blocking(unit)
    guard_of(session).close(session)
    return None


async def _end_blocking(unit: Session | AsyncSession) -> None:
    closing: asyncio.Future[Any]
    if isinstance(unit, AsyncSession):
        closing = asyncio.ensure_future(unit.run_sync(close))
    else:
        closing = asyncio.wrap_future(_closing.submit(guard_of(unit).close, unit))
    _late.add(closing)
    closing.add_done_callback(_late.discard)
    try:
        await asyncio.wait([closing], timeout=GRACE)
    finally:
        shared = shared_connection_of(unit)
        if shared is not None:
            shared.release()
