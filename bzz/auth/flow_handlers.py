"""Flow handlers."""

from __future__ import annotations

import re
from dataclasses import asdict
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any

from bzz.auth.flows import Flow, FlowProvider
from bzz.auth.handlers import AuthHandler
from bzz.auth.tokens import now
from bzz.exceptions import BadRequest, NotFound

FLOW = "flow+jwt"
FLOW_SECONDS = 600  # which a sign-in on another site may take
_NEXT = re.compile(r"/(?![/\\])[\x20-\x7e]{0,999}")  # no URL of another site, as a browser reads it


class FlowHandler(AuthHandler):
    """What the two ends of a sign-in by way of another site have in common."""

    SUPPORTED_METHODS = ("GET", "OPTIONS")

    def provider(self, name: str) -> FlowProvider:
        """Return the provider ``name``; raise NotFound if there is none, or none that has such a way."""
        found = self.providers.get(name)
        if not isinstance(found, FlowProvider):
            raise NotFound("There is no such way to sign in.")
        return found

    def cookie(self, name: str) -> str:
        """Return the name of the cookie that a flow with a provider leaves until it ends."""
        return f"{self.policy.cookie_name}_{name}"


class LoginHandler(FlowHandler):
    """``GET /auth/login/NAME/?next=/path``: send the browser to the other site."""

    async def get(self, name: str) -> None:
        """Redirect to the provider's site, having left in a cookie what the browser has to come back with."""
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
        self.policy.set_cookie(self, self.cookie(name), token, FLOW_SECONDS)
        self.redirect(url)

    def _next(self) -> str:
        given = self.get_query_argument("next", "/")
        if not _NEXT.fullmatch(given):
            raise BadRequest("next is a path on this site, of at most 1000 characters.")
        return given


class CallbackHandler(FlowHandler):
    """``GET /auth/callback/NAME/``: the browser comes back."""

    async def get(self, name: str) -> None:
        """Sign the user in and redirect to the path that the flow was begun with."""
        provider = self.provider(name)
        await self.sign_in(name, lambda: self._finish(provider))
        self.redirect(self.flow.next)

    async def _finish(self, provider: FlowProvider) -> dict[str, Any] | None:
        answer = {key: self.get_query_argument(key) for key in self.request.query_arguments}
        self.flow = self._begun(provider.name, answer.get("state", ""))
        self.policy.clear_cookie(self, self.cookie(provider.name))
        return await provider.finish(self.flow, answer, self)

    def _begun(self, name: str, state: str) -> Flow:
        """Return the flow that was begun in this browser with ``state``; raise BadRequest if there is none."""
        token = self.get_cookie(self.cookie(name), "")
        claims = self.policy.sessions.signer.read(FLOW, token, ("flow",))
        if claims and claims["sub"] == name:
            flow = Flow(**claims["flow"])
            if compare_digest(state.encode(), flow.state.encode()):
                return flow
        raise BadRequest("This sign-in was not begun in this browser, or too long ago.")
