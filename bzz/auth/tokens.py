"""Signed tokens: JSON Web Tokens (RFC 7519).

Only the owner of a secret key can make such a token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from time import time
from typing import Any

import jwt
import orjson
from jwt.types import Options

ALGORITHM = "HS256"
MIN_BYTES = 32  # in a key; its signatures have the same number of bytes (RFC 7518, section 3.2)
MIN_VARIETY = 8  # different bytes in a key; 32 random letters and digits have more
REMEMBERED = 1024  # verified tokens; many requests send the same token
REQUIRED = ("exp", "iat", "iss", "sub")


class Signer:
    """The maker and reader of one issuer's tokens.

    The tokens are signed with HMAC and SHA-256 only.

    Args:
        secret_key: a text or bytes of at least 32 bytes, or a list of such keys. The first key signs, and every key
            can verify.
        issuer: the name in ``iss``. It must not be empty.

    Raises:
        ValueError: a key is too short, has less than 8 different bytes, or is a public key. The reason may also
            be that there is no key or no issuer.
        TypeError: a key is neither text nor bytes.
    """

    def __init__(self, secret_key: str | bytes | Sequence[str | bytes], issuer: str) -> None:
        keys = secret_key if isinstance(secret_key, (list, tuple)) else [secret_key]
        if not keys or not issuer:
            raise ValueError("secret_key must be at least one key, and issuer must not be empty")
        self._keys = [_checked(key) for key in keys]
        self._verified = lru_cache(REMEMBERED)(self._verify)
        self.issuer = issuer

    def sign(self, kind: str, claims: Mapping[str, Any], *, issued: int, expires: int) -> str:
        """Return a signed token.

        Args:
            kind: the ``typ`` of the token (RFC 8725, section 3.11). ``read`` accepts the token only as this kind.
            claims: the content of the token. It must contain ``sub``.
            issued: the present time, in seconds since 1970.
            expires: the time from which the token is not valid any more, in seconds since 1970.

        Raises:
            TypeError: a claim cannot be encoded as JSON.
        """
        complete = {**claims, "iss": self.issuer, "iat": issued, "exp": expires}
        return jwt.encode(complete, self._keys[0], ALGORITHM, headers={"typ": kind})

    def read(self, kind: str, token: str, required: tuple[str, ...] = ()) -> dict[str, Any] | None:
        """Return the claims of a valid token, or None.

        Return None if the signature is wrong, or if the token has expired or lacks a claim. Return None also if the
        token has another kind or issuer.

        Args:
            kind: the ``kind`` that was given to ``sign``.
            token: a text from a request.
            required: the claims that the token must contain besides ``exp``, ``iat``, ``iss`` and ``sub``.
        """
        with suppress(jwt.PyJWTError, UnicodeEncodeError, RecursionError):
            claims: dict[str, Any] = orjson.loads(self._verified(kind, token, required))
            return claims if claims["exp"] > now() else None
        return None

    def _verify(self, kind: str, token: str, required: tuple[str, ...]) -> bytes:
        """Return the claims of a valid token as JSON.

        Raise an exception for any other token, so that ``lru_cache`` does not keep it.
        """
        options: Options = {"require": [*REQUIRED, *required], "verify_iat": False}  # another host's clock may be ahead
        for key in self._keys:
            with suppress(jwt.InvalidSignatureError):
                decoded = jwt.decode_complete(token, key, [ALGORITHM], options, issuer=self.issuer)
                if decoded["header"].get("typ") == kind:
                    return orjson.dumps(decoded["payload"])
        raise jwt.InvalidTokenError


def now() -> int:
    """Return the present time in whole seconds since 1970.

    Source: RFC 7519, section 2 (NumericDate).
    """
    return int(time())


def _checked(key: object) -> bytes:
    if not isinstance(key, (str, bytes)):
        raise TypeError(f"secret_key must be text or bytes, not {type(key).__name__}")
    encoded = key.encode() if isinstance(key, str) else key
    if len(encoded) < MIN_BYTES:
        raise ValueError(
            f"secret_key must have at least {MIN_BYTES} bytes, not {len(encoded)}: use secrets.token_hex()"
        )
    if len(set(encoded)) < MIN_VARIETY:
        raise ValueError(
            f"secret_key must be random, of {MIN_VARIETY} different bytes or more: use secrets.token_hex()"
        )
    try:
        jwt.encode({}, encoded, ALGORITHM)
    except jwt.InvalidKeyError as error:
        raise ValueError(f"secret_key must be secret: {error}") from None
    return encoded
