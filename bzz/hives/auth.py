"""AuthHive: signing in and out, and what an application asks a user to be signed in for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tornado.routing import URLSpec
from tornado.web import Application

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
        app.settings[SETTING] = SessionPolicy(sessions, cookie_name, cookie_secure, switches)
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
