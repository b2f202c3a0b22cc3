"""The auth provider for Google, an OpenID Connect issuer with rules of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bzz.auth.providers.oidc import OIDCProvider

ISSUER = "https://accounts.google.com"


class GoogleProvider(OIDCProvider):
    """The auth provider ``google``: by an ID token of Google's libraries, or by a flow through Google's site.

    A user whose e-mail address is in the token but not verified is refused.

    Source: https://developers.google.com/identity/gsi/web/guides/verify-google-id-token

    Args:
        client_id: of this application, as Google's console shows it; or several, of its pages and apps. A flow uses the
            first.
        client_secret: of the client, which a flow needs.
        hosted_domain: the only Google Workspace domain whose users may sign in; None for any user.
        redirect_uri: the URL of ``/auth/callback/google/`` as it is registered with Google; None for the URL by which
            the request reached this site.

    Raises:
        ImportError: ``bzz[auth]`` is not installed.
    """

    def __init__(
        self,
        client_id: str | Iterable[str],
        client_secret: str | None = None,
        *,
        hosted_domain: str | None = None,
        redirect_uri: str | None = None,
    ) -> None:
        super().__init__(ISSUER, client_id, client_secret, redirect_uri=redirect_uri)
        self.issuers = (ISSUER, ISSUER.removeprefix("https://"))  # Google uses both in ``iss``
        self.hosted_domain = hosted_domain

    def user_of(self, claims: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the user's dict; None if the e-mail address is not verified, or the domain is another."""
        if "email" in claims and claims.get("email_verified") is not True:
            return None
        if self.hosted_domain and claims.get("hd") != self.hosted_domain:
            return None
        return super().user_of(claims)
