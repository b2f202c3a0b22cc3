"""Signed tokens: only tokens that a key of this issuer signed are valid."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bzz.auth import tokens
from bzz.auth.tokens import Signer, now
from tests.support.client import SECRET
from tests.support.clock import Clock

OTHER = "fedcba9876543210fedcba9876543210"
SIGNER = Signer(SECRET, "bzz")


def token(signer: Signer = SIGNER, *, kind: str = "kind", seconds: int = 60, **claims: Any) -> str:
    return signer.sign(kind, {"sub": "ada", **claims}, issued=now(), expires=now() + seconds)


def made(header: dict[str, Any], claims: dict[str, Any], signature: str = "") -> str:
    parts = (urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims))
    return ".".join([*parts, signature])


def test_read_returns_the_signed_claims() -> None:
    claims = SIGNER.read("kind", token(city="Zürich"))
    assert claims
    assert (claims["sub"], claims["city"], claims["iss"]) == ("ada", "Zürich", "bzz")
    assert claims["exp"] - claims["iat"] == 60


@pytest.mark.parametrize(
    "signed", [token(kind="other"), token(seconds=0), token(Signer(SECRET, "you")), "", "a.b.c", "é"]
)
def test_a_token_of_another_kind_time_or_issuer_is_not_valid(signed: str) -> None:
    assert SIGNER.read("kind", signed) is None


def test_a_token_that_was_verified_before_still_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, signed = Clock(now()), token(seconds=60)
    monkeypatch.setattr(tokens, "now", clock)
    clock.now += 59
    assert SIGNER.read("kind", signed)
    clock.now += 1
    assert SIGNER.read("kind", signed) is None


def test_only_valid_tokens_are_remembered() -> None:
    signer = Signer(SECRET, "bzz")
    for bad in ("junk", token(kind="other"), token(seconds=0), token(Signer(OTHER, "bzz"))):
        assert signer.read("kind", bad) is None
    assert signer._verified.cache_info().currsize == 0
    assert signer.read("kind", token())
    assert signer._verified.cache_info().currsize == 1


def test_each_read_returns_claims_of_its_own() -> None:
    signed = token(roles=["reader"])
    for _ in range(2):
        claims = SIGNER.read("kind", signed)
        assert claims
        assert claims["roles"] == ["reader"]
        claims["roles"].append("editor")


def test_a_token_without_a_required_claim_is_not_valid() -> None:
    complete = {"sub": "ada", "iss": "bzz", "iat": now(), "exp": now() + 60, "sid": "x"}
    for missing in complete:
        claims = {name: value for name, value in complete.items() if name != missing}
        signed = jwt.encode(claims, SECRET, "HS256", headers={"typ": "kind"})
        assert SIGNER.read("kind", signed, ("sid",)) is None
    assert SIGNER.read("kind", jwt.encode(complete, SECRET, "HS256", headers={"typ": "kind"}), ("sid",))


def test_a_token_with_a_changed_part_is_not_valid() -> None:
    header, payload, signature = token().split(".")
    claims = json.loads(urlsafe_b64decode(payload + "=="))
    claims["sub"] = "eve"
    forged = made({"alg": "HS256", "typ": "kind"}, claims, signature)
    assert SIGNER.read("kind", forged) is None
    assert SIGNER.read("kind", f"{header}.{payload}.{signature[:-4]}AAAA") is None
    assert SIGNER.read("kind", f"{header}.{payload}.") is None
    assert SIGNER.read("kind", f"{header}.{payload}") is None


@pytest.mark.parametrize("algorithm", ["none", "None", "HS384", "RS256", ["HS256"], None])
def test_a_token_of_another_algorithm_is_not_valid(algorithm: Any) -> None:
    claims = {"sub": "ada", "iss": "bzz", "iat": now(), "exp": now() + 60}
    assert SIGNER.read("kind", made({"alg": algorithm, "typ": "kind"}, claims)) is None
    if algorithm == "HS384":
        assert SIGNER.read("kind", jwt.encode(claims, SECRET * 2, "HS384", headers={"typ": "kind"})) is None


def test_a_token_that_is_nested_too_deep_is_not_valid() -> None:
    deep = urlsafe_b64encode(b"[" * 100_000).decode().rstrip("=")
    assert SIGNER.read("kind", f"{deep}.{deep}.{deep}") is None


def test_of_several_keys_the_first_signs_and_all_verify() -> None:
    old, both = Signer(SECRET, "bzz"), Signer([OTHER.encode(), SECRET], "bzz")
    assert both.read("kind", token(old))
    assert old.read("kind", token(both)) is None
    assert Signer(OTHER, "bzz").read("kind", token(both))


def public_key() -> bytes:
    return generate_private_key(65537, 2048).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("short", "at least 32 bytes, not 5"),
        ("", "at least 32 bytes, not 0"),
        ("a" * 64, "random"),
        ("abcabc" * 10, "random"),
        ([], "at least one key"),
        ([SECRET, "short"], "at least 32"),
        (public_key(), "must be secret"),
    ],
)
def test_a_key_that_can_be_guessed_is_refused(key: Any, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        Signer(key, "bzz")


def test_a_key_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="not NoneType"):
        Signer([None], "bzz")  # type: ignore[list-item]


def test_a_claim_without_a_form_in_json_is_refused() -> None:
    with pytest.raises(TypeError):
        token(user=object())
