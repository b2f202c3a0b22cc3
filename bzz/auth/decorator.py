"""``authenticated``: a decorator for methods that only some users can call."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import isawaitable
from typing import Any

from tornado.web import HTTPError, RequestHandler

from bzz.exceptions import BzzError
from bzz.http.handler import Handler
from bzz.http.policy import PRIVATE, SETTING, VARY, Policy, Session, refusal
from bzz.http.problems import write_problem
from bzz.resources.options import Check, Requirement

Method = Callable[..., Any]


def authenticated(given: Method | Check) -> Callable[..., Any]:
    """Decorate a handler's method so that only some users can call it.

    ``@authenticated`` admits signed-in users. ``@authenticated(check)`` admits requests that pass the check. The
    handler may be any Tornado handler, and the method may be sync or async. While the method runs, ``current_user`` is
    the signed-in user's dict.

    If no user is signed in, the reply is a 401. If the signed-in user does not pass the check, it is a 403. It is also
    a 403 if a page of another site sends a write with the user's cookie.

    Args:
        given: the method, or a check. A check takes the handler. It returns whether the request may go on, or an
            awaitable of this. It runs on the event loop, so it must not block. bzz calls it once for each request. It
            may raise an error of bzz or Tornado to choose the reply.

    Raises:
        TypeError: ``given``, or the decorated object, is a class.
    """
    _check_no_class(given)

    @wraps(given)
    def method_or_decorator(target: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(target, RequestHandler):
            return _run(given, True, target, *args, **kwargs)
        return _decorated(target, given)

    return method_or_decorator


def _decorated(method: Method, check: Check) -> Callable[..., Coroutine[Any, Any, Any]]:
    _check_no_class(method)

    @wraps(method)
    async def checked(self: RequestHandler, *args: Any, **kwargs: Any) -> Any:
        return await _run(method, check, self, *args, **kwargs)

    return checked


def _check_no_class(given: Any) -> None:
    if isinstance(given, type):
        raise TypeError(f"authenticated decorates methods, not the class {given.__name__}")


async def _run(method: Method, requirement: Requirement, handler: RequestHandler, *args: Any, **kwargs: Any) -> Any:
    """Run a handler's method if the request meets the requirement."""
    if isinstance(handler, Handler):  # its prepare identifies the user, its write_error replies
        handler.check_prepared()
        if error := await refusal(handler, [requirement]):
            raise error
    elif not await _admit_to_plain_handler(handler, requirement):
        return None
    result = method(handler, *args, **kwargs)
    return await result if isawaitable(result) else result


async def _admit_to_plain_handler(handler: RequestHandler, requirement: Requirement) -> bool:
    """Return whether the request of a plain handler meets the requirement.

    If it does not, send a reply that reports the error.
    """
    try:
        await _identify_once(handler)
        error = await refusal(handler, [requirement])
    except BzzError as raised:
        error = raised
    if isinstance(error, HTTPError):  # Tornado replies
        raise error
    if error:
        handler.set_status(error.status_code)
        write_problem(handler, error.status_code, error)
    return error is None


async def _identify_once(handler: RequestHandler) -> None:
    """Identify the user of a plain handler's request.

    Do so once for each request, in the same way as ``Handler.prepare``.

    Raises:
        Forbidden, Unavailable: see ``Policy.identify``.
    """
    policy: Policy | None = handler.settings.get(SETTING)
    if policy is None or hasattr(handler, "bzz_session"):
        return
    session, set_defaults = await policy.identify(handler), handler.set_default_headers

    def set_default_headers() -> None:  # Tornado clears all headers before an error's reply, and then calls this
        set_defaults()
        _set_cache_headers(handler, session)

    _set_cache_headers(handler, session)
    handler.set_default_headers = set_default_headers  # type: ignore[method-assign]
    handler.bzz_session = session  # type: ignore[attr-defined]


def _set_cache_headers(handler: RequestHandler, session: Session | None) -> None:
    handler.add_header("Vary", VARY)
    if session:
        handler.set_header("Cache-Control", PRIVATE)
