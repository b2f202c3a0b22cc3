"""The interface of policies, which find the signed-in user of a request.

``AuthHive.configure`` puts the policy into the application's settings. Without this call, an application has no policy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tornado.web import RequestHandler

from bzz.exceptions import Unauthorized
from bzz.resources.resource import Resource

SETTING = "bzz_policy"
VARY = "Authorization, Cookie"  # the request headers that select a signed-in user's reply (RFC 9110, section 12.5.5)
PRIVATE = "private, no-cache"  # only the browser stores a reply; it asks again each time (RFC 9111, section 5.2.2)


@dataclass(frozen=True, slots=True)
class Session:
    """The session of a signed-in user.

    Args:
        id: the session's id. A renewal does not change the id.
        user: the user's dict from the auth provider. Its key ``provider`` contains the auth provider's name.
        started: when the user signed in, in seconds since 1970.
        issued: when the session was last renewed, in seconds since 1970.
        expires: when the session ends unless it is renewed, in seconds since 1970.
    """

    id: str
    user: dict[str, Any]
    started: int
    issued: int
    expires: int


class Policy(ABC):
    """The rules of an application about signed-in users.

    They tell who the user of a request is, and which verbs need a signed-in user.

    Attributes:
        authenticated: a dict from verb (``get``, ``create``, ``update``, ``delete``) to whether it needs a signed-in
            user by default.
    """

    authenticated: Mapping[str, bool]

    @abstractmethod
    async def identify(self, handler: RequestHandler) -> Session | None:
        """Return the session of a request, or None, and set ``current_user``.

        The method may renew the session.

        Raises:
            Forbidden: a page of another site sent a write with the user's cookie.
            Unavailable: the store of ended sessions did not answer.
        """


def needs_user(policy: Policy | None, resources: Iterable[Resource], verb: str | None) -> bool:
    """Tell whether one of ``resources`` needs a signed-in user for ``verb``.

    No user is needed if ``verb`` is None.
    """
    if verb is None:
        return False
    default = policy is not None and policy.authenticated[verb]
    return any(resource.authenticated.get(verb, default) for resource in resources)


def bearer_token(handler: RequestHandler) -> str | None:
    """Return the token of ``Authorization: Bearer``, or None (RFC 6750, section 2.1)."""
    scheme, _, token = handler.request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def require_user(handler: RequestHandler) -> None:
    """Raise Unauthorized unless a user is signed in."""
    if not handler.current_user:
        challenge = "Bearer" if bearer_token(handler) is None else 'Bearer error="invalid_token"'
        raise Unauthorized("Sign in first.", challenge=challenge)
