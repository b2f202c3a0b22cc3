"""The auth provider for development and tests, which checks no credentials."""

from __future__ import annotations

import logging
from typing import Any

from tornado.web import RequestHandler

from bzz.auth.provider import AuthProvider
from bzz.exceptions import Invalid

logger = logging.getLogger("bzz")

DEFAULTS = {"id": "123", "name": "Mock User", "email": "mock@example.com"}
MAX_LENGTH = 100  # characters


class MockProvider(AuthProvider):
    """The auth provider ``mock``.

    Any ``access_token`` signs a user in. The request also gives the user's ``id``, ``name`` and ``email``.
    """

    def __init__(self) -> None:
        logger.warning("The mock auth provider accepts any credentials: it is for development only.")

    async def authenticate(self, credentials: dict[str, Any], handler: RequestHandler) -> dict[str, Any] | None:  # noqa: ARG002  # an argument of the interface
        """Return ``id``, ``name`` and ``email``.

        Return None without an ``access_token``.

        Raises:
            Invalid: a value is not a text of at most ``MAX_LENGTH`` characters, or ``id`` is empty.
        """
        user = {name: credentials.get(name, default) for name, default in DEFAULTS.items()}
        errors = {}
        for name, value in user.items():
            shortest = 1 if name == "id" else 0
            if not isinstance(value, str) or not shortest <= len(value) <= MAX_LENGTH:
                errors[name] = [f"must be a text of {shortest} to {MAX_LENGTH} characters"]
        if errors:
            raise Invalid(errors=errors)
        return user if credentials.get("access_token") else None
