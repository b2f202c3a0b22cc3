"""Signing in with Google: an OpenID Connect issuer with rules of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bzz.auth.providers.oidc import OIDCProvider

ISSUER = "https://accounts.google.com"


class GoogleProvider(OIDCProvider):
    """Signs in whom Google vouches for, by an ID token that its libraries give a page, or on Google's site.

    Source: https://developers.google.com/identity/gsi/web/guides/verify-google-id-token

    Args:
        client_id: of this application, as Google's console shows it; or several, of its pages and apps.
        client_secret: which the way by Google's site takes.
        hosted_domain: the only Google Workspace domain whose users are let in.
        redirect_uri: as it is registered with Google.

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
        self.issuers = (ISSUER, ISSUER.removeprefix("https://"))  # Google's tokens may have either
        self.hosted_domain = hosted_domain

    def user_of(self, claims: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what is known of a user; None if their e-mail address is not verified, or of another domain."""
        if "email" in claims and claims.get("email_verified") is not True:
            return None
        if self.hosted_domain and claims.get("hd") != self.hosted_domain:
            return None
        return super().user_of(claims)
