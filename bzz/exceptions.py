"""The errors of bzz, each with the HTTP status of its reply.

In brackets: the header field or attribute that tells the client more.

::

    BzzError                        500
    ├── Finished                    500  not an error: a receiver wrote the reply itself
    ├── BadRequest                  400  the body or the query string is malformed
    │   └── Invalid                 400  well-formed, but a field or filter cannot take its value (``errors``)
    ├── Unauthorized                401  no user is signed in (``WWW-Authenticate``)
    ├── Forbidden                   403  the application refuses the request
    ├── NotFound                    404  the instance does not exist, or the request may not see it
    ├── MethodNotAllowed            405  the path does not take this method (``Allow``)
    ├── Conflict                    409  the stored state forbids the write
    ├── PreconditionFailed          412  ``If-Match`` or ``If-None-Match`` does not hold
    ├── ContentTooLarge             413  the body is longer than ``max_body``
    ├── UnsupportedMediaType        415  the body is neither a form nor JSON
    ├── Unsupported                 501  the store does not have the capability
    └── Unavailable                 503  the store did not answer in time (``Retry-After``)
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
    """The base of all errors that bzz raises.

    Args:
        detail: one sentence that tells the client what went wrong (RFC 9457, section 3.1.4).
        errors: a dict from dotted field name to error texts, for errors of input.
        headers: header fields of the reply.

    Attributes:
        status_code: the status of the reply.
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
        """Return the detail and the errors."""
        return f"{self.detail} {self.errors}".lstrip() if self.errors else str(self.detail)


class Finished(BzzError):
    """A receiver wrote the reply itself, so the act ends."""


class BadRequest(BzzError):
    """A malformed request (RFC 9110, section 15.5.1)."""

    status_code = 400


class Invalid(BadRequest, ValueError):
    """Well-formed input with values that its fields cannot take.

    ``errors`` is a dict from dotted field name to the reasons.
    """

    def __init__(
        self, detail: str = "The input is not valid.", *, errors: Mapping[str, list[str]] | None = None
    ) -> None:
        super().__init__(detail, errors=errors)


class Unauthorized(BzzError):
    """A request that needs a signed-in user and has none (RFC 9110, section 15.5.2).

    Args:
        detail: one sentence about the credential that is missing or wrong.
        challenge: the value of ``WWW-Authenticate`` (RFC 6750, section 3).
    """

    status_code = 401

    def __init__(self, detail: str = "Sign in first.", *, challenge: str = "Bearer") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": challenge, "Cache-Control": "no-store"})


class Forbidden(BzzError):
    """A request that the application refuses (RFC 9110, section 15.5.4)."""

    status_code = 403


class NotFound(BzzError):
    """An instance or path that does not exist (RFC 9110, section 15.5.5).

    The same holds for an instance or path that the request may not see.
    """

    status_code = 404


class MethodNotAllowed(BzzError):
    """A method that the path does not take (RFC 9110, section 15.5.6).

    Args:
        allowed: the methods that the path takes.
    """

    status_code = 405

    def __init__(self, allowed: Iterable[str]) -> None:
        methods = ", ".join(allowed)
        super().__init__(f"This path takes {methods}.", headers={"Allow": methods})


class Conflict(BzzError):
    """A write that the stored state forbids (RFC 9110, section 15.5.10).

    For instance, a unique value is taken, or another request changed the instance.
    """

    status_code = 409


class PreconditionFailed(BzzError):
    """A precondition that the stored instance does not meet (RFC 9110, section 15.5.13)."""

    status_code = 412


class ContentTooLarge(BzzError):
    """A body longer than the resource's ``max_body`` (RFC 9110, section 15.5.14)."""

    status_code = 413


class UnsupportedMediaType(BzzError):
    """A body that is neither a form nor JSON (RFC 9110, section 15.5.16)."""

    status_code = 415


class Unsupported(BzzError):
    """A capability that the store does not have (RFC 9110, section 15.6.2)."""

    status_code = 501


class Unavailable(BzzError):
    """A store that does not answer, or too many waiting calls (RFC 9110, section 15.6.4).

    Args:
        detail: one sentence about the call that failed. After a write, the sentence must tell whether the write may
            have happened.
        retry_after: seconds until the client should try again, sent as ``Retry-After``.
    """

    status_code = 503

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
