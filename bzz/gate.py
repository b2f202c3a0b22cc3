"""Who sends a request, and what an application asks of them: what ``AuthHive.configure`` leaves in its settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tornado.web import RequestHandler

from bzz.exceptions import BadRequest, Forbidden, Unauthorized
from bzz.sessions import Session, Sessions

SETTING = "bzz_gate"
METHODS_OF = {
    "list": ("GET", "HEAD"),
    "get": ("GET", "HEAD"),
    "create": ("POST",),
    "associate": ("POST",),
    "update": ("PUT", "PATCH"),
    "delete": ("DELETE",),
    "dissociate": ("DELETE",),
}
SAFE = ("GET", "HEAD", "OPTIONS")
VERBS = {"GET": "get", "HEAD": "get", "POST": "create", "PUT": "update", "PATCH": "update", "DELETE": "delete"}
SWITCHES = tuple(dict.fromkeys(VERBS.values()))
VARY = "Authorization, Cookie"  # which replies depend on, where users are told apart (RFC 9110, section 12.5.5)
PRIVATE = "private, no-cache"  # for their own browser, which asks each time whether it still holds (RFC 9111, 5.2.2)
MAX_COOKIE = 4096  # bytes of name, value and attributes that a browser has to keep (RFC 6265, section 6.1)
ATTRIBUTES = 96  # bytes of it


@dataclass(frozen=True)
class Gate:
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


def bearer_token(handler: RequestHandler) -> str | None:
    """Return the token of ``Authorization: Bearer`` (RFC 6750, section 2.1), or None if there is no such header."""
    scheme, _, token = handler.request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def check_origin(handler: RequestHandler) -> None:
    """Raise Forbidden if a write comes from another site, as Tornado's ``cross_origin_protection`` finds out.

    The application setting ``trusted_origins``, and the handler's ``check_trusted_origin``, make exceptions.
    """
    if handler.request.method in SAFE:
        return
    try:
        error = handler._check_cross_origin(handler.check_trusted_origin)
    except ValueError:  # of an Origin that is no URL
        error = "no origin"
    if error is not None:
        raise Forbidden("Another site cannot do this.")


def require_user(handler: RequestHandler) -> None:
    """Raise Unauthorized if nobody is signed in."""
    if not handler.current_user:
        challenge = "Bearer" if bearer_token(handler) is None else 'Bearer error="invalid_token"'
        raise Unauthorized("Sign in first.", challenge=challenge)
