"""What an issuer publishes: its endpoints and its keys."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from bzz.auth.web_client import WebClient, is_safe
from bzz.exceptions import Unavailable

SHORTEST, USUAL, LONGEST = 300, 3600, 21_600  # seconds that a document is kept
PATIENCE = 10.0  # seconds between two looks whether a document has changed before its time
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")
Value = Mapping[str, Any]


class Document:
    """A JSON object on the web, kept as long as its ``Cache-Control`` says (RFC 9111, section 5.2.2.1).

    However many want it, it is fetched once.

    Args:
        check: raises Unavailable if it is not what it should be.
    """

    def __init__(self, check: Callable[[Value], None]) -> None:
        self._check = check
        self._value: Value = {}
        self._expires = 0.0
        self._may_look = 0.0
        self._fetching: dict[tuple[WebClient, asyncio.AbstractEventLoop], asyncio.Task[None]] = {}

    async def get(self, web: WebClient, url: str, *, again: bool = False) -> Value:
        """Return the document.

        Args:
            web: what fetches it.
            url: where it is.
            again: whether it may have changed; it is fetched then, unless it just was.

        Raises:
            Unavailable: it cannot be fetched, or is not what it should be.
        """
        if monotonic() >= (self._may_look if again else self._expires):
            await asyncio.shield(self._fetch_once(web, url, again))
        return self._value

    def _fetch_once(self, web: WebClient, url: str, again: bool) -> asyncio.Task[None]:
        key = web, asyncio.get_running_loop()
        if key not in self._fetching:
            self._fetching[key] = task = asyncio.create_task(self._fetch(web, url, again))
            task.add_done_callback(lambda _: self._fetching.pop(key))
            task.add_done_callback(lambda _: task.cancelled() or task.exception())  # everybody may have gone meanwhile
        return self._fetching[key]

    async def _fetch(self, web: WebClient, url: str, again: bool) -> None:
        answer = await web.fetch(url)
        if answer.status != 200 or not isinstance(answer.value, dict):
            raise Unavailable(f"{url} answers {answer.status}, without a document.")
        self._check(answer.value)
        found = _MAX_AGE.search(answer.headers.get("Cache-Control", ""))
        self._value = answer.value
        self._expires = monotonic() + min(max(int(found[1]) if found else USUAL, SHORTEST), LONGEST)
        if again:
            self._may_look = monotonic() + PATIENCE


class Issuer:
    """An OpenID Connect issuer, as it describes itself (OpenID Connect Discovery 1.0, section 4).

    Args:
        url: which identifies it; of https, or on this machine.

    Raises:
        ValueError: it is another URL.
    """

    def __init__(self, url: str) -> None:
        if not is_safe(url):
            raise ValueError(f"an issuer has a URL that begins with https://, not {url!r}")
        self.url = url
        self._metadata, self._keys = Document(self._check_metadata), Document(self._check_keys)

    async def metadata(self, web: WebClient, *, again: bool = False) -> Value:
        """Return what the issuer says of itself; see ``Document.get``."""
        url = f"{self.url.rstrip('/')}/.well-known/openid-configuration"
        return await self._metadata.get(web, url, again=again)

    async def endpoint(self, web: WebClient, name: str, *, again: bool = False) -> str:
        """Return the URL that the issuer publishes as ``name``; raise Unavailable if it does not."""
        url = (await self.metadata(web, again=again)).get(name)
        if not isinstance(url, str) or not is_safe(url):
            raise Unavailable(f"{self.url} has no {name}.")
        return url

    async def keys(self, web: WebClient, *, again: bool = False) -> list[Value]:
        """Return the issuer's keys (RFC 7517, section 5); see ``Document.get``."""
        found = await self._keys.get(web, await self.endpoint(web, "jwks_uri", again=again), again=again)
        return [key for key in found["keys"] if isinstance(key, dict)]

    def _check_metadata(self, found: Value) -> None:
        if found.get("issuer") != self.url:
            raise Unavailable(f"{self.url} says it is {found.get('issuer')!r}.")

    def _check_keys(self, found: Value) -> None:
        if not isinstance(found.get("keys"), list):
            raise Unavailable(f"{self.url} has no keys.")
