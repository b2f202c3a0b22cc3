"""OIDCProvider by a flow: the authorization request, the code, the ID token and the user info."""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Any

import pytest

from bzz.auth.providers.oidc import OIDCProvider
from tests.support.client import Api, Browser
from tests.support.flows import begin, consent, signing_in, with_parameters
from tests.support.issuer import OpenIDIssuer

ADA: dict[str, Any] = {"email": "ada@example.com", "email_verified": True, "name": "Ada"}


async def test_a_browser_signs_in_through_the_issuers_site(visitor: Browser, issuer: OpenIDIssuer) -> None:
    issuer.knows("ada", **ADA)
    url, asked = await begin(visitor, "?next=/team%3Fpage%3D2")
    assert url == f"{issuer.url}/oauth2/authorize"
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", "client", "openid email profile")
    assert asked["redirect_uri"] == f"{visitor.api.url}/auth/callback/oidc/"
    back = await visitor("GET", await consent(url, asked))
    assert (back.status, back.headers["Location"], back.headers["Cache-Control"]) == (302, "/team?page=2", "no-store")
    assert list(visitor.cookies) == ["AUTH_TOKEN"]
    told = (await visitor("GET", "/auth/me/")).json["userData"]
    assert told == {"id": "ada", "name": "Ada", "email": "ada@example.com", "provider": "oidc"}


async def test_the_code_is_redeemed_with_the_verifier_of_the_challenge(visitor: Browser, issuer: OpenIDIssuer) -> None:
    url, asked = await begin(visitor)
    await visitor("GET", await consent(url, asked))
    [(headers, form)] = [(headers, form) for path, headers, form in issuer.asked if path == "/oauth2/token"]
    challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (challenge, "S256")
    assert b64decode(headers["Authorization"].removeprefix("Basic ")) == b"client:s3cret"
    assert "client_secret" not in form


async def test_each_flow_has_a_state_a_nonce_and_a_challenge_of_its_own(visitor: Browser) -> None:
    begun = [(await begin(visitor))[1] for _ in range(3)]
    for name in ("state", "nonce", "code_challenge"):
        values = {parameters[name] for parameters in begun}
        assert len(values) == 3
        assert all(len(value) >= 43 for value in values)


async def test_an_issuer_that_wants_the_secret_in_the_form_gets_it_there(api: Api, issuer: OpenIDIssuer) -> None:
    visitor = signing_in(api, OIDCProvider(issuer.url, "client", "s3cret"))
    issuer.documents["/.well-known/openid-configuration"] = {
        "issuer": issuer.url,
        "authorization_endpoint": f"{issuer.url}/oauth2/authorize",
        "token_endpoint": f"{issuer.url}/oauth2/token",
        "jwks_uri": f"{issuer.url}/jwks",
        "token_endpoint_auth_methods_supported": ["client_secret_post"],
    }
    back = await visitor("GET", await consent(*await begin(visitor)))
    [(headers, form)] = [(headers, form) for path, headers, form in issuer.asked if path == "/oauth2/token"]
    assert (back.status, form["client_secret"], "Authorization" in headers) == (302, "s3cret", False)
    assert "/userinfo" not in issuer.paths


async def test_a_client_without_a_secret_sends_none(api: Api, issuer: OpenIDIssuer) -> None:
    visitor = signing_in(api, OIDCProvider(issuer.url, "client", redirect_uri=f"{api.url}/auth/callback/oidc"))
    url, asked = await begin(visitor)
    assert asked["redirect_uri"] == f"{api.url}/auth/callback/oidc"
    issuer.documents["/oauth2/token"] = {"id_token": issuer.token(nonce=asked["nonce"])}
    assert (await visitor("GET", await consent(url, asked))).status == 302
    [(headers, form)] = [(headers, form) for path, headers, form in issuer.asked if path == "/oauth2/token"]
    assert ("Authorization" in headers, "client_secret" in form, form["client_id"]) == (False, False, "client")


@pytest.mark.parametrize("methods", [None, 7, "client_secret_basic", {}])
async def test_malformed_auth_methods_in_the_metadata_are_ignored(
    visitor: Browser, issuer: OpenIDIssuer, methods: Any
) -> None:
    endpoints = {"authorization_endpoint": "authorize", "token_endpoint": "token"}
    issuer.documents["/.well-known/openid-configuration"] = {
        "issuer": issuer.url,
        "jwks_uri": f"{issuer.url}/jwks",
        "token_endpoint_auth_methods_supported": methods,
        **{name: f"{issuer.url}/oauth2/{path}" for name, path in endpoints.items()},
    }
    assert (await visitor("GET", await consent(*await begin(visitor)))).status == 302


