"""Sessions, which are signed tokens.

A session can be renewed, and it can end before it expires.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from heapq import heappop, heappush
from secrets import token_urlsafe
from typing import Any

from bzz.auth.tokens import Signer, now
from bzz.http.policy import Session

KIND = "session+jwt"
SKEW = 60  # the largest difference between the clocks of several hosts, in seconds
CLAIMS = ("sid", "auth_time", "user")


class EndedSessions(ABC):
    """The sessions that ended before they expired.

    A sign-out or another sign-in ends a session early. Implement this class with a store that all processes of the
    application share.
    """

    @abstractmethod
    async def add(self, session_id: str, seconds: int) -> None:
        """Store the id of an ended session.

        bzz may call this method again with the same id.

        Args:
            session_id: a text of 32 URL-safe characters.
            seconds: the store may forget the id after this time. No token of the session is valid then.

        Raises:
            Unavailable: the store did not answer.
        """

    @abstractmethod
    async def has(self, session_id: str) -> bool:
        """Return whether a session has ended.

        bzz calls this method for each request with a session.

        Raises:
            Unavailable: the store did not answer.
        """


class EndedInMemory(EndedSessions):
    """The ended sessions of one process, stored in its memory."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._until: list[tuple[int, str]] = []  # a heap

    async def add(self, session_id: str, seconds: int) -> None:
        """Store an id, and forget the ids whose time is over."""
        while self._until and self._until[0][0] <= now():
            self._ids.discard(heappop(self._until)[1])
        if session_id not in self._ids:
            self._ids.add(session_id)
            heappush(self._until, (now() + seconds, session_id))

    async def has(self, session_id: str) -> bool:
        """Return whether a session has ended."""
        return session_id in self._ids


class Sessions:
    """The sessions of one application.

    Args:
        signer: the signer of the tokens.
        expiration: seconds after which a session expires unless it is renewed.
        max_age: seconds after which a session expires even if it is renewed.
        ended: the sessions that were ended early.

    Raises:
        TypeError: an argument has the wrong type.
        ValueError: ``expiration`` is less than 1 or more than ``max_age``.
    """

    def __init__(self, signer: Signer, expiration: int, max_age: int, ended: EndedSessions) -> None:
        if not isinstance(ended, EndedSessions):
            raise TypeError(f"ended_sessions must be of a subclass of EndedSessions, not {ended!r}")
        if not isinstance(expiration, int) or not isinstance(max_age, int):
            raise TypeError(f"expiration and max_age must be whole seconds, not {expiration!r} and {max_age!r}")
        if not 0 < expiration <= max_age:
            raise ValueError(f"expiration must be from 1 second to max_age ({max_age}), not {expiration}")
        self.signer, self.expiration, self.max_age, self.ended = signer, expiration, max_age, ended

    def start(self, user: Mapping[str, Any]) -> tuple[Session, str]:
        """Return a new session of a user, and its token.

        Args:
            user: the user's dict, with ``id`` and ``provider``.

        Raises:
            TypeError: a value in ``user`` cannot be encoded as JSON.
        """
        return self._signed(token_urlsafe(24), dict(user), now())

    async def read(self, token: str) -> Session | None:
        """Return the session of a token, or None.

        Return None if the token is not valid, or if the session has expired or ended.

        Raises:
            Unavailable: the store of ended sessions did not answer.
        """
        claims = self.signer.read(KIND, token, CLAIMS)
        if claims is None or claims["auth_time"] + self.max_age <= now() or await self.ended.has(claims["sid"]):
            return None
        return Session(claims["sid"], claims["user"], claims["auth_time"], claims["iat"], claims["exp"])

    def renewed(self, session: Session) -> tuple[Session, str] | None:
        """Return the session with a later expiry, and its new token.

        Return None in the first half of ``expiration``. Return None also if the session cannot become
        longer, because it expires at ``max_age``.
        """
        if now() - session.issued < self.expiration / 2 or session.expires >= session.started + self.max_age:
            return None
        return self._signed(session.id, session.user, session.started)

    async def end_all(self, *sessions: Session | None) -> None:
        """End several sessions, each of them once.

        None is ignored.

        Raises:
            Unavailable: the store of ended sessions did not answer.
        """
        for session in {session.id: session for session in sessions if session}.values():
            await self.end(session)

    async def end(self, session: Session) -> None:
        """End a session.

        After that, none of its tokens is valid. This includes the tokens of renewals.

        Raises:
            Unavailable: the store of ended sessions did not answer.
        """
        last = max(session.started + self.max_age, session.expires)  # longer limits may have applied to it before
        await self.ended.add(session.id, last - now() + SKEW)

    def _signed(self, session_id: str, user: dict[str, Any], started: int) -> tuple[Session, str]:
        issued = now()
        expires = min(issued + self.expiration, started + self.max_age)
        subject = f"{user['provider']}:{user['id']}"
        claims = {"sub": subject, "sid": session_id, "auth_time": started, "user": user}
        token = self.signer.sign(KIND, claims, issued=issued, expires=expires)
        return Session(session_id, user, started, issued, expires), token
