"""The cookies that contain the token of a session or a flow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tornado.web import RequestHandler

from bzz.exceptions import BadRequest
from bzz.http.policy import Session

MAX_COOKIE = 4096  # bytes of name, value and attributes; every browser can store that many (RFC 6265, section 6.1)
ATTRIBUTES = 96  # bytes of MAX_COOKIE that are left for the attributes


@dataclass(frozen=True)
class Cookies:
    """The cookies of one application.

    Scripts cannot read the cookies (``HttpOnly``: RFC 6265, section 5.2.6). Browsers do not send them with writes from
    other sites (``SameSite=Lax``: RFC 6265bis).

    Args:
        name: the name of the cookie that contains a session's token.
        secure: whether the browser sends the cookies over https only. With None, this holds for cookies that were set
            over https.
    """

    name: str
    secure: bool | None

    def check_length(self, token: str) -> None:
        """Raise BadRequest if a session's token does not fit into a cookie."""
        if len(self.name) + len(token) > MAX_COOKIE - ATTRIBUTES:
            raise BadRequest(f"The data of this user do not fit into a cookie of {MAX_COOKIE} bytes.")

    def keep(self, handler: RequestHandler, session: Session, token: str) -> None:
        """Set the session's cookie to the session's token.

        The cookie expires when the session expires.
        """
        self.set(handler, self.name, token, session.expires - session.issued)

    def set(self, handler: RequestHandler, name: str, value: str, seconds: int) -> None:
        """Set a cookie that expires after ``seconds``."""
        handler.set_cookie(name, value, max_age=seconds, **self._attributes(handler))

    def clear(self, handler: RequestHandler, name: str) -> None:
        """Clear a cookie that was set with ``set``."""
        handler.clear_cookie(name, **self._attributes(handler))

    def _attributes(self, handler: RequestHandler) -> dict[str, Any]:
        secure = handler.request.protocol == "https" if self.secure is None else self.secure
        return {"httponly": True, "secure": secure, "samesite": "Lax"}
