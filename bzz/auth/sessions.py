"""Sessions: who is signed in, for how long, and since when no longer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from heapq import heappop, heappush
from secrets import token_urlsafe
from typing import Any

from bzz.auth.tokens import Signer, now
from bzz.http.policy import Session

KIND = "session+jwt"
SKEW = 60  # seconds that the clocks of several hosts may be apart
CLAIMS = ("sid", "auth_time", "user")


class EndedSessions(ABC):
    """The sessions that have ended before their time; implement it on a store that all processes share."""

    @abstractmethod
    async def add(self, session_id: str, seconds: int) -> None:
        """Note that a session has ended.

        Args:
            session_id: a text of 32 URL-safe characters.
            seconds: for how long somebody may still come with a token of it; it can be forgotten afterwards.

        It may be noted more than once.

        Raises:
            Unavailable: the store cannot be reached.
        """

    @abstractmethod
    async def has(self, session_id: str) -> bool:
        """Tell whether a session has ended, of any request that comes with one; raise as ``add``."""


class EndedInMemory(EndedSessions):
    """The ended sessions of one process, forgotten when it ends."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._until: list[tuple[int, str]] = []  # a heap

    async def add(self, session_id: str, seconds: int) -> None:
        """Note a session; and forget those of which there are no tokens any more."""
        while self._until and self._until[0][0] <= now():
            self._ids.discard(heappop(self._until)[1])
        if session_id not in self._ids:
            self._ids.add(session_id)
            heappush(self._until, (now() + seconds, session_id))

    async def has(self, session_id: str) -> bool:
        """Tell whether it was noted."""
        return session_id in self._ids


class Sessions:
    """Starts, reads, renews and ends the sessions of an application.

    Args:
        signer: of their tokens.
        expiration: seconds that a session holds without being renewed.
        max_age: seconds that it holds in any case.
        ended: those that have ended before their time.

    Raises:
        TypeError, ValueError: what is given makes no sense.
    """

    def __init__(self, signer: Signer, expiration: int, max_age: int, ended: EndedSessions) -> None:
        if not isinstance(ended, EndedSessions):
            raise TypeError(f"ended_sessions is of a subclass of EndedSessions, not {ended!r}")
        if not isinstance(expiration, int) or not isinstance(max_age, int):
            raise TypeError(f"expiration and max_age are whole seconds, not {expiration!r} and {max_age!r}")
        if not 0 < expiration <= max_age:
            raise ValueError(f"expiration is from 1 second to max_age ({max_age}), not {expiration}")
        self.signer, self.expiration, self.max_age, self.ended = signer, expiration, max_age, ended

    def start(self, user: Mapping[str, Any]) -> tuple[Session, str]:
        """Return a new session of a user, and its token.

        Args:
            user: with ``id`` and ``provider``.

        Raises:
            TypeError: something in it is nothing that JSON can say.
        """
        return self._signed(token_urlsafe(24), dict(user), now())

    async def read(self, token: str) -> Session | None:
        """Return the session of a token; None if it is none of ours, expired, or ended. Raise as ``EndedSessions``."""
        claims = self.signer.read(KIND, token, CLAIMS)
        if claims is None or claims["auth_time"] + self.max_age <= now() or await self.ended.has(claims["sid"]):
            return None
        return Session(claims["sid"], claims["user"], claims["auth_time"], claims["iat"], claims["exp"])

    def renewed(self, session: Session) -> tuple[Session, str] | None:
        """Return the session with more time, and its token; None before half of its time has passed, or at its end."""
        if now() - session.issued < self.expiration / 2 or session.expires >= session.started + self.max_age:
            return None
        return self._signed(session.id, session.user, session.started)

    async def end(self, session: Session) -> None:
        """Have no token of a session, nor of its renewals, be good any more; raise as ``EndedSessions``."""
        last = max(session.started + self.max_age, session.expires)  # whatever expiration there was when it was renewed
        await self.ended.add(session.id, last - now() + SKEW)

    def _signed(self, session_id: str, user: dict[str, Any], started: int) -> tuple[Session, str]:
        issued = now()
        expires = min(issued + self.expiration, started + self.max_age)
        subject = f"{user['provider']}:{user['id']}"
        claims = {"sub": subject, "sid": session_id, "auth_time": started, "user": user}
        token = self.signer.sign(KIND, claims, issued=issued, expires=expires)
        return Session(session_id, user, started, issued, expires), token
