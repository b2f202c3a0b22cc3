"""Sessions as units of work: who has one, and that it is closed by whoever has it last."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool, StaticPool

from bzz.exceptions import Unavailable
from bzz.providers.sqlalchemy.factories import pool_of

T = TypeVar("T")
CLAIM, TURN = "bzz.claim", "bzz.turn"  # in the info of a session
GRACE = 1.0  # seconds that a reply waits for a connection to be given back; it is given back in any case
_closing = ThreadPoolExecutor(4, thread_name_prefix="bzz-close")


class Claim:
    """Who has a synchronous session: an operation in a thread, or whoever closes it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.is_over = False

    def run(self, session: Session, operation: Callable[[Session], T]) -> T:
        """Return what ``operation`` returns; the session is closed after it if its request is over meanwhile.

        Raises:
            Unavailable: it is over already.
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
        """Close the session, unless an operation has it, which will."""
        self.is_over = True
        if self.lock.acquire(blocking=False):
            try:
                let_go(session)
            finally:
                self.lock.release()


class Turn:
    """The turn of one session, where all share one connection, and so one transaction.

    Args:
        pool: where the session's connections come from; None for several.
    """

    def __init__(self, pool: Pool | None) -> None:
        self._lock: asyncio.Lock | None = None
        if isinstance(pool, StaticPool):
            locks = _turns.setdefault(pool, WeakKeyDictionary())
            self._lock = locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())
        self._is_mine = False

    async def take(self) -> None:
        """Wait for it, unless it has come already."""
        if self._lock is not None and not self._is_mine:
            await self._lock.acquire()
            self._is_mine = True

    def give(self) -> None:
        """Let others have theirs."""
        if self._lock is not None and self._is_mine:
            self._is_mine = False
            self._lock.release()


_turns: WeakKeyDictionary[Pool, WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]] = WeakKeyDictionary()


def turn_of(session: Session | AsyncSession) -> Turn:
    """Return the turn of a session; raise TypeError if its database is another one in each thread."""
    sync = session.sync_session if isinstance(session, AsyncSession) else session
    if TURN not in sync.info:
        sync.info[TURN] = Turn(pool_of(sync))
    made: Turn = sync.info[TURN]
    return made


def claim(session: Session) -> Claim:
    """Return the claim of a session."""
    made: Claim = session.info.setdefault(CLAIM, Claim())
    return made


def let_go(session: Session) -> None:
    """Close a session, be its connection lost or not."""
    try:
        session.close()
    except Exception:  # noqa: BLE001  # of a rollback that did not get through
        with suppress(Exception):
            session.invalidate()


async def close(unit: Session | AsyncSession) -> None:
    """Close a session, in a thread if that takes long; raises nothing."""
    closing: asyncio.Future[Any]
    if isinstance(unit, AsyncSession):
        closing = asyncio.ensure_future(unit.run_sync(let_go))
    elif unit.in_transaction() or claim(unit).lock.locked():
        closing = asyncio.wrap_future(_closing.submit(claim(unit).close, unit))
    else:
        claim(unit).close(unit)
        return
    await asyncio.wait([closing], timeout=GRACE)
