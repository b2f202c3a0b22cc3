"""The auth provider for Google.

Google is an OpenID Connect issuer with additional rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bzz.auth.providers.oidc import OIDCProvider

ISSUER = "https://accounts.google.com"


class GoogleProvider(OIDCProvider):
    """The auth provider ``google``.

    A user signs in with an ID token from Google's libraries, or by a flow through Google's site. A user is refused if
    the token contains an e-mail address that is not verified.

    Source: https://developers.google.com/identity/gsi/web/guides/verify-google-id-token

    Args:
        client_id: the client id of this application, as Google's console shows it. It may be a list of the ids of
            several pages and apps. A flow uses the first one.
        client_secret: the secret of that client. A flow needs it.
        hosted_domain: the only Google Workspace domain whose users may sign in. None: any user may.
        redirect_uri: the URL of ``/auth/callback/google/`` that is registered with Google. None: bzz makes it from the
            URL of the request.

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
        """Return the user's dict, or None.

        Return None if the e-mail address is not verified, or if the user's Workspace domain is not ``hosted_domain``.
        """
        if "email" in claims and claims.get("email_verified") is not True:
            return None
        if self.hosted_domain and claims.get("hd") != self.hosted_domain:
            return None
        return super().user_of(claims)
