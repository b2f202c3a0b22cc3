"""Users, cookies, tokens and auth providers of tests."""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import jwt
import tornado.web

import bzz
from bzz.testing.client import Reply
from tests.support.client import SECRET, Api, Browser

ADA = {"id": "7", "name": "Ada", "email": "ada@example.com"}
ADA_SHOWN = {**ADA, "provider": "mock"}
FROM_ANOTHER_SITE = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://["},
]


class RolesProvider(bzz.AuthProvider):
    """An auth provider that gives a user the roles that the credentials name."""

    name = "mock"

    async def authenticate(self, credentials: dict[str, Any], handler: tornado.web.RequestHandler) -> dict[str, Any]:
        return {"id": "7", **({"roles": credentials["roles"]} if "roles" in credentials else {})}


async def signed_in(api: Api, *roles: str) -> Browser:
    """Return a browser of a user with roles, at an API that has ``RolesProvider``."""
    browser = Browser(api)
    await browser.sign_in(roles=roles)
    return browser


def set_cookies(reply: Reply) -> dict[str, Any]:
    """The cookies that a reply sets, by name."""
    return {name: m for header in reply.headers.get_list("Set-Cookie") for name, m in SimpleCookie(header).items()}


async def me(browser: Browser, **options: Any) -> Any:
    """The reply of ``/auth/me/``."""
    reply = await browser("GET", "/auth/me/", **options)
    assert reply.status == 200
    return reply.json


def aged(token: str, **changed: int) -> str:
    """The token with these claims, in seconds, made earlier by so many."""
    claims = jwt.decode(token, SECRET, ["HS256"], issuer="bzz")
    for claim, seconds in changed.items():
        claims[claim] -= seconds
    return jwt.encode(claims, SECRET, "HS256", headers={"typ": "session+jwt"})


def refusing(error: Exception) -> Callable[..., None]:
    """A receiver that raises an error."""

    def receive(sender: Any) -> None:
        raise error

    return receive


class Fixed(bzz.AuthProvider):
    """Returns a fixed user, or raises a fixed error."""

    def __init__(self, said: Any) -> None:
        self.said = said

    async def authenticate(self, credentials: dict[str, Any], handler: tornado.web.RequestHandler) -> Any:
        if isinstance(self.said, BaseException):
            raise self.said
        return self.said
