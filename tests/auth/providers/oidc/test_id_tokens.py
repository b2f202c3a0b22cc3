"""The validation of ID tokens: each claim, the signature, and the key."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bzz.auth.providers.oidc import id_tokens
from bzz.auth.providers.oidc.id_tokens import UnknownKey
from tests.support.issuer import OpenIDIssuer

NOW = int(time.time())


def read(issuer: OpenIDIssuer, token: str, *, nonce: str | None = None, keys: Any = None) -> Any:
    """The claims of a token; None if it is refused."""
    published = [issuer.key.as_dict()] if keys is None else keys
    try:
        return id_tokens.read(token, published, issuers=(issuer.url,), audiences=("client", "app"), nonce=nonce)
    except UnknownKey:
        raise
    except jwt.InvalidTokenError:
        return None


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"aud": "app"},
        {"aud": ["client", "app"]},
        {"nonce": "x"},
        {"email": "ada@example.com"},
        {"azp": "another-of-ours"},
    ],
)
async def test_a_token_of_the_issuer_for_a_client_of_ours_is_valid(
    issuer: OpenIDIssuer, changed: dict[str, Any]
) -> None:
    claims = read(issuer, issuer.token(**changed))
    assert claims == {**issuer.claims(**changed), "iat": claims["iat"], "exp": claims["exp"]}


async def test_a_token_that_expired_less_than_a_minute_ago_is_valid(issuer: OpenIDIssuer) -> None:
    assert read(issuer, issuer.token(exp=int(time.time()) - 30))


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "another"},
        {"aud": ["client", "another"]},
        {"aud": []},
        {"aud": None},
        {"aud": {"client": 1}},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": NOW - 100},
        {"exp": None},
        {"exp": "soon"},
        {"iat": NOW + 600},
        {"iat": None},
        {"nbf": NOW + 600},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
)
async def test_a_token_with_a_wrong_or_missing_claim_is_not_valid(
    issuer: OpenIDIssuer, changed: dict[str, Any]
) -> None:
    claims = issuer.claims(**changed)
    key = issuer.signing_key
    payload = json.dumps(claims).encode()
    token = jwt.PyJWS().encode(payload, key, "RS256", headers={"kid": issuer.kid})
    assert read(issuer, token) is None


@pytest.mark.parametrize("nonce", ["other", None, ["x"]])
async def test_a_token_with_another_nonce_is_not_valid(issuer: OpenIDIssuer, nonce: Any) -> None:
    assert read(issuer, issuer.token(nonce=nonce), nonce="x") is None
    assert read(issuer, issuer.token(nonce="x"), nonce="x")


def unsigned(header: Any, claims: Any) -> str:
    return ".".join(
        [*(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)), ""]
    )


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "", None, ["RS256"], {}])
async def test_an_unsigned_token_is_not_valid(issuer: OpenIDIssuer, algorithm: Any) -> None:
    assert read(issuer, unsigned({"alg": algorithm, "kid": issuer.kid}, issuer.claims())) is None
    assert read(issuer, issuer.token().rpartition(".")[0] + ".") is None


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
async def test_a_token_signed_with_the_public_key_as_a_secret_is_not_valid(
    issuer: OpenIDIssuer, encoding: Encoding
) -> None:
    public = jwt.PyJWK(issuer.key.as_dict(), "RS256").key.public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo)
    signing = f"{unsigned({'alg': 'HS256', 'kid': issuer.kid}, issuer.claims()).rstrip('.')}"
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(signing.encode(), public)
    token = f"{signing}.{urlsafe_b64encode(signature).decode().rstrip('=')}"
    assert read(issuer, token) is None


async def test_a_token_of_another_type_is_not_valid(issuer: OpenIDIssuer) -> None:
    assert read(issuer, issuer.token({"typ": "at+jwt"})) is None
    assert read(issuer, issuer.token({"typ": "logout+jwt"})) is None
    assert read(issuer, issuer.token({"typ": "jwt"}))


async def test_a_token_signed_with_another_key_of_the_same_id_is_not_valid(issuer: OpenIDIssuer) -> None:
    published, kid = [issuer.key.as_dict()], issuer.kid
    issuer.rotate()
    assert read(issuer, issuer.token({"kid": kid}), keys=published) is None


async def test_a_token_with_a_key_that_is_not_published_is_an_unknown_key(issuer: OpenIDIssuer) -> None:
    with pytest.raises(UnknownKey):
        read(issuer, issuer.token({"kid": "another"}))
    with pytest.raises(UnknownKey):
        read(issuer, issuer.token(), keys=[])


@pytest.mark.parametrize(
    "changed", [{"use": "enc"}, {"alg": "RS512"}, {"kty": "oct", "k": "AAAA"}, {"kty": "EC"}, {"n": None}]
)
async def test_a_key_for_another_use_or_algorithm_is_not_used(issuer: OpenIDIssuer, changed: dict[str, Any]) -> None:
    with pytest.raises(UnknownKey):
        read(issuer, issuer.token(), keys=[{**issuer.key.as_dict(), **changed}])


async def test_without_a_key_id_each_key_is_tried(issuer: OpenIDIssuer) -> None:
    old = issuer.key.as_dict()
    issuer.rotate()
    key = issuer.signing_key
    token = jwt.encode(issuer.claims(), key, "RS256")
    assert read(issuer, token, keys=[old, issuer.key.as_dict()])
    with pytest.raises(UnknownKey):
        read(issuer, token, keys=[old])


async def test_a_key_without_an_id_is_tried_for_any_token(issuer: OpenIDIssuer) -> None:
    token, nameless = issuer.token(), {**issuer.key.as_dict(), "kid": None}
    assert read(issuer, token, keys=[nameless])
    issuer.rotate()
    with pytest.raises(UnknownKey):
        read(issuer, issuer.token(), keys=[nameless])


async def test_a_key_that_is_too_short_is_ignored(issuer: OpenIDIssuer) -> None:
    weak = generate_private_key(65537, 1024)  # noqa: S505  # that is the point
    weak_key = {**jwt.algorithms.RSAAlgorithm.to_jwk(weak.public_key(), as_dict=True), "kid": issuer.kid}
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        forged = jwt.encode(issuer.claims(), weak, "RS256", headers={"kid": issuer.kid})
    assert read(issuer, forged, keys=[weak_key]) is None
    assert read(issuer, issuer.token(), keys=[weak_key, issuer.key.as_dict()])


async def test_a_published_private_key_verifies_like_a_public_one(issuer: OpenIDIssuer) -> None:
    assert read(issuer, issuer.token(), keys=[issuer.key.as_dict(is_private=True)])


@pytest.mark.parametrize("changed", [{"name": "\ud800"}, {"sub": "\ud800"}, {"address": {"x": 2**70}}])
async def test_a_token_with_a_value_that_no_reply_has_a_form_for_is_not_valid(
    issuer: OpenIDIssuer, changed: dict[str, Any]
) -> None:
    assert read(issuer, issuer.token(**changed)) is None


@pytest.mark.parametrize("token", ["", ".", "a.b", "a.b.c", "é.é.é", "x" * 20_000, "W1tb.e30.x"])
async def test_a_text_that_is_no_token_is_not_valid(issuer: OpenIDIssuer, token: str) -> None:
    assert read(issuer, token) is None


async def test_a_token_that_is_too_long_or_nested_too_deep_is_not_valid(issuer: OpenIDIssuer) -> None:
    assert read(issuer, issuer.token(padding="x" * 16_384)) is None
    deep = urlsafe_b64encode(b"[" * 10_000).decode().rstrip("=")
    assert read(issuer, f"{deep}.e30.x") is None
