"""The transaction of a provider call.

It ends with the call, and then returns its connection to the pool.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from traceback import clear_frames
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from bzz.providers.sqlalchemy import sessions

T = TypeVar("T")


def in_transaction(session: Session, operation: Callable[[Session], T], *, is_write: bool, is_part: bool) -> T:
    """Return ``operation(session)`` and end its transaction.

    If the operation fails, roll everything back.

    Args:
        session: the session of the act.
        operation: the calls to the database.
        is_write: whether to commit.
        is_part: whether the call belongs to an act that writes, later or now. The session then stays open, so that the
            write also commits the changes that receivers made.
    """
    was_begun, known = session.in_transaction(), {*session.identity_map.keys()} if is_part else ()
    try:
        result = operation(session)
        if is_write:
            session.commit()
        elif is_part:
            expunge_new(session, known)
            if not was_begun:
                session.commit()
    except BaseException as error:
        sessions.close(session)  # after rollback() instances would have no values
        if isinstance(error, asyncio.CancelledError):
            clear_frames(error.__traceback__)  # they keep a cursor, with which SQLite would keep the file locked
        raise
    if not is_part:
        sessions.close(session)
    return result


def expunge_new(session: Session, known: Collection[Any]) -> None:
    """Remove from the session the instances whose identities are not ``known``.

    Changes to the removed instances are not stored.
    """
    if not known and not session.new:
        session.expunge_all()
        return
    for key in {*session.identity_map.keys()}.difference(known):
        instance = session.identity_map.get(key)
        if instance is not None:  # None if it was removed together with another instance
            session.expunge(instance)
