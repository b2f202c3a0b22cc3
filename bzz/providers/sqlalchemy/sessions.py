"""Sessions as units of work: who has one, and that it is closed by whoever has it last."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.pool import Pool, StaticPool

from bzz.exceptions import Unavailable

T = TypeVar("T")
CLAIM, TURN = "bzz.claim", "bzz.turn"  # in the info of a session
GRACE = 1.0  # seconds that a reply waits for a connection to be given back; it is given back in any case
_late: set[asyncio.Future[Any]] = set()  # what is not closed yet, so that it is not collected before
_closing = ThreadPoolExecutor(4, thread_name_prefix="bzz-close")  # not a provider's, whose threads may all be waiting


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
        lock: which whoever's turn it is has.
    """

    def __init__(self, lock: asyncio.Lock) -> None:
        self._lock, self._is_mine = lock, False

    async def take(self) -> None:
        """Wait for it, unless it has come already."""
        if not self._is_mine:
            await self._lock.acquire()
            self._is_mine = True

    def give(self) -> None:
        """Let others have theirs."""
        if self._is_mine:
            self._is_mine = False
            self._lock.release()


_turns: WeakKeyDictionary[Pool, WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock]] = WeakKeyDictionary()


def take_turns(session: Session | AsyncSession, pool: Pool | None) -> Turn | None:
    """Return the turn of a new session, whose connections come from ``pool``; None if it needs none."""
    if not isinstance(pool, StaticPool):
        return None
    locks = _turns.setdefault(pool, WeakKeyDictionary())
    turn = Turn(locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()))
    session.info[TURN] = turn
    return turn


def turn_of(session: Session | AsyncSession) -> Turn | None:
    """Return the turn of a session; None if it needs none."""
    turn: Turn | None = session.info.get(TURN)
    return turn


def claim(session: Session) -> Claim:
    """Return the claim of a session."""
    made: Claim | None = session.info.get(CLAIM)
    if made is None:
        made = session.info[CLAIM] = Claim()
    return made


def let_go(session: Session) -> None:
    """Close a session, be its connection lost or not."""
    try:
        session.close()
    except Exception:  # noqa: BLE001  # of a rollback that did not get through
        with suppress(Exception):
            session.invalidate()


def close(unit: Session | AsyncSession) -> Awaitable[None] | None:
    """Close a session, at once unless that takes long; raises nothing."""
    sync = unit.sync_session if isinstance(unit, AsyncSession) else unit
    if turn_of(unit) is not None or sync.in_transaction() or claim(sync).lock.locked():
        return _close(unit)
    claim(sync).close(sync)
    return None


async def _close(unit: Session | AsyncSession) -> None:
    closing: asyncio.Future[Any]
    if isinstance(unit, AsyncSession):
        closing = asyncio.ensure_future(unit.run_sync(let_go))
    else:
        closing = asyncio.wrap_future(_closing.submit(claim(unit).close, unit))
    _late.add(closing)
    closing.add_done_callback(_late.discard)
    try:
        await asyncio.wait([closing], timeout=GRACE)
    finally:
        turn = turn_of(unit)
        if turn is not None:
            turn.give()
