"""Signed tokens: claims that only who holds a key can have made."""

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
MIN_BYTES = 32  # of a key, as long as what it makes (RFC 7518, section 3.2)
MIN_VARIETY = 8  # different bytes in it; 32 random characters of any alphabet worth the name have more
REMEMBERED = 1024  # tokens, each of which comes with many requests
REQUIRED = ("exp", "iat", "iss", "sub")


class Signer:
    """Makes and reads JSON Web Tokens (RFC 7519) of one issuer, signed with HMAC and SHA-256 and nothing else.

    Args:
        secret_key: a text or bytes of at least 32 bytes, or several such: the first one signs, all verify.
        issuer: who they are of (``iss``).

    Raises:
        ValueError: a key is too short or too simple to keep anybody out, or public.
        TypeError: it is of another type.
    """

    def __init__(self, secret_key: str | bytes | Sequence[str | bytes], issuer: str) -> None:
        keys = secret_key if isinstance(secret_key, (list, tuple)) else [secret_key]
        if not keys or not issuer:
            raise ValueError("there is at least one secret_key, and an issuer")
        self._keys = [_checked(key) for key in keys]
        self._verified = lru_cache(REMEMBERED)(self._verify)
        self.issuer = issuer

    def sign(self, kind: str, claims: Mapping[str, Any], *, issued: int, expires: int) -> str:
        """Return a token.

        Args:
            kind: what it is good for, its ``typ`` (RFC 8725, section 3.11), so that it is good for nothing else.
            claims: what it says, ``sub`` among it.
            issued: now, in seconds since 1970.
            expires: until when, in seconds since 1970.

        Raises:
            TypeError: the claims are nothing that JSON can say.
        """
        complete = {**claims, "iss": self.issuer, "iat": issued, "exp": expires}
        return jwt.encode(complete, self._keys[0], ALGORITHM, headers={"typ": kind})

    def read(self, kind: str, token: str, required: tuple[str, ...] = ()) -> dict[str, Any] | None:
        """Return the claims of a token, or None if it is none of this kind, issuer and time, or was tampered with.

        Args:
            kind: as it was signed with.
            token: what somebody sends.
            required: the claims it has beside ``exp``, ``iat``, ``iss`` and ``sub``.
        """
        with suppress(jwt.PyJWTError, UnicodeEncodeError, RecursionError):
            claims: dict[str, Any] = orjson.loads(self._verified(kind, token, required))
            return claims if claims["exp"] > now() else None
        return None

    def _verify(self, kind: str, token: str, required: tuple[str, ...]) -> bytes:
        """Return the claims of a good token, as JSON; raise for any other, so that it is not remembered."""
        options: Options = {"require": [*REQUIRED, *required], "verify_iat": False}  # another host's clock may be ahead
        for key in self._keys:
            with suppress(jwt.InvalidSignatureError):
                decoded = jwt.decode_complete(token, key, [ALGORITHM], options, issuer=self.issuer)
                if decoded["header"].get("typ") == kind:
                    return orjson.dumps(decoded["payload"])
        raise jwt.InvalidTokenError


def now() -> int:
    """Return the time in seconds since 1970, as tokens have it (RFC 7519, section 2)."""
    return int(time())


def _checked(key: object) -> bytes:
    if not isinstance(key, (str, bytes)):
        raise TypeError(f"a secret_key is a text or bytes, not {type(key).__name__}")
    encoded = key.encode() if isinstance(key, str) else key
    if len(encoded) < MIN_BYTES:
        raise ValueError(f"a secret_key has at least {MIN_BYTES} bytes, not {len(encoded)}: secrets.token_hex() has 64")
    if len(set(encoded)) < MIN_VARIETY:
        raise ValueError("a secret_key is random, and not the same few characters again: secrets.token_hex() is")
    try:
        jwt.encode({}, encoded, ALGORITHM)
    except jwt.InvalidKeyError as error:
        raise ValueError(f"a secret_key is a secret: {error}") from None
    return encoded
