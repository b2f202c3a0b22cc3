"""The handler of paths that no other rule matches."""

from __future__ import annotations

from bzz.exceptions import NotFound
from bzz.http.handler import Handler


class NotFoundHandler(Handler):
    """A handler that answers every request with status 404 and a problem document.

    Use it as ``tornado.web.Application([...], default_handler_class=bzz.NotFoundHandler)``.
    """

    def initialize(self) -> None:
        """Allow every method, because Tornado answers others with status 405."""
        self.SUPPORTED_METHODS = (str(self.request.method),)

    async def prepare(self) -> None:
        """Refuse the request without a look at its user.

        Raises:
            NotFound: always.
        """
        raise NotFound("There is nothing at this path; check the URL.")

    def check_xsrf_cookie(self) -> None:
        """Accept a request without the token, because the request changes nothing."""

    def check_trusted_origin(self, origin: str) -> bool:  # noqa: ARG002  # the signature is Tornado's
        """Accept a request from any site, because the request changes nothing."""
        return True
