"""The flow of a sign-in (RFC 6749, section 4.1).

A flow sends a browser to the provider's site and back.
"""

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
        code_verifier: a secret. The provider gets its hash first, and the secret itself together with the code (RFC
            7636, section 4.1).
        redirect_uri: the URL on this site that the provider sends the browser back to.
        next: the path on this site to which the browser goes when the flow ends.
    """

    state: str
    nonce: str
    code_verifier: str
    redirect_uri: str
    next: str

    @property
    def code_challenge(self) -> str:
        """The hash of the code verifier.

        It is made with the method ``S256`` (RFC 7636, section 4.2).
        """
        return urlsafe_b64encode(sha256(self.code_verifier.encode()).digest()).decode().rstrip("=")


class FlowProvider(AuthProvider):
    """An auth provider with its own site, where a browser signs in.

    Attributes:
        redirect_uri: the URL of ``/auth/callback/NAME/`` that is registered with the provider. None: bzz makes it from
            the URL of the request.
    """

    redirect_uri: str | None = None

    async def authenticate(
        self,
        credentials: dict[str, Any],  # noqa: ARG002  # an argument of the interface
        handler: RequestHandler,  # noqa: ARG002
    ) -> dict[str, Any] | None:
        """Raise Invalid: a flow provider takes no credentials from ``/auth/signin/``.

        A subclass may override this method.
        """
        raise Invalid(errors={"provider": ["takes no credentials here; open /auth/login/ with its name"]})

    @abstractmethod
    async def begin(self, flow: Flow, handler: RequestHandler) -> str:
        """Return the URL to which the browser is sent.

        It is a URL of the provider's site.

        Raises:
            Unavailable: the provider does not answer.
        """

    @abstractmethod
    async def finish(self, flow: Flow, answer: Mapping[str, str], handler: RequestHandler) -> dict[str, Any] | None:
        """Return the user's dict or None, like ``authenticate``.

        Args:
            flow: the flow that began in the same browser. Its ``state`` is the one in ``answer``.
            answer: the parameters in the URL to which the provider sent the browser back.
            handler: the handler of the request.

        Raises:
            Unauthorized: means the same as None, but the log shows the exception's cause.
            Unavailable: the provider does not answer.
        """
