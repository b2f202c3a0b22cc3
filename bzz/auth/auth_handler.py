"""The base of the handlers of ``AuthHive``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bzz.auth.origins import check_origin
from bzz.auth.provider import AuthProvider
from bzz.auth.session_policy import SessionPolicy
from bzz.http.handler import Handler
from bzz.http.policy import Session, bearer_token


class AuthHandler(Handler):
    """A handler of ``AuthHive``.

    It refuses writes that another site sends. No cache may store its replies.
    """

    def initialize(self, providers: Mapping[str, AuthProvider], base: str) -> None:
        """Take the arguments of the route.

        Args:
            providers: all auth providers of the hive, as a dict from name to auth provider.
            base: the percent-encoded path that all routes of the hive begin with.
        """
        self.providers, self.base = providers, base

    async def prepare(self) -> None:
        """Identify the user, and refuse a write from another site.

        Raises:
            RuntimeError: the application is not configured.
            Forbidden: a page of another site sent the write.
            Unavailable: see ``Policy.identify``.
        """
        if not isinstance(self._policy, SessionPolicy):
            raise RuntimeError("an application with routes of AuthHive needs AuthHive.configure(app, secret_key)")
        self.policy = self._policy
        await super().prepare()
        check_origin(self)

    def _declare_cache_control(self) -> None:
        self.set_header("Cache-Control", "no-store")

    def options(self, *_: str) -> None:
        """Answer with the methods that the path allows."""
        self.set_header("Allow", ", ".join(self.SUPPORTED_METHODS))
        self.reply_empty()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write the problem document.

        If the path does not allow the method, also send ``Allow``.
        """
        if status_code == 405:
            self.set_header("Allow", ", ".join(self.SUPPORTED_METHODS))
        super().write_error(status_code, **kwargs)

    async def cookie_session(self) -> Session | None:
        """Return the session of the cookie, or None.

        The method reads the cookie even if a bearer token identifies the user.

        Raises:
            Unavailable: the store of ended sessions did not answer.
        """
        if bearer_token(self) is None:
            return self.user_session
        return await self.policy.sessions.read(self.get_cookie(self.policy.cookies.name, ""))
