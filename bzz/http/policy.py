"""The interface of policies, which find the signed-in user of a request.

``AuthHive.configure`` puts the policy into the application's settings. Without this call, an application has no policy.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from tornado.web import HTTPError, RequestHandler

from bzz.exceptions import BzzError, Forbidden, Unauthorized
from bzz.resources.options import Check, Requirement
from bzz.resources.resource import BY_POLICY, Resource

SETTING = "bzz_policy"
ANSWERS = "_bzz_answers"  # the attribute of a handler that keeps the answers of checks
NOT_PASSED = "You may not do this; ask for the permission, or sign in as another user."
VARY = "Authorization, Cookie"  # the request headers that select a signed-in user's reply (RFC 9110, section 12.5.5)
PRIVATE = "private, no-cache"  # only the browser stores a reply; it asks again each time (RFC 9111, section 5.2.2)


@dataclass(frozen=True, slots=True)
class Session:
    """The session of a signed-in user.

    Args:
        id: the session's id. A renewal does not change the id.
        user: the user's dict from the auth provider. Its key ``provider`` contains the auth provider's name.
        started: when the user signed in, in seconds since 1970.
        issued: when the session was last renewed, in seconds since 1970.
        expires: when the session ends unless it is renewed, in seconds since 1970.
    """

    id: str
    user: dict[str, Any]
    started: int
    issued: int
    expires: int


class Policy(ABC):
    """The rules of an application about signed-in users.

    They tell who the user of a request is, and what the request of a verb must meet.

    Attributes:
        authenticated: a dict from verb (``get``, ``create``, ``update``, ``delete``) to its requirement by default:
            True for a signed-in user, False for nothing, or a check.
    """

    authenticated: Mapping[str, Requirement]

    @abstractmethod
    async def identify(self, handler: RequestHandler) -> Session | None:
        """Return the session of a request, or None, and set ``current_user``.

        The method may renew the session.

        Raises:
            Forbidden: a page of another site sent a write with the user's cookie.
            Unavailable: the store of ended sessions did not answer.
        """


def requirements(policy: Policy | None, resources: Iterable[Resource], verb: str) -> Iterable[Requirement]:
    """Return the requirements of ``resources`` for ``verb``, each once."""
    default = policy is not None and policy.authenticated[verb]
    named = (one for resource in resources for one in resource.authenticated.get(verb, BY_POLICY))
    return dict.fromkeys(default if one is None else one for one in named)


async def refusal(handler: RequestHandler, needed: Iterable[Requirement]) -> BzzError | HTTPError | None:
    """Return the error of the first requirement that a request does not meet, or None.

    Each check is called once for each request.

    Raises:
        Exception: raised by a check, unless it is of the returned types.
    """
    for requirement in needed:
        if not isinstance(requirement, bool):
            if error := await _ask_once(handler, requirement):
                return error
        elif requirement and not handler.current_user:
            return _not_signed_in(handler)
    return None


def bearer_token(handler: RequestHandler) -> str | None:
    """Return the token of ``Authorization: Bearer``, or None (RFC 6750, section 2.1)."""
    scheme, _, token = handler.request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def _ask_once(handler: RequestHandler, check: Check) -> BzzError | HTTPError | None:
    answers: dict[Check, BzzError | HTTPError | None] = vars(handler).setdefault(ANSWERS, {})
    if check not in answers:
        answers[check] = await _ask(handler, check)
    return answers[check]


async def _ask(handler: RequestHandler, check: Check) -> BzzError | HTTPError | None:
    """Return the error of a check that a request does not pass, or None."""
    try:
        passed = check(handler)
        if await passed if isawaitable(passed) else passed:
            return None
    except (BzzError, HTTPError) as error:
        return error
    return Forbidden(NOT_PASSED) if handler.current_user else _not_signed_in(handler)


def _not_signed_in(handler: RequestHandler) -> Unauthorized:
    challenge = "Bearer" if bearer_token(handler) is None else 'Bearer error="invalid_token"'
    return Unauthorized("Sign in first.", challenge=challenge)
