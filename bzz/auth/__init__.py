"""The sign-in: auth providers, sessions and the decorator ``authenticated``."""

from bzz.auth.decorator import authenticated
from bzz.auth.flows import Flow, FlowProvider
from bzz.auth.provider import AuthProvider
from bzz.auth.providers.google import GoogleProvider
from bzz.auth.providers.mock import MockProvider
from bzz.auth.providers.oidc import OIDCProvider
from bzz.auth.roles import role
from bzz.auth.sessions import EndedSessions
from bzz.http.policy import Session

__all__ = [
    "AuthProvider",
    "EndedSessions",
    "Flow",
    "FlowProvider",
    "GoogleProvider",
    "MockProvider",
    "OIDCProvider",
    "Session",
    "authenticated",
    "role",
]
