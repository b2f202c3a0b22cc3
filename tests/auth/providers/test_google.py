"""Signing in with Google: its rules on top of OpenID Connect's, tried on an issuer of our own."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.auth.providers import google
from bzz.auth.providers.google import GoogleProvider
from tests.auth.providers.oidc.test_provider import signing_in
from tests.support.client import Api, Browser
from tests.support.issuer import OpenIDIssuer

ADA = {"email": "ada@acme.com", "email_verified": True, "name": "Ada", "hd": "acme.com"}


@pytest.fixture
def visitor(api: Api, issuer: OpenIDIssuer, monkeypatch: pytest.MonkeyPatch) -> Browser:
    monkeypatch.setattr(google, "ISSUER", issuer.url)
    return signing_in(api, GoogleProvider(["web", "client"], hosted_domain="acme.com"))


async def status(visitor: Browser, issuer: OpenIDIssuer, **claims: Any) -> int:
    token = issuer.token(**{**ADA, **claims})
    return (await visitor("POST", "/auth/signin/", json_body={"provider": "google", "id_token": token})).status


async def test_a_token_of_google_signs_in(visitor: Browser, issuer: OpenIDIssuer) -> None:
    assert await status(visitor, issuer) == 200
    told = (await visitor("GET", "/auth/me/")).json["userData"]
    assert told == {"id": "ada", "name": "Ada", "email": "ada@acme.com", "provider": "google"}


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": None},
        {"hd": "evil.example"},
        {"hd": None},
        {"aud": "another-application"},
        {"iss": "accounts.evil.example"},
        {"exp": 1},
    ],
)
async def test_a_token_that_breaks_a_rule_does_not(
    visitor: Browser, issuer: OpenIDIssuer, claims: dict[str, Any]
) -> None:
    assert await status(visitor, issuer, **claims) == 401
    assert visitor.cookies == {}


async def test_any_domain_is_let_in_unless_one_is_named(
    api: Api, issuer: OpenIDIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google, "ISSUER", issuer.url)
    visitor = signing_in(api, GoogleProvider("client"))
    assert await status(visitor, issuer, hd=None) == 200
    assert await status(visitor, issuer, email=None, email_verified=None) == 200


def test_google_is_who_it_says_it_is() -> None:
    provider = GoogleProvider("client", "s3cret")
    assert (provider.name, provider.issuer.url) == ("google", "https://accounts.google.com")
    assert provider.issuers == ("https://accounts.google.com", "accounts.google.com")
