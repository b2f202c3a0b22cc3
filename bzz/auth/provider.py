"""The interface of auth providers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from tornado.web import RequestHandler

from bzz.auth.web_client import WebClient

NOT_VALID = "The credentials are not valid; sign in again."
WEB_CLIENT = "bzz_web_client"  # AuthHive.configure stores the web client in this setting


class AuthProvider(ABC):
    """An object that returns the user for the credentials of a sign-in.

    Attributes:
        name: the value of ``provider`` in the body of a sign-in. The default is the class name in lower case without
            ``Provider``.
    """

    name: str = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Set the default ``name``."""
        super().__init_subclass__(**kwargs)
        if "name" not in vars(cls):
            cls.name = cls.__name__.lower().removesuffix("provider")

    @abstractmethod
    async def authenticate(self, credentials: dict[str, Any], handler: RequestHandler) -> dict[str, Any] | None:
        """Return the user's dict, or None if the credentials are wrong.

        Args:
            credentials: the JSON object in the body of the sign-in. bzz has not checked it.
            handler: the handler of the request.

        Returns:
            A dict that can be encoded as JSON. Its ``id`` is a text or an integer, which no other user of this
            provider has. The session's token contains the whole dict. The token is signed but not secret, so the dict
            must be small and contain no credentials.

        Raises:
            Invalid: the credentials are malformed.
            Unauthorized: means the same as None, but the log shows the exception's cause.
            Unavailable: the service behind the provider does not answer.
        """

    def web_client(self, handler: RequestHandler) -> WebClient:
        """Return the web client of the handler's application.

        It uses the proxy that is configured for the application.
        """
        client: WebClient = handler.settings[WEB_CLIENT]
        return client
