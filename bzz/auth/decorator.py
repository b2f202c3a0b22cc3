"""The decorator."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import isawaitable
from typing import Any

from tornado.web import RequestHandler

from bzz.exceptions import BzzError
from bzz.http.handler import Handler
from bzz.http.policy import PRIVATE, SETTING, VARY, Policy, require_user
from bzz.http.problems import write_problem


def authenticated(method: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Have a method of a Tornado handler, sync or async, called only for a signed-in user: ``current_user``.

    Others get a 401, and writes that come from another site with the cookie a 403.

    Raises:
        TypeError: it is no method.
    """
    if isinstance(method, type):
        raise TypeError(f"authenticated decorates methods, not the class {method.__name__}")

    @wraps(method)
    async def checked(self: RequestHandler, *args: Any, **kwargs: Any) -> Any:
        if isinstance(self, Handler):  # which knows who it is, and renders the error
            self.check_prepared()
            require_user(self)
        elif not await _admits(self):
            return None
        result = method(self, *args, **kwargs)
        return await result if isawaitable(result) else result

    return checked


async def _admits(handler: RequestHandler) -> bool:
    """Tell whether somebody is signed in at a plain handler; otherwise answer with the problem."""
    try:
        await _identify(handler)
        require_user(handler)
    except BzzError as error:
        handler.set_status(error.status_code)
        write_problem(handler, error.status_code, error)
        return False
    return True


async def _identify(handler: RequestHandler) -> None:
    """Do for a plain handler what ``Handler`` does by itself: once, and so that an error does not take it away."""
    policy: Policy | None = handler.settings.get(SETTING)
    if policy is None or hasattr(handler, "bzz_session"):
        return
    session, defaults = await policy.identify(handler), handler.set_default_headers

    def declare() -> None:
        handler.add_header("Vary", VARY)
        if session:
            handler.set_header("Cache-Control", PRIVATE)

    def set_default_headers() -> None:
        defaults()
        declare()

    declare()
    handler.set_default_headers = set_default_headers  # type: ignore[method-assign]
    handler.bzz_session = session  # type: ignore[attr-defined]
