"""Whether an ID token is what it seems (OpenID Connect Core 1.0, section 3.1.3.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

import jwt
import orjson
from jwt.types import Options

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
OPTIONS: Options = {"require": ["iss", "sub", "aud", "exp", "iat"], "enforce_minimum_key_length": True}
PUBLIC = ("kty", "kid", "n", "e", "crv", "x", "y")  # of a key
LEEWAY = 60  # seconds that the issuer's clock may be off
MAX_LENGTH = 16_384  # characters
Claims = dict[str, Any]


class UnknownKey(jwt.InvalidTokenError):
    """The token is signed with a key that the issuer did not publish when it was asked."""


def read(
    token: str,
    keys: Iterable[Mapping[str, Any]],
    *,
    issuers: Collection[str],
    audiences: Collection[str],
    nonce: str | None = None,
) -> Claims:
    """Return the claims of an ID token.

    Only algorithms with a public key are taken, so that what everybody can read signs nothing (RFC 8725, section 2.1).

    Args:
        token: as it came.
        keys: of the issuer, as it publishes them.
        issuers: the names it has.
        audiences: the client ids we have; the token is for no others.
        nonce: that the sign-in was begun with, if it was.

    Raises:
        UnknownKey: it might be right, but its key is not among ``keys``.
        jwt.InvalidTokenError: it is not for us, not from the issuer, not for now, or no token at all.
    """
    try:
        algorithm, key_id = _header(token)
        fitting = _fitting(keys, algorithm, key_id)
        for key in fitting:
            with suppress(jwt.InvalidSignatureError, jwt.InvalidKeyError):
                claims = jwt.decode(token, key, [algorithm], OPTIONS, audience=audiences, issuer=issuers, leeway=LEEWAY)
                _check(claims, audiences, nonce)
                return claims
    except (orjson.JSONEncodeError, ValueError, RecursionError) as error:
        raise jwt.InvalidTokenError(f"it cannot be read: {type(error).__name__}") from error
    if key_id is None or key_id not in (key.key_id for key in fitting):
        raise UnknownKey("its key is not published")
    raise jwt.InvalidTokenError("its signature is of another key")


def _header(token: str) -> tuple[str, str | None]:
    if len(token) > MAX_LENGTH:
        raise jwt.InvalidTokenError("it is too long")
    header = jwt.get_unverified_header(token)
    algorithm, kind = str(header.get("alg")), str(header.get("typ", "JWT"))
    if algorithm not in ALGORITHMS or kind.upper() != "JWT":
        raise jwt.InvalidTokenError(f"it is of type {kind[:20]!r} and signed with {algorithm[:20]!r}")
    return algorithm, header.get("kid")


def _fitting(keys: Iterable[Mapping[str, Any]], algorithm: str, key_id: str | None) -> list[jwt.PyJWK]:
    """Return the keys that may have signed a token (RFC 7517, section 4)."""
    fitting = []
    for key in keys:
        is_meant = key_id is None or key.get("kid") in (None, key_id)
        if is_meant and key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm:
            with suppress(jwt.PyJWTError):  # a key of another kind
                fitting.append(jwt.PyJWK({name: key[name] for name in PUBLIC if name in key}, algorithm))
    return fitting


def _check(claims: Claims, audiences: Collection[str], nonce: str | None) -> None:
    intended = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    if not set(intended) <= set(audiences):
        raise jwt.InvalidAudienceError("it is for others, too")
    if not claims["sub"]:
        raise jwt.InvalidTokenError("it is of nobody")
    if nonce not in (None, claims.get("nonce")):
        raise jwt.InvalidTokenError("it is of another sign-in")
    orjson.dumps(claims)  # which refuses text that no reply can say