@pytest.mark.parametrize("answer", [["x"], "x", None, {"sub": "ada", "name": 7}, {"name": "Told"}])
async def test_malformed_user_info_is_ignored(visitor: Browser, issuer: OpenIDIssuer, answer: Any) -> None:
    issuer.documents["/userinfo"] = answer
    assert (await visitor("GET", await consent(*await begin(visitor)))).status == 302
    assert "name" not in (await visitor("GET", "/auth/me/")).json["userData"]


async def test_user_info_that_cannot_be_fetched_is_503(visitor: Browser, issuer: OpenIDIssuer) -> None:
    issuer.statuses["/userinfo"] = 500
    assert (await visitor("GET", await consent(*await begin(visitor)))).status == 503
    assert visitor.cookies == {}


async def test_claims_of_the_token_override_those_of_the_user_info(visitor: Browser, issuer: OpenIDIssuer) -> None:
    issuer.documents["/userinfo"] = {"sub": "ada", "name": "Another", "email": "b@x", "email_verified": True}
    url, asked = await begin(visitor)
    token = issuer.token(nonce=asked["nonce"], **ADA)
    issuer.documents["/oauth2/token"] = {"id_token": token, "access_token": "x"}
    await visitor("GET", await consent(url, asked))
    told = (await visitor("GET", "/auth/me/")).json["userData"]
    assert (told["name"], told["email"]) == ("Ada", "ada@example.com")


async def test_email_verified_of_the_user_info_does_not_verify_the_address_of_the_token(
    visitor: Browser, issuer: OpenIDIssuer
) -> None:
    issuer.documents["/userinfo"] = {"sub": "ada", "name": "Ada", "email": "mine@x", "email_verified": True}
    url, asked = await begin(visitor)
    token = issuer.token(nonce=asked["nonce"], email="victim@x")
    issuer.documents["/oauth2/token"] = {"id_token": token, "access_token": "x"}
    await visitor("GET", await consent(url, asked))
    assert (await visitor("GET", "/auth/me/")).json["userData"] == {"id": "ada", "name": "Ada", "provider": "oidc"}


@pytest.mark.parametrize("sub", ["ada", "eve"])
async def test_user_info_of_another_user_is_ignored(visitor: Browser, issuer: OpenIDIssuer, sub: str) -> None:
    issuer.documents["/userinfo"] = {"sub": sub, "name": "Told", "email_verified": True, "email": "told@x"}
    url, asked = await begin(visitor)
    await visitor("GET", await consent(url, asked | {"scope": "openid"}))
    told = (await visitor("GET", "/auth/me/")).json["userData"]
    assert told.get("name") == ("Told" if sub == "ada" else None)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"code": ""}, 401),
        ({"code": "", "error": "access_denied"}, 401),
        ({"code": "made-up"}, 401),
        ({"iss": "https://evil.example"}, 401),
    ],
)
async def test_an_answer_that_is_a_refusal_or_not_the_issuers_is_401(
    visitor: Browser, query: dict[str, str], status: int
) -> None:
    path = await consent(*await begin(visitor))
    reply = await visitor("GET", with_parameters(path, **query))
    assert (reply.status, visitor.cookies) == (status, {})


async def test_an_issuer_that_supports_iss_must_send_it(visitor: Browser, issuer: OpenIDIssuer) -> None:
    issuer.documents["/.well-known/openid-configuration"] = {
        "issuer": issuer.url,
        "authorization_endpoint": f"{issuer.url}/oauth2/authorize?tenant=1",
        "token_endpoint": f"{issuer.url}/oauth2/token",
        "jwks_uri": f"{issuer.url}/jwks",
        "authorization_response_iss_parameter_supported": True,
    }
    url, asked = await begin(visitor)
    assert asked["tenant"] == "1"
    path = await consent(url, asked)
    begun = dict(visitor.cookies)
    assert (await visitor("GET", path)).status == 401
    visitor.cookies = begun
    assert (await visitor("GET", with_parameters(path, iss=issuer.url))).status == 302


async def test_a_token_with_another_nonce_is_401(visitor: Browser, issuer: OpenIDIssuer) -> None:
    url, asked = await begin(visitor)
    assert (await visitor("GET", await consent(url, asked | {"nonce": "other"}))).status == 401


@pytest.mark.parametrize("answer", [{"error": "invalid_client"}, ["no object"], {}])
async def test_an_issuer_that_refuses_the_application_is_503_and_the_log_says_why(
    visitor: Browser, issuer: OpenIDIssuer, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    path = await consent(*await begin(visitor))
    issuer.documents["/oauth2/token"], issuer.statuses["/oauth2/token"] = answer, 401
    reply = await visitor("GET", path)
    assert (reply.status, visitor.cookies) == (503, {})
    assert "status 401" in caplog.text
