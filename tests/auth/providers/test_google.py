"""GoogleProvider: the rules beyond OpenID Connect's, on an issuer of the tests."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.auth.providers import google
from bzz.auth.providers.google import GoogleProvider
from tests.support.client import Api, Browser
from tests.support.flows import signing_in
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
async def test_a_token_that_breaks_a_rule_is_401(
    visitor: Browser, issuer: OpenIDIssuer, claims: dict[str, Any]
) -> None:
    assert await status(visitor, issuer, **claims) == 401
    assert visitor.cookies == {}


async def test_users_of_any_domain_may_sign_in_without_hosted_domain(
    api: Api, issuer: OpenIDIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google, "ISSUER", issuer.url)
    visitor = signing_in(api, GoogleProvider("client"))
    assert await status(visitor, issuer, hd=None) == 200
    assert await status(visitor, issuer, email=None, email_verified=None) == 200


def test_the_provider_has_googles_name_and_issuers() -> None:
    provider = GoogleProvider("client", "s3cret")
    assert (provider.name, provider.issuer.url) == ("google", "https://accounts.google.com")
    assert provider.issuers == ("https://accounts.google.com", "accounts.google.com")
