"""What ties together all that one request, or one act outside of any, has caused: its id."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from uuid import uuid4

request_id: ContextVar[str | None] = ContextVar("bzz_request_id", default=None)

_VALID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def choose(given: str | None) -> str:
    """Return the id of a request: the one it was ``given``, if that is 1 to 128 of ``A-Za-z0-9._-``, else a UUID."""
    return given if given and _VALID.fullmatch(given) else str(uuid4())


class RequestIdFilter(logging.Filter):
    """Gives every log record a ``request_id``, for ``%(request_id)s`` in a format: ``-`` outside of any request.

    bzz's own loggers and those of Tornado have it; add it to a handler that formats the records of others, too.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Set the attribute, unless somebody else has, and let the record pass."""
        if not hasattr(record, "request_id"):
            record.request_id = request_id.get() or "-"
        return True


for _name in ("bzz", "tornado.access", "tornado.application", "tornado.general"):
    logging.getLogger(_name).addFilter(RequestIdFilter())
