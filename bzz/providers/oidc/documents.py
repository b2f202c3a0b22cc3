"""What an issuer publishes: its endpoints and its keys."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from time import monotonic
from typing import Any

from bzz.exceptions import Unavailable
from bzz.web_client import WebClient

SHORTEST, USUAL, LONGEST = 300, 3600, 86_400  # seconds that a document is kept
PATIENCE = 60.0  # seconds between two looks whether a document has changed before its time
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")


class Document:
    """A JSON object on the web, kept as long as its ``Cache-Control`` says (RFC 9111, section 5.2.2.1).

    However many want it, it is fetched once.
    """

    def __init__(self) -> None:
        self._value: Mapping[str, Any] = {}
        self._expires = 0.0
        self._may_look = 0.0
        self._fetching: asyncio.Task[None] | None = None

    async def get(self, web: WebClient, url: str, *, again: bool = False) -> Mapping[str, Any]:
        """Return the document.

        Args:
            web: what fetches it.
            url: where it is.
            again: whether it may have changed; it is fetched then, unless it was just a minute ago for that reason.

        Raises:
            Unavailable: it cannot be fetched.
        """
        may_look = again and monotonic() >= self._may_look
        if may_look or monotonic() >= self._expires:
            if may_look:
                self._may_look = monotonic() + PATIENCE
            await asyncio.shield(self._fetch_once(web, url))
        return self._value

    def _fetch_once(self, web: WebClient, url: str) -> asyncio.Task[None]:
        if self._fetching is None or self._fetching.done():
            self._fetching = asyncio.create_task(self._fetch(web, url))
        return self._fetching

    async def _fetch(self, web: WebClient, url: str) -> None:
        answer = await web.fetch(url)
        if answer.status != 200 or not isinstance(answer.value, dict):
            raise Unavailable(f"{url} answers {answer.status}, without a document.")
        found = _MAX_AGE.search(answer.headers.get("Cache-Control", ""))
        self._value = answer.value
        self._expires = monotonic() + min(max(int(found[1]) if found else USUAL, SHORTEST), LONGEST)


class Issuer:
    """An OpenID Connect issuer, as it describes itself (OpenID Connect Discovery 1.0, section 4).

    Args:
        url: which identifies it; of https, or on this machine.

    Raises:
        ValueError: it is another URL.
    """

    def __init__(self, url: str) -> None:
        if not re.match(r"https://|http://(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/]|$)", url):
            raise ValueError(f"an issuer has a URL that begins with https://, not {url!r}")
        self.url = url
        self._metadata, self._keys = Document(), Document()

    async def endpoint(self, web: WebClient, name: str) -> str:
        """Return the URL that the issuer publishes as ``name``; raise Unavailable if it does not."""
        url = (await self.metadata(web)).get(name)
        if not isinstance(url, str):
            raise Unavailable(f"{self.url} has no {name}.")
        return url

    async def metadata(self, web: WebClient) -> Mapping[str, Any]:
        """Return what the issuer says of itself; raise Unavailable if that cannot be fetched, or is of another."""
        found = await self._metadata.get(web, f"{self.url.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != self.url:
            raise Unavailable(f"{self.url} says it is {found.get('issuer')!r}.")
        return found

    async def keys(self, web: WebClient, *, again: bool = False) -> list[Mapping[str, Any]]:
        """Return the issuer's keys (RFC 7517, section 5).

        Args:
            web: what fetches them.
            again: whether they may have changed; see ``Document.get``.

        Raises:
            Unavailable: they cannot be fetched.
        """
        found = await self._keys.get(web, await self.endpoint(web, "jwks_uri"), again=again)
        keys = found.get("keys")
        return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
