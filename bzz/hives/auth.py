"""AuthHive: the routes to sign in and out, and the policy of an application."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tornado.routing import URLSpec
from tornado.web import Application

from bzz.auth.cookies import Cookies
from bzz.auth.flow_handlers import CallbackHandler, LoginHandler
from bzz.auth.handlers import SignInHandler, SignOutHandler, UserHandler
from bzz.auth.provider import WEB_CLIENT, AuthProvider
from bzz.auth.session_policy import SessionPolicy
from bzz.auth.sessions import EndedInMemory, EndedSessions, Sessions
from bzz.auth.tokens import Signer
from bzz.auth.web_client import WebClient
from bzz.http.policy import SETTING
from bzz.http.routes import RouteList
from bzz.http.urls import base_path
from bzz.resources.options import Requirement, is_requirement

_NAME = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")  # a URL segment that needs no encoding (RFC 3986, section 2.3)
_COOKIE_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token (RFC 6265, section 4.1.1)

_HANDLERS = {
    "signin": SignInHandler,
    "signout": SignOutHandler,
    "me": UserHandler,
    "login/([^/]+)": LoginHandler,
    "callback/([^/]+)": CallbackHandler,
}


class AuthHive:
    """The routes to sign in and out, and the policy of an application.

    Args:
        providers: auth providers, or subclasses of ``AuthProvider``. A subclass is called without arguments.

    Raises:
        TypeError: ``providers`` is not iterable, or one of them is not an ``AuthProvider``.
        ValueError: two providers have the same name, or a name has other characters than ``A-Za-z0-9._~-``.
    """

    def __init__(self, providers: Iterable[AuthProvider | type[AuthProvider]]) -> None:
        self._providers: dict[str, AuthProvider] = {}
        if not isinstance(providers, Iterable):
            raise TypeError(f"providers must be a list of auth providers, not {providers!r}")
        for given in providers:
            provider = given() if isinstance(given, type) else given
            if not isinstance(provider, AuthProvider):
                raise TypeError(f"an auth provider must be a bzz.AuthProvider, not {given!r}")
            if not _NAME.fullmatch(provider.name):
                raise ValueError(f"the name of an auth provider must be of A-Za-z0-9._~-, not {provider.name!r}")
            if provider.name in self._providers:
                raise ValueError(f"two auth providers are called {provider.name!r}: set the name of one")
            self._providers[provider.name] = provider

    @classmethod
    def routes_for(cls, providers: Iterable[AuthProvider | type[AuthProvider]], prefix: str = "") -> RouteList:
        """Return ``AuthHive(providers).routes(prefix)``."""
        return cls(providers).routes(prefix)

    def routes(self, prefix: str = "") -> RouteList:
        """Return the routes to sign in and out, for ``tornado.web.Application``.

        They are ``/auth/signin/``, ``/auth/signout/``, ``/auth/me/``, ``/auth/login/`` and ``/auth/callback/``.

        Args:
            prefix: the path that the routes lie below, in any spelling: ``api``, ``/api``, ``/api/``.
        """
        return RouteList(lambda outer: self._rules(base_path(f"{outer}/{prefix}", "auth")))

    def _rules(self, base: str) -> list[URLSpec]:
        options = {"providers": self._providers, "base": base}
        return [URLSpec(f"{re.escape(base)}/{path}/?", handler, options) for path, handler in _HANDLERS.items()]

    @staticmethod
    def configure(  # noqa: PLR0917  # the signature is public API
        app: Application,
        secret_key: str | bytes | Sequence[str | bytes],
        expiration: int = 1200,
        cookie_name: str = "AUTH_TOKEN",
        authenticated_get: Requirement = True,
        authenticated_create: Requirement = True,
        authenticated_update: Requirement = True,
        authenticated_delete: Requirement = True,
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
        """Give an application its policy.

        The policy identifies users. It also says what the requests of each verb need.

        Args:
            app: the application. Call this method once for each application, before the application serves requests.
            secret_key: a random key of at least 32 bytes, as text or bytes. It signs the sessions. In a list of keys,
                the first key signs and all keys verify. To replace a key, put the new key before the old key.
            expiration: seconds after which a session expires. A request in the second half of this time renews the
                session.
            cookie_name: the name of the cookie that contains a session's token.
            authenticated_get: what requests for the acts list and get need, unless the option ``authenticated`` of a
                ``ModelHive`` decides. True is a signed-in user, False is nothing. A check takes the handler and returns
                whether the request may go on, or an awaitable of this.
            authenticated_create: the same for the acts create and associate.
            authenticated_update: the same for the act update.
            authenticated_delete: the same for the acts delete and dissociate.
            max_age: seconds after which a session expires even if it is renewed.
            cookie_secure: whether browsers send the cookie over https only. With None, they do so if the cookie was set
                over https.
            issuer: the name of the application in the tokens. Applications that share a key must have different names.
            ended_sessions: the store of the sessions that ended before they expired. With None, it is the memory of
                this process, which is enough if there is no other process.
            proxy_host: the host of an HTTP proxy for the requests of auth providers. A proxy needs ``bzz[proxy]``. None
                means no proxy.
            proxy_port: the proxy's port.
            proxy_username: the user name for the proxy, if it needs one.
            proxy_password: the password for the proxy.

        Raises:
            TypeError: an argument is of another type, or the application's setting ``trusted_origins`` is a text.
            ValueError: a key is too short or not random, or ``expiration`` is not from 1 to ``max_age``. The reason may
                also be that ``issuer`` is empty, browsers refuse a cookie with this name, or the proxy is incomplete.
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
        app.settings[SETTING] = SessionPolicy(sessions, Cookies(cookie_name, cookie_secure), switches)
        app.settings[WEB_CLIENT] = web_client


def _check_application(app: Application) -> None:
    if not isinstance(app, Application):
        raise TypeError(f"app must be a tornado.web.Application, not {app!r}")
    if isinstance(app.settings.get("trusted_origins"), str):
        raise TypeError("the setting trusted_origins must be a list of origins, not a text")


def _check_switches(switches: Mapping[str, Requirement]) -> None:
    for verb, value in switches.items():
        if not is_requirement(value):
            raise TypeError(f"authenticated_{verb} must be True, False or a check, not {value!r}")


def _check_cookie(name: str, secure: bool | None) -> None:
    if not _COOKIE_NAME.fullmatch(name):
        raise ValueError(f"cookie_name must be a token (RFC 6265, section 4.1.1), not {name!r}")
    if name.startswith(("__Host-", "__Secure-")) and not secure:
        raise ValueError(f"a cookie called {name!r} needs cookie_secure=True")
