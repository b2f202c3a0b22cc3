"""The errors bzz raises, each with the HTTP status it is answered with.

::

    BzzError                        500
    ├── Finished                    500  not an error: a receiver has answered the request itself
    ├── BadRequest                  400  malformed body or query
    │   └── Invalid                 400  well-formed, but a field or filter cannot take its value (``errors``)
    ├── Unauthorized                401  nobody is signed in (``WWW-Authenticate``)
    ├── Forbidden                   403  refused, by a receiver for instance
    ├── NotFound                    404  no such instance, or not visible to this request
    ├── MethodNotAllowed            405  the path does not take this method (``Allow``)
    ├── Conflict                    409  what is stored forbids the write
    ├── PreconditionFailed          412  ``If-Match`` or ``If-None-Match`` does not hold
    ├── ContentTooLarge             413  a body beyond ``max_body``
    ├── UnsupportedMediaType        415  a body that is neither form nor JSON
    ├── Unsupported                 501  what the store cannot do
    └── Unavailable                 503  the store cannot be reached in time (``Retry-After``)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

__all__ = [
    "BadRequest",
    "BzzError",
    "Conflict",
    "ContentTooLarge",
    "Finished",
    "Forbidden",
    "Invalid",
    "MethodNotAllowed",
    "NotFound",
    "PreconditionFailed",
    "Unauthorized",
    "Unavailable",
    "Unsupported",
    "UnsupportedMediaType",
]


class BzzError(Exception):
    """Base of all errors that bzz raises.

    Args:
        detail: one sentence for the client about this occurrence (RFC 9457, section 3.1.4).
        errors: messages by dotted field name, for errors about input.
        headers: header fields that belong in the reply.
    """

    status_code: ClassVar[int] = 500

    def __init__(
        self,
        detail: str = "",
        *,
        errors: Mapping[str, list[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = dict(errors or {})
        self.headers = dict(headers or {})

    def __str__(self) -> str:
        """Return what it says, and of which fields."""
        return f"{self.detail} {self.errors}".lstrip() if self.errors else str(self.detail)


class Finished(BzzError):
    """A receiver has answered the request itself, so the act stops; what it wrote is the reply."""


class BadRequest(BzzError):
    """The request cannot be understood (RFC 9110, section 15.5.1)."""

    status_code = 400


class Invalid(BadRequest, ValueError):
    """Input was understood, but some of its fields cannot take the value given; ``errors`` says which and why."""

    def __init__(
        self, detail: str = "The input is not valid.", *, errors: Mapping[str, list[str]] | None = None
    ) -> None:
        super().__init__(detail, errors=errors)


class Unauthorized(BzzError):
    """Who sends the request has to sign in (RFC 9110, section 15.5.2).

    Args:
        detail: what was missing or wrong.
        challenge: how to do better, as ``WWW-Authenticate`` says it (RFC 6750, section 3).
    """

    status_code = 401

    def __init__(self, detail: str = "Sign in first.", *, challenge: str = "Bearer") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": challenge, "Cache-Control": "no-store"})


class Forbidden(BzzError):
    """The request is understood and refused (RFC 9110, section 15.5.4)."""

    status_code = 403


class NotFound(BzzError):
    """There is no such instance, or this request may not see it (RFC 9110, section 15.5.5)."""

    status_code = 404


class MethodNotAllowed(BzzError):
    """The path exists but does not take this method (RFC 9110, section 15.5.6).

    Args:
        allowed: the methods that the path takes.
    """

    status_code = 405

    def __init__(self, allowed: Iterable[str]) -> None:
        methods = ", ".join(allowed)
        super().__init__(f"This path takes {methods}.", headers={"Allow": methods})


class Conflict(BzzError):
    """What is stored forbids the write: a value or id that is taken, say (RFC 9110, section 15.5.10)."""

    status_code = 409


class PreconditionFailed(BzzError):
    """The instance is not in the state that the request was made for (RFC 9110, section 15.5.13)."""

    status_code = 412


class ContentTooLarge(BzzError):
    """The body is longer than the resource accepts (RFC 9110, section 15.5.14)."""

    status_code = 413


class UnsupportedMediaType(BzzError):
    """The body is neither a form nor JSON (RFC 9110, section 15.5.16)."""

    status_code = 415


class Unsupported(BzzError):
    """The store behind this resource cannot do it (RFC 9110, section 15.6.2)."""

    status_code = 501


class Unavailable(BzzError):
    """The store cannot be reached in time, or too many requests wait for it (RFC 9110, section 15.6.4).

    Args:
        detail: what could not be done; for a write, whether it may have happened all the same.
        retry_after: seconds after which another try makes sense.
    """

    status_code = 503

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
