"""The request id, in signals, replies and log records."""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from uuid import uuid4

request_id: ContextVar[str | None] = ContextVar("bzz_request_id", default=None)

_VALID = re.compile(r"[A-Za-z0-9._-]{1,128}")


def choose_id(given: str | None) -> str:
    """Return ``given`` if it is valid, else a new UUID.

    Args:
        given: the request's ``X-Request-ID``. A valid one has 1 to 128 characters of ``A-Za-z0-9._-``.
    """
    return given if given and _VALID.fullmatch(given) else str(uuid4())


class RequestIdFilter(logging.Filter):
    """A log filter that adds ``request_id`` to each record.

    A log format shows the id with ``%(request_id)s``. Outside of a request, the id is ``-``. The loggers of bzz and
    Tornado have this filter. Add the filter to each log handler that formats the records of other loggers.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Set the attribute if the record has none, and return True."""
        if not hasattr(record, "request_id"):
            record.request_id = request_id.get() or "-"
        return True


for _name in ("bzz", "tornado.access", "tornado.application", "tornado.general"):
    logging.getLogger(_name).addFilter(RequestIdFilter())
