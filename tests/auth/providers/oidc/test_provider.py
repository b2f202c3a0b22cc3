"""Signing in with an OpenID Connect issuer: by ID token, and by way of its site."""

from __future__ import annotations

import asyncio
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
import tornado.httpclient

import bzz
from bzz.auth.providers import oidc
from bzz.auth.providers.mock import MockProvider
from bzz.auth.providers.oidc import OIDCProvider
from bzz.signals import authorized_user, unauthorized_user
from bzz.testing import capture
from bzz.testing.client import Reply
from tests.support.client import SECRET, Api, Browser
from tests.support.issuer import OpenIDIssuer

ADA: dict[str, Any] = {"email": "ada@example.com", "email_verified": True, "name": "Ada"}


def signing_in(api: Api, provider: bzz.AuthProvider) -> Browser:
    api.mount(bzz.AuthHive.routes_for([provider, MockProvider]))
    bzz.AuthHive.configure(api.app, SECRET)
    return Browser(api)


@pytest.fixture
def visitor(api: Api, issuer: OpenIDIssuer) -> Browser:
    return signing_in(api, OIDCProvider(issuer.url, "client", "s3cret"))


async def with_token(visitor: Browser, token: Any) -> Reply:
    return await visitor("POST", "/auth/signin/", json_body={"provider": "oidc", "id_token": token})


async def test_a_token_of_the_issuer_signs_in(visitor: Browser, issuer: OpenIDIssuer) -> None:
    reply = await with_token(visitor, issuer.token(**ADA, picture="https://x/a.png", phone_number="1"))
    told = {"id": "ada", "name": "Ada", "email": "ada@example.com", "picture": "https://x/a.png", "provider": "oidc"}
    assert (reply.status, reply.json) == (200, {**told, "authenticated": True})
    assert (await visitor("GET", "/auth/me/")).json["userData"] == told


@pytest.mark.parametrize(
    "claims",
    [{"aud": "another-client"}, {"iss": "https://evil.example"}, {"exp": 1}, {"aud": ["client", "another"]}],
)
async def test_a_token_for_somebody_else_signs_nobody_in(
    visitor: Browser, issuer: OpenIDIssuer, claims: dict[str, Any]
) -> None:
    with capture(unauthorized_user) as sent:
        reply = await with_token(visitor, issuer.token(**claims))
    assert (reply.status, len(sent), visitor.cookies) == (401, 1, {})


