"""The interface of auth providers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from tornado.web import RequestHandler

from bzz.auth.web_client import WebClient

NOT_VALID = "The credentials are not valid; sign in again."
WEB_CLIENT = "bzz_web_client"  # the setting in which AuthHive.configure leaves the application's web client


class AuthProvider(ABC):
    """An object that tells whose credentials a sign-in holds.

    Attributes:
        name: the ``provider`` of a sign-in's body; by default the class name in lower case without ``Provider``.
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
            credentials: the JSON object in the body of the sign-in; not checked yet.
            handler: of the request.

        Returns:
            A dict of values that JSON has a form for. Its ``id``, a text or an integer, must be unique among the users
            of this provider. The whole dict travels in the session's token, which is signed but not secret: it must be
            small and hold no credentials.

        Raises:
            Invalid: the credentials are malformed.
            Unauthorized: the same as None, with a cause for the log.
            Unavailable: the service behind the provider does not answer.
        """

    def web_client(self, handler: RequestHandler) -> WebClient:
        """Return the web client of the handler's application, with its configured proxy."""
        client: WebClient = handler.settings[WEB_CLIENT]
        return client
