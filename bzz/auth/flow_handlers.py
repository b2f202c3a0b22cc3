"""The handlers of a flow.

A flow begins at ``/auth/login/NAME/`` and ends at ``/auth/callback/NAME/``.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any

from bzz.auth.auth_handler import AuthHandler
from bzz.auth.flows import Flow, FlowProvider
from bzz.auth.sign_in import sign_in
from bzz.auth.tokens import now
from bzz.exceptions import BadRequest, NotFound

FLOW = "flow+jwt"
FLOW_SECONDS = 600  # how long a user may stay on the provider's site
_NEXT = re.compile(r"/(?![/\\])[\x20-\x7e]{0,999}")  # a path; no browser takes it for a URL of another site


class FlowHandler(AuthHandler):
    """The base class of both handlers of a flow."""

    SUPPORTED_METHODS = ("GET", "OPTIONS")

    def provider(self, name: str) -> FlowProvider:
        """Return the ``FlowProvider`` called ``name``.

        Raise NotFound if the hive has no such provider.
        """
        found = self.providers.get(name)
        if not isinstance(found, FlowProvider):
            raise NotFound("No auth provider of this name has a site to sign in at.")
        return found

    def cookie(self, name: str) -> str:
        """Return the name of the cookie for a provider's flow."""
        return f"{self.policy.cookies.name}_{name}"


class LoginHandler(FlowHandler):
    """The handler of ``GET /auth/login/NAME/?next=/path``, where a flow begins."""

    async def get(self, name: str) -> None:
        """Begin a flow: redirect the browser to the provider's site.

        The reply is a 302. Its cookie contains the flow and expires after ``FLOW_SECONDS``.

        Raises:
            NotFound: no ``FlowProvider`` has this name.
            BadRequest: ``next`` is not a path on this site.
            Unavailable: the provider does not answer.
        """
        provider = self.provider(name)
        here = f"{self.request.protocol}://{self.request.host}{self.base}/callback/{name}/"
        flow = Flow(
            token_urlsafe(32),
            token_urlsafe(32),
            token_urlsafe(48),
            provider.redirect_uri or here,
            self._next(),
        )
        url = await provider.begin(flow, self)
        claims, issued = {"sub": name, "flow": asdict(flow)}, now()
        token = self.policy.sessions.signer.sign(FLOW, claims, issued=issued, expires=issued + FLOW_SECONDS)
        self.policy.cookies.set(self, self.cookie(name), token, FLOW_SECONDS)
        self.redirect(url)

    def _next(self) -> str:
        given = self.get_query_argument("next", "/")
        if not _NEXT.fullmatch(given):
            raise BadRequest("next must be a path on this site, of at most 1000 characters.")
        return given


class CallbackHandler(FlowHandler):
    """The handler of ``GET /auth/callback/NAME/``, where a flow ends."""

    async def get(self, name: str) -> None:
        """Sign the user in, and redirect the browser to ``next``.

        The reply is a 302.

        Raises:
            NotFound: no ``FlowProvider`` has this name.
            BadRequest: this browser has not begun such a flow, or the flow took longer than ``FLOW_SECONDS``.
            Exception: see ``sign_in``.
        """
        provider = self.provider(name)
        await sign_in(self, name, lambda: self._finish(provider))
        self.redirect(self.flow.next)

    async def _finish(self, provider: FlowProvider) -> dict[str, Any] | None:
        answer = {key: self.get_query_argument(key) for key in self.request.query_arguments}
        self.flow = self._begun(provider.name, answer.get("state", ""))
        self.policy.cookies.clear(self, self.cookie(provider.name))
        return await provider.finish(self.flow, answer, self)

    def _begun(self, name: str, state: str) -> Flow:
        """Return the flow in the browser's cookie if its state is ``state``.

        Raise BadRequest if there is no such flow.
        """
        token = self.get_cookie(self.cookie(name), "")
        claims = self.policy.sessions.signer.read(FLOW, token, ("flow",))
        if claims and claims["sub"] == name:
            flow = Flow(**claims["flow"])
            if compare_digest(state.encode(), flow.state.encode()):
                return flow
        raise BadRequest("This sign-in was not begun in this browser, or took too long; sign in again.")
