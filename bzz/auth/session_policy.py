"""The policy of ``AuthHive``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tornado.web import RequestHandler

from bzz.auth.origins import check_origin
from bzz.auth.sessions import Sessions
from bzz.exceptions import BadRequest
from bzz.http.policy import Policy, Session, bearer_token

MAX_COOKIE = 4096  # bytes of name, value and attributes that a browser has to keep (RFC 6265, section 6.1)
ATTRIBUTES = 96  # bytes of it


@dataclass(frozen=True)
class SessionPolicy(Policy):
    """The policy of one application.

    Args:
        sessions: of its users.
        cookie_name: where a session's token is kept.
        cookie_secure: whether the cookie is sent over https only; None: if it was set over https.
        authenticated: which of ``get``, ``create``, ``update``, ``delete`` take a signed-in user.
    """

    sessions: Sessions
    cookie_name: str
    cookie_secure: bool | None
    authenticated: Mapping[str, bool]

    async def identify(self, handler: RequestHandler) -> Session | None:
        """Return the session that a request comes with, if any, and set ``current_user``; renew it if that is due.

        Raises:
            Forbidden: a write from another site comes with the cookie.
            Unavailable: whether the session has ended cannot be found out now.
        """
        bearer = bearer_token(handler)
        token = handler.get_cookie(self.cookie_name) if bearer is None else bearer
        session = await self.sessions.read(token) if token else None
        if session and bearer is None:
            check_origin(handler)
            if renewed := self.sessions.renewed(session):
                self.keep(handler, *renewed)
        handler.current_user = session.user if session else None
        return session

    def check_length(self, token: str) -> None:
        """Raise BadRequest if a session's token is longer than browsers keep."""
        if len(self.cookie_name) + len(token) > MAX_COOKIE - ATTRIBUTES:
            raise BadRequest("What is known of the user does not fit into a cookie.")

    def keep(self, handler: RequestHandler, session: Session, token: str) -> None:
        """Have the browser keep a session's token (RFC 6265bis: HttpOnly, SameSite=Lax, Secure over https)."""
        self.set_cookie(handler, self.cookie_name, token, session.expires - session.issued)

    def set_cookie(self, handler: RequestHandler, name: str, value: str, seconds: int) -> None:
        """Set a cookie that no script reads and no other site's form sends, for so many ``seconds``."""
        handler.set_cookie(name, value, max_age=seconds, **self._attributes(handler))

    def clear_cookie(self, handler: RequestHandler, name: str) -> None:
        """Have the browser forget a cookie that was set with ``set_cookie``."""
        handler.clear_cookie(name, **self._attributes(handler))

    def _attributes(self, handler: RequestHandler) -> dict[str, Any]:
        secure = handler.request.protocol == "https" if self.cookie_secure is None else self.cookie_secure
        return {"httponly": True, "secure": secure, "samesite": "Lax"}
