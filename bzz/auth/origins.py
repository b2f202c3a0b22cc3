"""Origins."""

from __future__ import annotations

from tornado.web import RequestHandler

from bzz.exceptions import Forbidden

SAFE = ("GET", "HEAD", "OPTIONS")


def check_origin(handler: RequestHandler) -> None:
    """Raise Forbidden if a write comes from another site, as Tornado's ``cross_origin_protection`` finds out.

    The application setting ``trusted_origins``, and the handler's ``check_trusted_origin``, make exceptions.
    """
    if handler.request.method in SAFE:
        return
    try:
        error = handler._check_cross_origin(handler.check_trusted_origin)
    except ValueError:  # of an Origin that is no URL
        error = "no origin"
    if error is not None:
        raise Forbidden("Another site cannot do this.")
