"""ID tokens and their validation (OpenID Connect Core 1.0, section 3.1.3.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any

import jwt
import orjson
from jwt.types import Options

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
OPTIONS: Options = {"require": ["iss", "sub", "aud", "exp", "iat"], "enforce_minimum_key_length": True}
PUBLIC = ("kty", "kid", "n", "e", "crv", "x", "y")  # the parameters of a public key
LEEWAY = 60  # the most seconds by which the issuer's clock may differ from the clock here
MAX_LENGTH = 16_384  # characters
Claims = dict[str, Any]


class UnknownKey(jwt.InvalidTokenError):
    """The token's key is not among the issuer's keys.

    The issuer's keys may be out of date.
    """


def read(
    token: str,
    keys: Iterable[Mapping[str, Any]],
    *,
    issuers: Collection[str],
    audiences: Collection[str],
    nonce: str | None = None,
) -> Claims:
    """Validate an ID token and return its claims.

    The token must be signed with an algorithm that has a public and a private key. Otherwise a client could sign a
    token with a key that the issuer publishes (RFC 8725, section 2.1).

    Args:
        token: a text from a request or from the issuer.
        keys: the issuer's keys (RFC 7517, section 4).
        issuers: the names that ``iss`` may have.
        audiences: the client ids of this application. ``aud`` must contain no other id.
        nonce: the nonce of the flow. It is None without a flow.

    Raises:
        UnknownKey: the token's key is not among ``keys``.
        jwt.InvalidTokenError: the token is malformed or expired, its signature is wrong, or it is for another issuer,
            audience or flow.
    """
    try:
        algorithm, key_id = _header(token)
        candidates = _candidates(keys, algorithm, key_id)
        for key in candidates:
            with suppress(jwt.InvalidSignatureError, jwt.InvalidKeyError):
                claims = jwt.decode(token, key, [algorithm], OPTIONS, audience=audiences, issuer=issuers, leeway=LEEWAY)
                _check(claims, audiences, nonce)
                return claims
    except (orjson.JSONEncodeError, ValueError, RecursionError) as error:
        raise jwt.InvalidTokenError(f"the token cannot be decoded: {type(error).__name__}") from error
    if key_id is None or key_id not in (key.key_id for key in candidates):
        raise UnknownKey("the issuer publishes no such key")
    raise jwt.InvalidTokenError("another key signed the token")


def _header(token: str) -> tuple[str, str | None]:
    if len(token) > MAX_LENGTH:
        raise jwt.InvalidTokenError("the token is too long")
    header = jwt.get_unverified_header(token)
    algorithm, kind = str(header.get("alg")), str(header.get("typ", "JWT"))
    if algorithm not in ALGORITHMS or kind.upper() != "JWT":
        raise jwt.InvalidTokenError(f"the token is of type {kind[:20]!r} and signed with {algorithm[:20]!r}")
    return algorithm, header.get("kid")


def _candidates(keys: Iterable[Mapping[str, Any]], algorithm: str, key_id: str | None) -> list[jwt.PyJWK]:
    """Return the keys that may have signed a token.

    Source: RFC 7517, section 4.
    """
    candidates = []
    for key in keys:
        is_meant = key_id is None or key.get("kid") in (None, key_id)
        if is_meant and key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm:
            with suppress(jwt.PyJWTError):  # a key for another algorithm
                candidates.append(jwt.PyJWK({name: key[name] for name in PUBLIC if name in key}, algorithm))
    return candidates


def _check(claims: Claims, audiences: Collection[str], nonce: str | None) -> None:
    intended = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    if not set(intended) <= set(audiences):
        raise jwt.InvalidAudienceError("the token is for other clients, too")
    if not claims["sub"]:
        raise jwt.InvalidTokenError("the token has an empty sub")
    if nonce not in (None, claims.get("nonce")):
        raise jwt.InvalidTokenError("the token is of another flow")
    orjson.dumps(claims)  # refuses values that a reply cannot contain
