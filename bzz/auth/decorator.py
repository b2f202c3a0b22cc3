"""``authenticated``: a decorator for methods that need a signed-in user."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import isawaitable
from typing import Any

from tornado.web import RequestHandler

from bzz.exceptions import BzzError
from bzz.http.handler import Handler
from bzz.http.policy import PRIVATE, SETTING, VARY, Policy, Session, require_user
from bzz.http.problems import write_problem


def authenticated(method: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Decorate a handler's method so that only signed-in users can call it.

    The handler may be any Tornado handler, and the method may be sync or async. While the method runs, ``current_user``
    is the user's dict. If no user is signed in, the reply is a 401. If a page of another site sends a write with the
    user's cookie, the reply is a 403.

    Raises:
        TypeError: ``method`` is a class.
    """
    if isinstance(method, type):
        raise TypeError(f"authenticated decorates methods, not the class {method.__name__}")

    @wraps(method)
    async def checked(self: RequestHandler, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self, Handler):  # its prepare identifies the user, its write_error replies
            self.check_prepared()
            require_user(self)
        elif not await _admit_to_plain_handler(self):
            return None
        result = method(self, *args, **kwargs)
        return await result if isawaitable(result) else result

    return checked


async def _admit_to_plain_handler(handler: RequestHandler) -> bool:
    """Return whether the request of a plain handler has a signed-in user.

    If there is none, send a reply that reports the error.
    """
    try:
        await _identify_once(handler)
        require_user(handler)
    except BzzError as error:
        handler.set_status(error.status_code)
        write_problem(handler, error.status_code, error)
        return False
    return True


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
