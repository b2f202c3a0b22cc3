"""The sign-in of a user.

It asks the auth provider, sends a signal and starts a session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from copy import deepcopy
from typing import Any

import orjson

from bzz.auth.auth_handler import AuthHandler
from bzz.auth.provider import NOT_VALID
from bzz.exceptions import Finished, Unauthorized
from bzz.http.policy import Session
from bzz.signals import authorized_user, unauthorized_user


async def sign_in(
    handler: AuthHandler, name: str, authenticate: Callable[[], Awaitable[dict[str, Any] | None]]
) -> dict[str, Any]:
    """Sign a user in and return the user's dict.

    Receivers of ``authorized_user`` may change the returned dict. The session contains the auth provider's dict. The
    new session replaces the session in the cookie. If anything fails, ``unauthorized_user`` is sent and the old session
    remains.

    Args:
        handler: the handler of the request.
        name: the name of the auth provider.
        authenticate: a function that asks the auth provider.

    Raises:
        Unauthorized: the auth provider does not accept the credentials.
        BadRequest: the user's dict does not fit into a cookie.
        Finished: a receiver has answered the request itself.
        Exception: raised by the auth provider or by a receiver.
    """
    try:
        session, token = _start_session(handler, name, await authenticate())
        user_data = deepcopy(session.user)
        await authorized_user.send_async(name, provider_name=name, user_data=user_data, handler=handler)
        handler.encode(user_data)  # if JSON cannot encode the dict, this raises before the old session ends
        if handler._finished or handler._headers_written:
            raise Finished("A receiver has answered the request.")
        await handler.policy.sessions.end_all(await handler.cookie_session())
    except (Exception, asyncio.CancelledError) as error:
        await _announce_failure(handler, name, error)
        raise
    handler.policy.cookies.keep(handler, session, token)
    return user_data


def _start_session(handler: AuthHandler, name: str, user: dict[str, Any] | None) -> tuple[Session, str]:
    """Return a new session of a user and its token.

    Raises:
        Unauthorized: ``user`` is None.
        TypeError: the auth provider returned a user without an id, or with a value that cannot be encoded as JSON.
        BadRequest: the token is too long for a cookie.
    """
    if user is None:
        raise Unauthorized(NOT_VALID)
    identifier = user.get("id")
    if not isinstance(identifier, (str, int)) or isinstance(identifier, bool) or identifier == "":
        raise TypeError(f"the auth provider {name!r} must return a user with an id, a text or a number: {identifier!r}")
    session, token = handler.policy.sessions.start({**user, "provider": name})
    orjson.dumps(session.user)  # refuses what the token, once it is read, would not have unchanged
    handler.policy.cookies.check_length(token)
    return session, token


async def _announce_failure(handler: AuthHandler, name: str, error: BaseException) -> None:
    """Send ``unauthorized_user``.

    If one of its receivers raises, raise that exception and log ``error``.
    """
    try:
        await unauthorized_user.send_async(name, provider_name=name, error=error, handler=handler)
    except Exception:
        handler.log_exception(type(error), error, error.__traceback__)
        raise
