"""Signing in with any OpenID Connect issuer."""

from bzz.providers.oidc.provider import OIDCProvider

__all__ = ["OIDCProvider"]
