"""The check against cross-site request forgery.

It refuses a write that a page of another site sends with the user's cookie.
"""

from __future__ import annotations

from tornado.web import RequestHandler

from bzz.exceptions import Forbidden

SAFE = ("GET", "HEAD", "OPTIONS")


def check_origin(handler: RequestHandler) -> None:
    """Raise Forbidden if a page of another site sent a write.

    Tornado's ``cross_origin_protection`` decides. The application setting ``trusted_origins`` and the handler's
    ``check_trusted_origin`` allow exceptions. GET, HEAD and OPTIONS are always allowed.
    """
    if handler.request.method in SAFE:
        return
    try:
        error = handler._check_cross_origin(handler.check_trusted_origin)
    except ValueError:  # the Origin is not a URL
        error = "no origin"
    if error is not None:
        raise Forbidden("Another site sent this request; send it from this site or a trusted origin.")
