"""Signing in with any OpenID Connect issuer."""

from bzz.auth.providers.oidc.provider import OIDCProvider

__all__ = ["OIDCProvider"]
