"""Sign-ins at a real OpenID Connect issuer: by ID token, and by a flow through its site."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import tornado.httpclient

import bzz
from bzz.auth.providers.mock import MockProvider
from bzz.testing.client import Reply
from tests.support.client import SECRET, Api, Browser


def signing_in(api: Api, provider: bzz.AuthProvider) -> Browser:
    """A browser at the API, which signs in with a provider."""
    api.mount(bzz.AuthHive.routes_for([provider, MockProvider]))
    bzz.AuthHive.configure(api.app, SECRET)
    return Browser(api)


async def sign_in_with(visitor: Browser, token: Any) -> Reply:
    """Send an ID token to the sign-in."""
    return await visitor("POST", "/auth/signin/", json_body={"provider": "oidc", "id_token": token})


async def begin(visitor: Browser, query: str = "") -> tuple[str, dict[str, str]]:
    """Begin a flow; return the URL that the browser is sent to, and its parameters."""
    reply = await visitor("GET", f"/auth/login/oidc/{query}")
    assert reply.status == 302, reply.body
    url, _, parameters = reply.headers["Location"].partition("?")
    return url, {name: value for name, [value] in parse_qs(parameters).items()}


async def consent(url: str, parameters: dict[str, str], sub: str = "ada") -> str:
    """Sign in at the issuer; return the path that the browser is sent back to."""
    got = await tornado.httpclient.AsyncHTTPClient().fetch(
        f"{url}?{urlencode(parameters)}",
        method="POST",
        body=urlencode({"sub": sub}),
        follow_redirects=False,
        raise_error=False,
    )
    assert got.code == 302, got.body
    parts = urlsplit(got.headers["Location"])
    return f"{parts.path}?{parts.query}"


def with_parameters(path: str, **parameters: str) -> str:
    """A URL with some parameters changed; an empty one is left out."""
    url, _, query = path.partition("?")
    kept = {name: value for name, [value] in parse_qs(query).items()} | parameters
    return f"{url}?{urlencode({name: value for name, value in kept.items() if value})}"
