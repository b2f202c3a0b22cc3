"""The policy that ``AuthHive.configure`` makes.

It identifies users with a session's token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tornado.web import RequestHandler

from bzz.auth.cookies import Cookies
from bzz.auth.origins import check_origin
from bzz.auth.sessions import Sessions
from bzz.http.policy import Policy, Session, bearer_token
from bzz.resources.options import Requirement


@dataclass(frozen=True)
class SessionPolicy(Policy):
    """The policy of one application.

    It reads the session's token from ``Authorization: Bearer`` or, without this header, from the cookie.

    Args:
        sessions: the sessions of the application's users.
        cookies: the cookies that contain the sessions' tokens.
        authenticated: a dict from verb (``get``, ``create``, ``update``, ``delete``) to its requirement by default.
    """

    sessions: Sessions
    cookies: Cookies
    authenticated: Mapping[str, Requirement]

    async def identify(self, handler: RequestHandler) -> Session | None:
        """Return the session of a request or None, and set ``current_user``.

        If at least half of ``expiration`` is over, a session from a cookie is renewed.

        Raises:
            Forbidden: a page of another site sent a write with the user's cookie.
            Unavailable: the store of ended sessions did not answer.
        """
        bearer = bearer_token(handler)
        token = handler.get_cookie(self.cookies.name) if bearer is None else bearer
        session = await self.sessions.read(token) if token else None
        if session and bearer is None:
            check_origin(handler)
            if renewed := self.sessions.renewed(session):
                self.cookies.keep(handler, *renewed)
        handler.current_user = session.user if session else None
        return session
