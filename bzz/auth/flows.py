"""The flow: one sign-in that leads a browser to the provider's site and back (RFC 6749, section 4.1)."""

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
    """One sign-in at the provider's site.

    Args:
        state: the text that the answer must repeat (RFC 6749, section 10.12).
        nonce: the text that the ID token must repeat (OpenID Connect Core 1.0, section 3.1.2.1).
        code_verifier: the secret whose hash the provider gets first, and itself with the code (RFC 7636, section 4.1).
        redirect_uri: the URL on this site that the provider sends the browser back to.
        next: the path on this site that the flow ends at.
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
    """An auth provider with a site of its own, where a browser can sign in.

    Attributes:
        redirect_uri: the URL of ``/auth/callback/NAME/`` as it is registered with the provider; None for the URL by
            which the request reached this site.
    """

    redirect_uri: str | None = None

    async def authenticate(
        self,
        credentials: dict[str, Any],  # noqa: ARG002  # the interface's
        handler: RequestHandler,  # noqa: ARG002
    ) -> dict[str, Any] | None:
        """Raise Invalid: the provider takes no credentials from ``/auth/signin/`` unless a subclass overrides this."""
        raise Invalid(errors={"provider": ["takes no credentials here; open /auth/login/ with its name"]})

    @abstractmethod
    async def begin(self, flow: Flow, handler: RequestHandler) -> str:
        """Return the URL of the provider's site to send the browser to.

        Raises:
            Unavailable: the provider does not answer.
        """

    @abstractmethod
    async def finish(self, flow: Flow, answer: Mapping[str, str], handler: RequestHandler) -> dict[str, Any] | None:
        """Return the user's dict, or None, as ``authenticate`` does.

        Args:
            flow: begun in the same browser; ``answer`` has its ``state``.
            answer: the parameters with which the provider sent the browser back.
            handler: of the request.

        Raises:
            Unauthorized: the same as None, with a cause for the log.
            Unavailable: the provider does not answer.
        """
