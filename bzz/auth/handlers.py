"""The handlers of ``/auth/signin/``, ``/auth/signout/`` and ``/auth/me/``."""

from __future__ import annotations

from copy import deepcopy

from bzz.auth.auth_handler import AuthHandler
from bzz.auth.sign_in import sign_in
from bzz.exceptions import Invalid, UnsupportedMediaType
from bzz.signals import pre_get_user_details

MAX_BODY = 65_536  # bytes; this is enough, as tokens are short


class SignInHandler(AuthHandler):
    """The handler of ``POST /auth/signin/`` with ``{"provider": "google", ...}``."""

    SUPPORTED_METHODS = ("POST", "OPTIONS")

    async def post(self) -> None:
        """Sign the user in and answer with the user's dict.

        Before the reply, receivers of ``authorized_user`` may change the dict. The reply adds
        ``"authenticated": true``.

        Raises:
            UnsupportedMediaType, ContentTooLarge, BadRequest: the body is not a JSON object of at most 64 KiB.
            Invalid: the hive has no such auth provider.
            Exception: see ``sign_in``.
        """
        if self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
            raise UnsupportedMediaType("Send the credentials as JSON (application/json).")
        credentials = await self.read_body(MAX_BODY)
        name = credentials.get("provider")
        if not isinstance(name, str) or name not in self.providers:
            raise Invalid(errors={"provider": [f"must be one of {', '.join(self.providers)}"]})
        user_data = await sign_in(self, name, lambda: self.providers[name].authenticate(credentials, self))
        self.reply({**user_data, "authenticated": True})


class SignOutHandler(AuthHandler):
    """The handler of ``POST /auth/signout/``."""

    SUPPORTED_METHODS = ("POST", "OPTIONS")

    async def post(self) -> None:
        """End the session of the request, and the session of its cookie.

        A request without a session is not an error.

        Raises:
            Unavailable: the store of ended sessions did not answer.
        """
        await self.policy.sessions.end_all(self.user_session, await self.cookie_session())
        self.policy.cookies.clear(self, self.policy.cookies.name)
        self.reply({"loggedOut": True})


class UserHandler(AuthHandler):
    """The handler of ``GET /auth/me/``."""

    SUPPORTED_METHODS = ("GET", "HEAD", "OPTIONS")

    async def get(self) -> None:
        """Answer with the dict of the signed-in user.

        Before the reply, receivers of ``pre_get_user_details`` may change the dict.
        """
        if self.user_session is None:
            self.reply({"authenticated": False})
            return
        user_data = deepcopy(self.user_session.user)
        name = user_data["provider"]
        await pre_get_user_details.send_async(name, provider_name=name, user_data=user_data, handler=self)
        self.reply({"authenticated": True, "userData": user_data})

    async def head(self) -> None:
        """Answer with the same status and headers as GET.

        Tornado leaves out the body.
        """
        await self.get()
