"""The interface of what vouches for users when they sign in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from tornado.web import RequestHandler

from bzz.auth.web_client import WebClient

NOBODY = "These credentials are nobody's."
WEB_CLIENT = "bzz_web_client"  # in the settings of an application that is configured


class AuthProvider(ABC):
    """Tells who somebody is, from the credentials they send.

    Its ``name`` is what ``provider`` of a sign-in says: unless it is given, that of the class in lower case, without
    ``Provider``.
    """

    name: str = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Name the class."""
        super().__init_subclass__(**kwargs)
        if "name" not in vars(cls):
            cls.name = cls.__name__.lower().removesuffix("provider")

    @abstractmethod
    async def authenticate(self, credentials: dict[str, Any], handler: RequestHandler) -> dict[str, Any] | None:
        """Return what is known of a user, or None if the credentials are not theirs.

        Args:
            credentials: the body of the sign-in, an object of JSON; not checked yet.
            handler: of the request.

        Returns:
            A dict that JSON can say, with an ``id`` in it that this provider gives nobody else. All of it travels in
            the session's token, signed but not secret, so it is small and holds no credentials.

        Raises:
            Invalid: the credentials are malformed.
            Unauthorized: as None, with a cause for the log.
            Unavailable: it cannot be found out now.
        """

    def web_client(self, handler: RequestHandler) -> WebClient:
        """Return the client that goes through the proxy that the handler's application is configured with."""
        client: WebClient = handler.settings[WEB_CLIENT]
        return client
