"""The transaction of each provider call: it ends with the call, and gives its connection back."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from bzz.providers.sqlalchemy import sessions

T = TypeVar("T")


def in_transaction(session: Session, operation: Callable[[Session], T], *, is_write: bool, is_part: bool) -> T:
    """Return ``operation(session)`` and end its transaction; if it fails, roll everything back.

    Args:
        session: of the act.
        operation: the calls to the database.
        is_write: whether to commit.
        is_part: whether a write of the act follows or runs. The session then stays open, so that the write commits what
            receivers did in it.
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
    except BaseException:
        sessions.close(session)  # rollback() would make instances forget their values
        raise
    if not is_part:
        sessions.close(session)
    return result


def expunge_new(session: Session, known: Collection[Any]) -> None:
    """Remove from the session the instances whose identities are not ``known``; changes to them are not stored."""
    for key in {*session.identity_map.keys()}.difference(known):
        instance = session.identity_map.get(key)
        if instance is not None:  # None if it left together with another one
            session.expunge(instance)
