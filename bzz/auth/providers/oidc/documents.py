"""The documents that an issuer publishes: its metadata and its keys."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from bzz.auth.web_client import WebClient, is_safe
from bzz.exceptions import Unavailable

SHORTEST, USUAL, LONGEST = 300, 3600, 21_600  # seconds that a document is kept
PATIENCE = 10.0  # seconds until a document that has not expired may be fetched again
_MAX_AGE = re.compile(r"max-age=(\d{1,9})")
Value = Mapping[str, Any]


class Document:
    """A JSON object at a URL, and its cache.

    The object is kept for the ``max-age`` of its ``Cache-Control`` (RFC 9111, section 5.2.2.1), but at least for
    ``SHORTEST`` and at most for ``LONGEST`` seconds. Without a ``max-age`` it is kept for ``USUAL`` seconds. Calls at
    the same time share one request.

    Args:
        check: a function that raises Unavailable if a fetched object is not the expected document.
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
            web: the client that fetches the document.
            url: the URL of the document.
            again: whether to fetch the document before it expires. bzz does so at most once in ``PATIENCE`` seconds.

        Raises:
            Unavailable: the document cannot be fetched, or ``check`` refuses it.
        """
        if monotonic() >= (self._may_look if again else self._expires):
            await asyncio.shield(self._fetch_once(web, url, again))
        return self._value

    def _fetch_once(self, web: WebClient, url: str, again: bool) -> asyncio.Task[None]:
        key = web, asyncio.get_running_loop()
        if key not in self._fetching:
            self._fetching[key] = task = asyncio.create_task(self._fetch(web, url, again))
            task.add_done_callback(lambda _: self._fetching.pop(key))
            task.add_done_callback(lambda _: task.cancelled() or task.exception())  # perhaps no caller awaits it
        return self._fetching[key]

    async def _fetch(self, web: WebClient, url: str, again: bool) -> None:
        answer = await web.fetch(url)
        if answer.status != 200 or not isinstance(answer.value, dict):
            raise Unavailable(f"{url} answers {answer.status} without a JSON object.")
        self._check(answer.value)
        found = _MAX_AGE.search(answer.headers.get("Cache-Control", ""))
        self._value = answer.value
        self._expires = monotonic() + min(max(int(found[1]) if found else USUAL, SHORTEST), LONGEST)
        if again:
            self._may_look = monotonic() + PATIENCE


class Issuer:
    """The metadata and keys of an OpenID Connect issuer.

    Source: OpenID Connect Discovery 1.0, section 4.

    Args:
        url: the URL of the issuer. It must use https or be on this machine.

    Raises:
        ValueError: ``url`` neither uses https nor is on this machine.
    """

    def __init__(self, url: str) -> None:
        if not is_safe(url):
            raise ValueError(f"the URL of an issuer must begin with https://, not {url!r}")
        self.url = url
        self._metadata, self._keys = Document(self._check_metadata), Document(self._check_keys)

    async def metadata(self, web: WebClient, *, again: bool = False) -> Value:
        """Return the issuer's metadata.

        For the arguments see ``Document.get``.
        """
        url = f"{self.url.rstrip('/')}/.well-known/openid-configuration"
        return await self._metadata.get(web, url, again=again)

    async def endpoint(self, web: WebClient, name: str, *, again: bool = False) -> str:
        """Return the URL that the metadata contains as ``name``.

        Raise Unavailable if the URL is missing or not safe.
        """
        url = (await self.metadata(web, again=again)).get(name)
        if not isinstance(url, str) or not is_safe(url):
            raise Unavailable(f"The issuer {self.url} publishes no {name}.")
        return url

    async def keys(self, web: WebClient, *, again: bool = False) -> list[Value]:
        """Return the issuer's keys (RFC 7517, section 5).

        For the arguments see ``Document.get``.
        """
        found = await self._keys.get(web, await self.endpoint(web, "jwks_uri", again=again), again=again)
        return [key for key in found["keys"] if isinstance(key, dict)]

    def _check_metadata(self, found: Value) -> None:
        if found.get("issuer") != self.url:
            raise Unavailable(f"The issuer {self.url} calls itself {found.get('issuer')!r}.")

    def _check_keys(self, found: Value) -> None:
        if not isinstance(found.get("keys"), list):
            raise Unavailable(f"The issuer {self.url} publishes no keys.")
