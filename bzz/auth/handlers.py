"""The handlers of ``AuthHive``: signing in, at once or by way of another site, and out, and who is signed in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from copy import deepcopy
from typing import Any

from bzz.auth.origins import check_origin
from bzz.auth.provider import NOBODY, AuthProvider
from bzz.auth.session_policy import SessionPolicy
from bzz.exceptions import Finished, Invalid, Unauthorized, UnsupportedMediaType
from bzz.http.handler import Handler
from bzz.http.policy import Session, bearer_token
from bzz.signals import authorized_user, pre_get_user_details, unauthorized_user

MAX_BODY = 65_536  # bytes; tokens are short


class AuthHandler(Handler):
    """What the handlers of ``AuthHive`` have in common."""

    def initialize(self, providers: Mapping[str, AuthProvider], base: str) -> None:
        """Take what ``AuthHive.routes_for`` gives.

        Args:
            providers: by name.
            base: the percent-encoded path that those of all the handlers begin with.
        """
        self.providers, self.base = providers, base

    async def prepare(self) -> None:
        """Refuse what comes from another site.

        Raises:
            RuntimeError: the application is not configured.
            Forbidden: it does.
        """
        if not isinstance(self._policy, SessionPolicy):
            raise RuntimeError("an application with routes of AuthHive needs AuthHive.configure(app, secret_key)")
        self.policy = self._policy
        await super().prepare()
        check_origin(self)

    def _declare_cache_control(self) -> None:
        self.set_header("Cache-Control", "no-store")

    def options(self, *_: str) -> None:
        """Say which methods the path takes."""
        self.set_header("Allow", ", ".join(self.SUPPORTED_METHODS))
        self.reply_empty()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write the problem document; with ``Allow`` for a method that the path does not take."""
        if status_code == 405:
            self.set_header("Allow", ", ".join(self.SUPPORTED_METHODS))
        super().write_error(status_code, **kwargs)

    async def sign_in(self, name: str, authenticate: Callable[[], Awaitable[dict[str, Any] | None]]) -> dict[str, Any]:
        """Sign in whom a provider vouches for, and return what is told of them: with what receivers have added.

        Args:
            name: the provider's.
            authenticate: asks it.

        Raises:
            Unauthorized: it vouches for nobody.
            BadRequest: what it says is too long.
            Finished: a receiver has answered the request itself, so nobody is signed in.
            Exception: what the provider or a receiver raised.
        """
        try:
            session, token = self._start_session(name, await authenticate())
            user_data = deepcopy(session.user)
            await authorized_user.send_async(name, provider_name=name, user_data=user_data, handler=self)
            self.encode(user_data)  # what cannot be told is an error before there is a session
            if self._finished or self._headers_written:
                raise Finished("A receiver has answered the request.")
            await self.end_sessions(await self.kept_session())  # the new one takes its place
        except (Exception, asyncio.CancelledError) as error:
            await self._tell_failure(name, error)
            raise
        self.policy.keep(self, session, token)
        return user_data

    async def kept_session(self) -> Session | None:
        """Return the session of the cookie, of which nobody takes notice where a bearer token decides."""
        if bearer_token(self) is None:
            return self.user_session
        return await self.policy.sessions.read(self.get_cookie(self.policy.cookie_name, ""))

    async def end_sessions(self, *sessions: Session | None) -> None:
        """End each of these sessions, once."""
        for session in {session.id: session for session in sessions if session}.values():
            await self.policy.sessions.end(session)

    async def _tell_failure(self, name: str, error: BaseException) -> None:
        try:
            await unauthorized_user.send_async(name, provider_name=name, error=error, handler=self)
        except Exception:  # which is the reply now; what it takes the place of is in the log all the same
            self.log_exception(type(error), error, error.__traceback__)
            raise

    def _start_session(self, name: str, user: dict[str, Any] | None) -> tuple[Session, str]:
        """Return a session of whom a provider vouches for, and its token."""
        if user is None:
            raise Unauthorized(NOBODY)
        identifier = user.get("id")
        if not isinstance(identifier, (str, int)) or isinstance(identifier, bool) or identifier == "":
            raise TypeError(f"the auth provider {name!r} tells no id of a user, but {identifier!r}")
        session, token = self.policy.sessions.start({**user, "provider": name})
        self.encode(session.user)
        self.policy.check_length(token)
        return session, token


class SignInHandler(AuthHandler):
    """``POST /auth/signin/`` with ``{"provider": "google", ...}``."""

    SUPPORTED_METHODS = ("POST", "OPTIONS")

    async def post(self) -> None:
        """Answer with what is told of the user, or with 400, 401, or what a receiver of ``authorized_user`` raised."""
        if self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            raise UnsupportedMediaType("Credentials are sent as JSON (application/json).")
        credentials = await self.read_body(MAX_BODY)
        name = credentials.get("provider")
        if not isinstance(name, str) or name not in self.providers:
            raise Invalid(errors={"provider": [f"is one of {', '.join(self.providers)}"]})
        user_data = await self.sign_in(name, lambda: self.providers[name].authenticate(credentials, self))
        self.reply({**user_data, "authenticated": True})


class SignOutHandler(AuthHandler):
    """``POST /auth/signout/``."""

    SUPPORTED_METHODS = ("POST", "OPTIONS")

    async def post(self) -> None:
        """End the session, if there is one, with all its renewals; and that of the cookie, if it is another."""
        await self.end_sessions(self.user_session, await self.kept_session())
        self.policy.clear_cookie(self, self.policy.cookie_name)
        self.reply({"loggedOut": True})


class UserHandler(AuthHandler):
    """``GET /auth/me/``."""

    SUPPORTED_METHODS = ("GET", "HEAD", "OPTIONS")

    async def get(self) -> None:
        """Answer with who is signed in, and what receivers of ``pre_get_user_details`` add."""
        if self.user_session is None:
            self.reply({"authenticated": False})
            return
        user_data = deepcopy(self.user_session.user)
        name = user_data["provider"]
        await pre_get_user_details.send_async(name, provider_name=name, user_data=user_data, handler=self)
        self.reply({"authenticated": True, "userData": user_data})

    async def head(self) -> None:
        """Answer as GET does; Tornado leaves the body out."""
        await self.get()
