"""The policy that ``AuthHive.configure`` makes: users are identified by a session's token."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tornado.web import RequestHandler

from bzz.auth.origins import check_origin
from bzz.auth.sessions import Sessions
from bzz.exceptions import BadRequest
from bzz.http.policy import Policy, Session, bearer_token

MAX_COOKIE = 4096  # bytes of name, value and attributes that every browser stores (RFC 6265, section 6.1)
ATTRIBUTES = 96  # bytes of MAX_COOKIE


@dataclass(frozen=True)
class SessionPolicy(Policy):
    """The policy of one application: a bearer token identifies the user, else the cookie does.

    Args:
        sessions: of the application's users.
        cookie_name: of the cookie that holds a session's token.
        cookie_secure: whether the browser sends the cookie over https only; None: if it was set over https.
        authenticated: by ``get``, ``create``, ``update`` and ``delete``, whether it needs a signed-in user by default.
    """

    sessions: Sessions
    cookie_name: str
    cookie_secure: bool | None
    authenticated: Mapping[str, bool]

    async def identify(self, handler: RequestHandler) -> Session | None:
        """Return the session of a request, or None, and set ``current_user``.

        In the second half of its time a cookie's session is renewed.

        Raises:
            Forbidden: a page of another site sent a write with the user's cookie.
            Unavailable: the store of ended sessions did not answer.
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
        """Raise BadRequest if a session's token does not fit into a cookie."""
        if len(self.cookie_name) + len(token) > MAX_COOKIE - ATTRIBUTES:
            raise BadRequest(f"The data of this user do not fit into a cookie of {MAX_COOKIE} bytes.")

    def keep(self, handler: RequestHandler, session: Session, token: str) -> None:
        """Set the cookie to a session's token, until the session expires."""
        self.set_cookie(handler, self.cookie_name, token, session.expires - session.issued)

    def set_cookie(self, handler: RequestHandler, name: str, value: str, seconds: int) -> None:
        """Set a cookie for ``seconds``; scripts cannot read it, and writes of other sites do not carry it.

        It has ``HttpOnly`` (RFC 6265, section 5.2.6) and ``SameSite=Lax`` (RFC 6265bis).
        """
        handler.set_cookie(name, value, max_age=seconds, **self._attributes(handler))

    def clear_cookie(self, handler: RequestHandler, name: str) -> None:
        """Clear a cookie that ``set_cookie`` set."""
        handler.clear_cookie(name, **self._attributes(handler))

    def _attributes(self, handler: RequestHandler) -> dict[str, Any]:
        secure = handler.request.protocol == "https" if self.cookie_secure is None else self.cookie_secure
        return {"httponly": True, "secure": secure, "samesite": "Lax"}