@pytest.mark.parametrize(
    ("claims", "reason"),
    [({"aud": "another"}, "Audience doesn't match"), ({"exp": 1}, "Signature has expired"), ({"iss": "x"}, "issuer")],
)
async def test_the_log_says_why_a_token_is_refused(
    visitor: Browser, issuer: OpenIDIssuer, claims: dict[str, Any], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = issuer.token(**claims)
    refused = await with_token(visitor, token)
    assert refused.json["detail"] == "The credentials are not valid; sign in again."
    assert reason in caplog.text
    assert token not in caplog.text


async def test_a_token_that_is_unsigned_or_signed_by_somebody_else_signs_nobody_in(
    visitor: Browser, issuer: OpenIDIssuer
) -> None:
    good = issuer.token(**ADA)
    unsigned = jwt.encode(issuer.claims(**ADA), "", "none", headers={"kid": issuer.kid})
    kid = issuer.kid
    assert (await with_token(visitor, good)).status == 200
    issuer.rotate()
    forged = issuer.token({"kid": kid}, **ADA)
    for token in (unsigned, forged, good[:-4] + "AAAA", "nonsense"):
        assert (await with_token(visitor, token)).status == 401


async def test_a_new_key_of_the_issuer_is_found_and_a_made_up_one_is_not_looked_for_again(
    visitor: Browser, issuer: OpenIDIssuer
) -> None:
    assert (await with_token(visitor, issuer.token())).status == 200
    issuer.rotate()
    assert (await with_token(visitor, issuer.token())).status == 200
    issuer.asked.clear()
    for number in range(5):
        assert (await with_token(visitor, issuer.token({"kid": f"made-up-{number}"}))).status == 401
    assert issuer.paths == []


async def test_all_who_sign_in_after_a_rotation_are_signed_in(visitor: Browser, issuer: OpenIDIssuer) -> None:
    assert (await with_token(visitor, issuer.token())).status == 200
    issuer.rotate()
    token = issuer.token()
    others = [Browser(visitor.api) for _ in range(10)]
    assert [one.status for one in await asyncio.gather(*(with_token(other, token) for other in others))] == [200] * 10


async def test_keys_are_not_fetched_for_each_sign_in(visitor: Browser, issuer: OpenIDIssuer) -> None:
    for _ in range(5):
        assert (await with_token(visitor, issuer.token())).status == 200
    assert issuer.paths == ["/.well-known/openid-configuration", "/jwks"]


@pytest.mark.parametrize("token", [None, "", 7, ["x"], {}])
async def test_what_is_no_text_is_a_malformed_token(visitor: Browser, token: Any) -> None:
    reply = await with_token(visitor, token)
    assert (reply.status, list(reply.json["errors"])) == (400, ["id_token"])


async def test_an_issuer_that_does_not_answer_is_503(visitor: Browser, issuer: OpenIDIssuer) -> None:
    token = issuer.token()
    issuer.server.stop()
    with capture(unauthorized_user) as sent:
        reply = await with_token(visitor, token)
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
async def test_an_address_that_is_not_verified_is_left_out(
    api: Api, issuer: OpenIDIssuer, claims: dict[str, Any], trust: bool, email: str | None
) -> None:
    visitor = signing_in(api, OIDCProvider(issuer.url, "client", trust_email=trust))
    reply = await with_token(visitor, issuer.token(email="a@x", **claims))
    assert reply.json.get("email") == email


async def test_a_subclass_may_tell_more_or_refuse(api: Api, issuer: OpenIDIssuer) -> None:
    class Staff(OIDCProvider):
        def user_of(self, claims: Mapping[str, Any]) -> dict[str, Any] | None:
            told = super().user_of(claims)
            return {**told, "groups": claims["groups"]} if told and "staff" in claims["groups"] else None

    visitor = signing_in(api, Staff(issuer.url, ["app", "client"], name="oidc"))
    assert (await with_token(visitor, issuer.token(groups=["staff"]))).json["groups"] == ["staff"]
    assert (await with_token(visitor, issuer.token(groups=[]))).status == 401


# By way of the issuer's site


async def begin(visitor: Browser, query: str = "") -> tuple[str, dict[str, str]]:
    """Begin a sign-in; return where the browser is sent, and with what."""
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


async def test_a_browser_signs_in_by_way_of_the_issuer(visitor: Browser, issuer: OpenIDIssuer) -> None:
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


async def test_the_code_is_redeemed_with_the_verifier_that_the_challenge_is_of(
    visitor: Browser, issuer: OpenIDIssuer
) -> None:
    url, asked = await begin(visitor)
    await visitor("GET", await consent(url, asked))
    [(headers, form)] = [(headers, form) for path, headers, form in issuer.asked if path == "/oauth2/token"]
    challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
    assert (asked["code_challenge"], asked["code_challenge_method"]) == (challenge, "S256")
    assert b64decode(headers["Authorization"].removeprefix("Basic ")) == b"client:s3cret"
    assert "client_secret" not in form


async def test_each_sign_in_has_a_state_a_nonce_and_a_challenge_of_its_own(visitor: Browser) -> None:
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
async def test_what_the_issuer_says_wrong_of_its_ways_is_not_taken(
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
async def test_user_info_that_is_none_leaves_the_user_as_known(
    visitor: Browser, issuer: OpenIDIssuer, answer: Any
) -> None:
    issuer.documents["/userinfo"] = answer
    assert (await visitor("GET", await consent(*await begin(visitor)))).status == 302
    assert "name" not in (await visitor("GET", "/auth/me/")).json["userData"]


async def test_user_info_that_is_not_to_be_had_is_503(visitor: Browser, issuer: OpenIDIssuer) -> None:
    issuer.statuses["/userinfo"] = 500
    assert (await visitor("GET", await consent(*await begin(visitor)))).status == 503
    assert visitor.cookies == {}


async def test_what_the_token_says_counts_more_than_the_user_info(visitor: Browser, issuer: OpenIDIssuer) -> None:
    issuer.documents["/userinfo"] = {"sub": "ada", "name": "Another", "email": "b@x", "email_verified": True}
    url, asked = await begin(visitor)
    token = issuer.token(nonce=asked["nonce"], **ADA)
    issuer.documents["/oauth2/token"] = {"id_token": token, "access_token": "x"}
    await visitor("GET", await consent(url, asked))
    told = (await visitor("GET", "/auth/me/")).json["userData"]
    assert (told["name"], told["email"]) == ("Ada", "ada@example.com")


async def test_an_address_is_not_verified_by_what_is_said_of_another(visitor: Browser, issuer: OpenIDIssuer) -> None:
    issuer.documents["/userinfo"] = {"sub": "ada", "name": "Ada", "email": "mine@x", "email_verified": True}
    url, asked = await begin(visitor)
    token = issuer.token(nonce=asked["nonce"], email="victim@x")
    issuer.documents["/oauth2/token"] = {"id_token": token, "access_token": "x"}
    await visitor("GET", await consent(url, asked))
    assert (await visitor("GET", "/auth/me/")).json["userData"] == {"id": "ada", "name": "Ada", "provider": "oidc"}


@pytest.mark.parametrize("sub", ["ada", "eve"])
async def test_user_info_is_of_the_same_user_or_not_taken(visitor: Browser, issuer: OpenIDIssuer, sub: str) -> None:
    issuer.documents["/userinfo"] = {"sub": sub, "name": "Told", "email_verified": True, "email": "told@x"}
    url, asked = await begin(visitor)
    await visitor("GET", await consent(url, asked | {"scope": "openid"}))
    told = (await visitor("GET", "/auth/me/")).json["userData"]
    assert told.get("name") == ("Told" if sub == "ada" else None)


def changed(path: str, **parameters: str) -> str:
    url, _, query = path.partition("?")
    kept = {name: value for name, [value] in parse_qs(query).items()} | parameters
    return f"{url}?{urlencode({name: value for name, value in kept.items() if value})}"


async def test_who_comes_back_without_having_begun_is_not_signed_in(visitor: Browser, issuer: OpenIDIssuer) -> None:
    victim = Browser(visitor.api)
    path = await consent(*await begin(visitor))
    with capture(unauthorized_user, authorized_user) as sent:
        assert (await victim("GET", path)).status == 400
        assert (await visitor("GET", changed(path, state="other"))).status == 400
    assert ([one.signal for one in sent], victim.cookies) == (["unauthorized_user"] * 2, {})
    assert "/oauth2/token" not in issuer.paths


async def test_a_sign_in_ends_once(visitor: Browser) -> None:
    path = await consent(*await begin(visitor))
    begun = dict(visitor.cookies)
    assert (await visitor("GET", path)).status == 302
    assert (await visitor("GET", path)).status == 400
    visitor.cookies = begun
    assert (await visitor("GET", path)).status == 401


async def test_the_state_of_one_provider_is_none_of_anothers(api: Api, issuer: OpenIDIssuer) -> None:
    api.mount(bzz.AuthHive.routes_for([OIDCProvider(issuer.url, "other", name="other")], prefix="second"))
    visitor = signing_in(api, OIDCProvider(issuer.url, "client"))
    url, asked = await begin(visitor)
    path = await consent(url, asked)
    visitor.cookies["AUTH_TOKEN_other"] = visitor.cookies["AUTH_TOKEN_oidc"]
    assert (await visitor("GET", path.replace("/auth/callback/oidc", "/second/auth/callback/other"))).status == 400


async def test_a_session_is_no_flow_and_a_flow_no_session(visitor: Browser) -> None:
    url, asked = await begin(visitor)
    flow = visitor.cookies["AUTH_TOKEN_oidc"]
    visitor.cookies["AUTH_TOKEN"] = flow
    assert (await visitor("GET", "/auth/me/")).json == {"authenticated": False}
    await visitor.sign_in()
    visitor.cookies["AUTH_TOKEN_oidc"] = visitor.cookies["AUTH_TOKEN"]
    assert (await visitor("GET", await consent(url, asked))).status == 400


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
    reply = await visitor("GET", changed(path, **query))
    assert (reply.status, visitor.cookies) == (status, {})


async def test_an_issuer_that_always_says_who_it_is_has_to(visitor: Browser, issuer: OpenIDIssuer) -> None:
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
    assert (await visitor("GET", changed(path, iss=issuer.url))).status == 302


async def test_a_token_with_another_nonce_signs_nobody_in(visitor: Browser, issuer: OpenIDIssuer) -> None:
    url, asked = await begin(visitor)
    assert (await visitor("GET", await consent(url, asked | {"nonce": "other"}))).status == 401


@pytest.mark.parametrize("answer", [{"error": "invalid_client"}, ["no object"], {}])
async def test_a_client_that_the_issuer_does_not_know_is_503(
    visitor: Browser, issuer: OpenIDIssuer, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    path = await consent(*await begin(visitor))
    issuer.documents["/oauth2/token"], issuer.statuses["/oauth2/token"] = answer, 401
    reply = await visitor("GET", path)
    assert (reply.status, visitor.cookies) == (503, {})
    assert "status 401" in caplog.text


async def test_a_wrong_way_back_does_not_end_the_sign_in(visitor: Browser) -> None:
    path = await consent(*await begin(visitor))
    assert (await visitor("GET", changed(path, state="junk"))).status == 400
    assert (await visitor("GET", path)).status == 302


async def test_a_sign_in_may_take_ten_minutes(visitor: Browser) -> None:
    reply = await visitor("GET", "/auth/login/oidc/")
    assert "Max-Age=600" in reply.headers["Set-Cookie"]
    name, token = next(iter(visitor.cookies.items()))
    claims = jwt.decode(token, SECRET, ["HS256"], issuer="bzz")
    assert claims["exp"] - claims["iat"] == 600
    visitor.cookies[name] = jwt.encode({**claims, "exp": claims["iat"] - 1}, SECRET, headers={"typ": "flow+jwt"})
    assert (await visitor("GET", f"/auth/callback/oidc/?code=x&state={claims['flow']['state']}")).status == 400


@pytest.mark.parametrize(
    "next_path",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "evil",
        "",
        "javascript:alert(1)",
        "/a\nb",
        "/é",
        "//[",
        "/\t/evil.example",
        "/" + "x" * 1000,
    ],
)
async def test_a_sign_in_ends_on_this_site(visitor: Browser, next_path: str) -> None:
    reply = await visitor("GET", f"/auth/login/oidc/?{urlencode({'next': next_path})}")
    assert (reply.status, visitor.cookies) == (400, {})


@pytest.mark.parametrize("path", ["login/mock", "callback/mock", "login/nobody", "callback/nobody", "login/a%2Fb"])
async def test_a_provider_without_such_a_way_is_404(visitor: Browser, path: str) -> None:
    assert (await visitor("GET", f"/auth/{path}/")).status == 404


async def test_a_receiver_may_refuse_who_comes_back(visitor: Browser) -> None:
    def refuse(sender: Any) -> None:
        raise bzz.exceptions.Forbidden("Not you.")

    with authorized_user.connected_to(refuse):
        reply = await visitor("GET", await consent(*await begin(visitor)))
    assert (reply.status, visitor.cookies) == (403, {})


@pytest.mark.parametrize("client_id", ["", [], ["client", ""]])
def test_a_provider_has_a_client_id(client_id: Any) -> None:
    with pytest.raises(ValueError, match="client_id"):
        OIDCProvider("https://issuer.example", client_id)


def test_a_provider_takes_cryptography(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oidc.provider, "has_crypto", False)
    with pytest.raises(ImportError, match=r"pip install 'bzz\[auth\]'"):
        OIDCProvider("https://issuer.example", "client")
