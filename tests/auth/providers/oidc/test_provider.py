"""OIDCProvider by ID token: which users it signs in, and what it fetches from the issuer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import jwt
import pytest

from bzz.auth.providers import oidc
from bzz.auth.providers.oidc import OIDCProvider
from bzz.signals import unauthorized_user
from bzz.testing import capture
from tests.support.client import Api, Browser
from tests.support.flows import sign_in_with, signing_in
from tests.support.issuer import OpenIDIssuer

ADA: dict[str, Any] = {"email": "ada@example.com", "email_verified": True, "name": "Ada"}


@pytest.mark.parametrize("client_id", ["", [], ["client", ""]])
def test_a_provider_must_have_a_client_id(client_id: Any) -> None:
    with pytest.raises(ValueError, match="client_id"):
        OIDCProvider("https://issuer.example", client_id)


def test_a_provider_needs_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc.provider, "has_crypto", False)
    with pytest.raises(ImportError, match=r"pip install 'bzz\[auth\]'"):
        OIDCProvider("https://issuer.example", "client")


async def test_a_token_of_the_issuer_signs_in(visitor: Browser, issuer: OpenIDIssuer) -> None:
    reply = await sign_in_with(visitor, issuer.token(**ADA, picture="https://x/a.png", phone_number="1"))
    told = {"id": "ada", "name": "Ada", "email": "ada@example.com", "picture": "https://x/a.png", "provider": "oidc"}
    assert (reply.status, reply.json) == (200, {**told, "authenticated": True})
    assert (await visitor("GET", "/auth/me/")).json["userData"] == told


@pytest.mark.parametrize(
    "claims",
    [{"aud": "another-client"}, {"iss": "https://evil.example"}, {"exp": 1}, {"aud": ["client", "another"]}],
)
async def test_a_token_of_another_client_issuer_or_time_is_401(
    visitor: Browser, issuer: OpenIDIssuer, claims: dict[str, Any]
) -> None:
    with capture(unauthorized_user) as sent:
        reply = await sign_in_with(visitor, issuer.token(**claims))
    assert (reply.status, len(sent), visitor.cookies) == (401, 1, {})


@pytest.mark.parametrize(
    ("claims", "reason"),
    [({"aud": "another"}, "Audience doesn't match"), ({"exp": 1}, "Signature has expired"), ({"iss": "x"}, "issuer")],
)
async def test_the_log_says_why_a_token_is_refused(
    visitor: Browser, issuer: OpenIDIssuer, claims: dict[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = issuer.token(**claims)
    refused = await sign_in_with(visitor, token)
    assert refused.json["detail"] == "The credentials are not valid; sign in again."
    assert reason in caplog.text
    assert token not in caplog.text


async def test_a_token_without_a_signature_by_the_issuers_key_is_401(visitor: Browser, issuer: OpenIDIssuer) -> None:
    good = issuer.token(**ADA)
    unsigned = jwt.encode(issuer.claims(**ADA), "", "none", headers={"kid": issuer.kid})
    kid = issuer.kid
    assert (await sign_in_with(visitor, good)).status == 200
    issuer.rotate()
    forged = issuer.token({"kid": kid}, **ADA)
    for token in (unsigned, forged, good[:-4] + "AAAA", "nonsense"):
        assert (await sign_in_with(visitor, token)).status == 401


async def test_a_new_key_of_the_issuer_is_fetched_but_unknown_keys_are_not_fetched_each_time(
    visitor: Browser, issuer: OpenIDIssuer
) -> None:
    assert (await sign_in_with(visitor, issuer.token())).status == 200
    issuer.rotate()
    assert (await sign_in_with(visitor, issuer.token())).status == 200
    issuer.asked.clear()
    for number in range(5):
        assert (await sign_in_with(visitor, issuer.token({"kid": f"made-up-{number}"}))).status == 401
    assert issuer.paths == []


async def test_all_sign_ins_at_once_after_a_key_rotation_succeed(visitor: Browser, issuer: OpenIDIssuer) -> None:
    assert (await sign_in_with(visitor, issuer.token())).status == 200
    issuer.rotate()
    token = issuer.token()
    others = [Browser(visitor.api) for _ in range(10)]
    assert [one.status for one in await asyncio.gather(*(sign_in_with(other, token) for other in others))] == [200] * 10


async def test_keys_are_not_fetched_for_each_sign_in(visitor: Browser, issuer: OpenIDIssuer) -> None:
    for _ in range(5):
        assert (await sign_in_with(visitor, issuer.token())).status == 200
    assert issuer.paths == ["/.well-known/openid-configuration", "/jwks"]


@pytest.mark.parametrize("token", [None, "", 7, ["x"], {}])
async def test_an_id_token_that_is_no_text_is_400(visitor: Browser, token: Any) -> None:
    reply = await sign_in_with(visitor, token)
    assert (reply.status, list(reply.json["errors"])) == (400, ["id_token"])


async def test_an_issuer_that_does_not_answer_is_503(visitor: Browser, issuer: OpenIDIssuer) -> None:
    token = issuer.token()
    issuer.server.stop()
    with capture(unauthorized_user) as sent:
        reply = await sign_in_with(visitor, token)
        login = await visitor("GET", "/auth/login/oidc/")
    assert (reply.status, reply.headers["Retry-After"], len(sent)) == (503, "1", 1)
    assert "127.0.0.1" not in reply.json["detail"]
    assert login.status == 503


@pytest.mark.parametrize(
    ("claims", "trust", "email"),
    [
        ({"email_verified": True}, False, "a@x"),
        ({"email_verified": False}, False, None),
        ({"email_verified": "true"}, False, None),
        ({}, False, None),
        ({}, True, "a@x"),
    ],
)
async def test_an_email_address_that_is_not_verified_is_left_out(
    api: Api, issuer: OpenIDIssuer, claims: dict[str, Any], trust: bool, email: str | None
) -> None:
    visitor = signing_in(api, OIDCProvider(issuer.url, "client", trust_email=trust))
    reply = await sign_in_with(visitor, issuer.token(email="a@x", **claims))
    assert reply.json.get("email") == email


async def test_a_subclass_may_add_to_the_user_or_refuse_it(api: Api, issuer: OpenIDIssuer) -> None:
    class Staff(OIDCProvider):
        def user_of(self, claims: Mapping[str, Any]) -> dict[str, Any] | None:
            told = super().user_of(claims)
            return {**told, "groups": claims["groups"]} if told and "staff" in claims["groups"] else None

    visitor = signing_in(api, Staff(issuer.url, ["app", "client"], name="oidc"))
    assert (await sign_in_with(visitor, issuer.token(groups=["staff"]))).json["groups"] == ["staff"]
    assert (await sign_in_with(visitor, issuer.token(groups=[]))).status == 401
