"""Problem documents: the bodies of replies that report an error (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import tornado.web

from bzz.exceptions import BzzError
from bzz.schema.encoding import encode

PROBLEM = "application/problem+json"


def write_problem(handler: tornado.web.RequestHandler, status_code: int, error: BaseException | None) -> None:
    """Finish the reply with an error's problem document (RFC 9457, section 3).

    The document contains ``type``, ``title`` and ``status``. It contains ``detail`` and ``errors`` if the error has
    them.

    Args:
        handler: the handler of the request.
        status_code: the status of the reply.
        error: the exception, or None. Only an exception of bzz or Tornado adds to the document.
    """
    problem: dict[str, Any] = {"type": "about:blank", "title": _phrase(status_code), "status": status_code}
    if isinstance(error, BzzError):
        problem["detail"] = error.detail
        if error.errors:
            problem["errors"] = error.errors
        for name, value in error.headers.items():
            handler.set_header(name, value)
    elif isinstance(error, tornado.web.HTTPError) and error.reason:
        problem["detail"] = error.reason
    if status_code < 200 or status_code in (204, 304):  # a reply with such a status has no content
        handler.finish()
        return
    handler.set_header("Content-Type", PROBLEM)
    handler.finish(encode(problem))


def _phrase(status_code: int) -> str:
    try:
        return HTTPStatus(status_code).phrase
    except ValueError:
        return "Unknown"
