"""The auth provider for OpenID Connect issuers."""

from bzz.auth.providers.oidc.provider import OIDCProvider

__all__ = ["OIDCProvider"]
