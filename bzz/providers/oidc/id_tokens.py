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


class UnknownKey(Exception):
    """The token is signed with a key that the issuer did not publish when it was asked."""


def read(
    token: str,
    keys: Iterable[Mapping[str, Any]],
    *,
    issuers: Collection[str],
    audiences: Collection[str],
    nonce: str | None = None,
) -> Claims | None:
    """Return the claims of an ID token, or None if it is not for us, not from the issuer, or not now.

    Only algorithms with a public key are taken, so that what everybody can read signs nothing (RFC 8725, section 2.1).

    Args:
        token: as it came.
        keys: of the issuer, as it publishes them.
        issuers: the names it has.
        audiences: the client ids we have; the token is for no others.
        nonce: that the sign-in was begun with, if it was.

    Raises:
        UnknownKey: it might be right, but its key is not among ``keys``.
    """
    with suppress(jwt.PyJWTError, orjson.JSONEncodeError, ValueError, RecursionError):
        header = jwt.get_unverified_header(token[: MAX_LENGTH + 1])
        algorithm = str(header.get("alg"))
        if len(token) > MAX_LENGTH or algorithm not in ALGORITHMS or str(header.get("typ", "JWT")).upper() != "JWT":
            return None
        key_id = header.get("kid")
        fitting = _fitting(keys, algorithm, key_id)
        for key in fitting:
            with suppress(jwt.InvalidSignatureError, jwt.InvalidKeyError):
                claims = jwt.decode(token, key, [algorithm], OPTIONS, audience=audiences, issuer=issuers, leeway=LEEWAY)
                orjson.dumps(claims)  # which refuses text that no reply can say
                return claims if _is_ours(claims, audiences, nonce) else None
        if key_id is None or key_id not in (key.key_id for key in fitting):
            raise UnknownKey
    return None


def _is_ours(claims: Claims, audiences: Collection[str], nonce: str | None) -> bool:
    intended = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
    return bool(claims["sub"]) and set(intended) <= set(audiences) and nonce in (None, claims.get("nonce"))


def _fitting(keys: Iterable[Mapping[str, Any]], algorithm: str, key_id: str | None) -> list[jwt.PyJWK]:
    """Return the keys that may have signed a token (RFC 7517, section 4)."""
    fitting = []
    for key in keys:
        is_meant = key_id is None or key.get("kid") in (None, key_id)
        if is_meant and key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm:
            with suppress(jwt.PyJWTError):  # a key of another kind
                fitting.append(jwt.PyJWK({name: key[name] for name in PUBLIC if name in key}, algorithm))
    return fitting
