"""``authenticated``: methods of Tornado handlers for signed-in users only."""

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
    """Decorate a handler's method: it runs for signed-in users only.

    The handler may be any of Tornado's, and the method sync or async. ``current_user`` is the user's dict while it
    runs. A request without a signed-in user is answered 401. A write that a page of another site sends with the user's
    cookie is answered 403.

    Raises:
        TypeError: ``method`` is a class.
    """
    if isinstance(method, type):
        raise TypeError(f"authenticated decorates methods, not the class {method.__name__}")

    @wraps(method)
    async def checked(self: RequestHandler, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self, Handler):  # its prepare identifies the user, and its write_error answers
            self.check_prepared()
            require_user(self)
        elif not await _admit_to_plain_handler(self):
            return None
        result = method(self, *args, **kwargs)
        return await result if isawaitable(result) else result

    return checked


async def _admit_to_plain_handler(handler: RequestHandler) -> bool:
    """Tell whether a plain handler's request has a signed-in user; answer it if not."""
    try:
        await _identify_once(handler)
        require_user(handler)
    except BzzError as error:
        handler.set_status(error.status_code)
        write_problem(handler, error.status_code, error)
        return False
    return True


async def _identify_once(handler: RequestHandler) -> None:
    """Identify the user of a plain handler, once a request, as ``Handler.prepare`` does.

    Raises:
        Forbidden, Unavailable: as ``Policy.identify``.
    """
    policy: Policy | None = handler.settings.get(SETTING)
    if policy is None or hasattr(handler, "bzz_session"):
        return
    session, set_defaults = await policy.identify(handler), handler.set_default_headers

    def set_default_headers() -> None:  # Tornado clears the headers before it answers an error, and then calls this
        set_defaults()
        _set_cache_headers(handler, session)

    _set_cache_headers(handler, session)
    handler.set_default_headers = set_default_headers  # type: ignore[method-assign]
    handler.bzz_session = session  # type: ignore[attr-defined]


def _set_cache_headers(handler: RequestHandler, session: Session | None) -> None:
    handler.add_header("Vary", VARY)
    if session:
        handler.set_header("Cache-Control", PRIVATE)
