"""Who sends a request, and what an application asks of them: what ``AuthHive.configure`` leaves in its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tornado.web import RequestHandler

from bzz.exceptions import Unauthorized

SETTING = "bzz_gate"
VARY = "Authorization, Cookie"  # which replies depend on, where users are told apart (RFC 9110, section 12.5.5)
PRIVATE = "private, no-cache"  # for their own browser, which asks each time whether it still holds (RFC 9111, 5.2.2)


def bearer_token(handler: RequestHandler) -> str | None:
    """Return the token of ``Authorization: Bearer`` (RFC 6750, section 2.1), or None if there is no such header."""
    scheme, _, token = handler.request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def require_user(handler: RequestHandler) -> None:
    """Raise Unauthorized if nobody is signed in."""
    if not handler.current_user:
        challenge = "Bearer" if bearer_token(handler) is None else 'Bearer error="invalid_token"'
        raise Unauthorized("Sign in first.", challenge=challenge)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who is signed in.

    Args:
        id: the same one in all its renewals.
        user: what the auth provider said, with its name as ``provider``.
        started: when they signed in, in seconds since 1970.
        issued: when it was last renewed, likewise.
        expires: until when it holds, likewise.
    """

    id: str
    user: dict[str, Any]
    started: int
    issued: int
    expires: int
