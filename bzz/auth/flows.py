"""Flows."""

from __future__ import annotations

from abc import abstractmethod
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tornado.web import RequestHandler

from bzz.auth.provider import AuthProvider
from bzz.exceptions import Invalid


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in that leads through another site and back.

    Args:
        state: what the answer has to repeat (RFC 6749, section 10.12).
        nonce: what the token has to repeat (OpenID Connect Core 1.0, section 3.1.2.1).
        code_verifier: what only who began it can show (RFC 7636, section 4.1).
        redirect_uri: the URL it comes back to.
        next: the path on this site that it ends at.
    """

    state: str
    nonce: str
    code_verifier: str
    redirect_uri: str
    next: str

    @property
    def code_challenge(self) -> str:
        """The hash of the code verifier, method ``S256`` (RFC 7636, section 4.2)."""
        return urlsafe_b64encode(sha256(self.code_verifier.encode()).digest()).decode().rstrip("=")


class FlowProvider(AuthProvider):
    """An auth provider that can also send a browser to another site to sign in there (RFC 6749, section 4.1)."""

    redirect_uri: str | None = None  # as it is registered there; else this site's own, as the request reached it

    async def authenticate(
        self,
        credentials: dict[str, Any],  # noqa: ARG002  # the interface's
        handler: RequestHandler,  # noqa: ARG002
    ) -> dict[str, Any] | None:
        """Refuse, with Invalid, credentials that are sent here; override it if there are some."""
        raise Invalid(errors={"provider": ["signs in by /auth/login/ alone"]})

    @abstractmethod
    async def begin(self, flow: Flow, handler: RequestHandler) -> str:
        """Return the URL to send the browser to; raise Unavailable if that cannot be found out now."""

    @abstractmethod
    async def finish(self, flow: Flow, answer: Mapping[str, str], handler: RequestHandler) -> dict[str, Any] | None:
        """Return what is known of the user, as ``authenticate`` does.

        Args:
            flow: that has begun in the same browser; its ``state`` was compared.
            answer: the parameters that the browser came back with.
            handler: of the request.

        Raises:
            Unavailable: it cannot be found out now.
        """
