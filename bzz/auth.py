"""AuthHive: signing in and out, and what an application asks a user to be signed in for."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import wraps
from inspect import isawaitable
from typing import Any

from tornado.routing import URLSpec
from tornado.web import Application, RequestHandler

from bzz.auth_handlers import CallbackHandler, LoginHandler, SignInHandler, SignOutHandler, UserHandler
from bzz.auth_provider import WEB_CLIENT, AuthProvider
from bzz.exceptions import BzzError
from bzz.gate import PRIVATE, SETTING, VARY, Gate, require_user
from bzz.handlers import Handler, write_problem
from bzz.routes import RouteList
from bzz.routing import base_path
from bzz.sessions import EndedInMemory, EndedSessions, Sessions
from bzz.tokens import Signer
from bzz.web_client import WebClient

_NAME = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")  # a segment of a URL as it is (RFC 3986, section 2.3)
_COOKIE_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token (RFC 6265, section 4.1.1)


class AuthHive:
    """Signs users in, with the auth providers it is given."""

    @staticmethod
    def routes_for(providers: Iterable[AuthProvider | type[AuthProvider]], prefix: str = "") -> RouteList:
        """Return the routes ``/auth/signin/``, ``/auth/signout/``, ``/auth/me/``, ``/auth/login/`` and its callback.

        Args:
            providers: who vouch for users; of a class an instance is made.
            prefix: where they live, in any spelling: ``api``, ``/api``, ``/api/``.

        Raises:
            TypeError: a provider is none.
            ValueError: two have the same name, or one has a name that no URL can have.
        """
        known: dict[str, AuthProvider] = {}
        if not isinstance(providers, Iterable):
            raise TypeError(f"routes_for takes a list of auth providers, not {providers!r}")
        for given in providers:
            provider = given() if isinstance(given, type) else given
            if not isinstance(provider, AuthProvider):
                raise TypeError(f"{given!r} is no bzz.AuthProvider")
            if not _NAME.fullmatch(provider.name):
                raise ValueError(f"the name of an auth provider is of A-Za-z0-9._~-, not {provider.name!r}")
            if provider.name in known:
                raise ValueError(f"two auth providers are called {provider.name!r}: set the name of one")
            known[provider.name] = provider
        base = base_path(prefix, "auth")
        handlers = {
            "signin": SignInHandler,
            "signout": SignOutHandler,
            "me": UserHandler,
            "login/([^/]+)": LoginHandler,
            "callback/([^/]+)": CallbackHandler,
        }
        options = {"providers": known, "base": base}
        return RouteList(
            [URLSpec(f"{re.escape(base)}/{path}/?", handler, options) for path, handler in handlers.items()]
        )

    @staticmethod
    def configure(  # noqa: PLR0917  # as they have always been
        app: Application,
        secret_key: str | bytes | Sequence[str | bytes],
        expiration: int = 1200,
        cookie_name: str = "AUTH_TOKEN",
        authenticated_get: bool = True,
        authenticated_create: bool = True,
        authenticated_update: bool = True,
        authenticated_delete: bool = True,
        *,
        max_age: int = 43_200,
        cookie_secure: bool | None = None,
        issuer: str = "bzz",
        ended_sessions: EndedSessions | None = None,
        proxy_host: str | None = None,
        proxy_port: int | str | None = None,
        proxy_username: str | None = None,
        proxy_password: str | None = None,
    ) -> None:
        """Have one application know its users, and ask them to sign in for what its models' routes do.

        Args:
            app: the application.
            secret_key: what sessions are signed with: a random text or bytes of at least 32 bytes. Of several the first
                signs and all verify, so that a new one can be put before the old.
            expiration: seconds that a session holds; it is renewed by a request in the second half of them.
            cookie_name: of the cookie.
            authenticated_get: whether reading takes a signed-in user, where a model does not say otherwise.
            authenticated_create: whether creating and associating does.
            authenticated_update: whether updating does.
            authenticated_delete: whether deleting and dissociating does.
            max_age: seconds after which a session ends in any case.
            cookie_secure: whether the cookie is sent over https only; None: if it was set over https.
            issuer: who signs, to tell applications apart that share a key.
            ended_sessions: where sign-outs are noted; by default in memory, which is enough for one process.
            proxy_host: of an HTTP proxy that auth providers use, which takes ``bzz[proxy]``.
            proxy_port: of the proxy.
            proxy_username: for the proxy.
            proxy_password: for the proxy.

        Raises:
            TypeError: something is of another type, the setting ``trusted_origins`` of the application included.
            ValueError: a key is too short or too simple, or another value makes no sense.
            ImportError: there is a proxy, and pycurl is not installed.
        """
        switches = {
            "get": authenticated_get,
            "create": authenticated_create,
            "update": authenticated_update,
            "delete": authenticated_delete,
        }
        _check_application(app)
        _check_switches(switches)
        _check_cookie(cookie_name, cookie_secure)
        signer = Signer(secret_key, issuer)
        web_client = WebClient(proxy_host, proxy_port, proxy_username, proxy_password)
        sessions = Sessions(signer, expiration, max_age, EndedInMemory() if ended_sessions is None else ended_sessions)
        app.settings[SETTING] = Gate(sessions, cookie_name, cookie_secure, switches)
        app.settings[WEB_CLIENT] = web_client


def _check_application(app: Application) -> None:
    if not isinstance(app, Application):
        raise TypeError(f"what is configured is a tornado.web.Application, not {app!r}")
    if isinstance(app.settings.get("trusted_origins"), str):
        raise TypeError("the setting trusted_origins is a list of origins")


def _check_switches(switches: Mapping[str, bool]) -> None:
    for verb, value in switches.items():
        if not isinstance(value, bool):
            raise TypeError(f"authenticated_{verb} is True or False, not {value!r}")


def _check_cookie(name: str, secure: bool | None) -> None:
    if not _COOKIE_NAME.fullmatch(name):
        raise ValueError(f"a cookie cannot be called {name!r}")
    if name.startswith(("__Host-", "__Secure-")) and not secure:
        raise ValueError(f"a cookie called {name!r} takes cookie_secure=True")


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
    gate: Gate | None = handler.settings.get(SETTING)
    if gate is None or hasattr(handler, "bzz_session"):
        return
    session, defaults = await gate.identify(handler), handler.set_default_headers

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
