"""The HTTP client of auth providers.

It has time-outs and limits, and may use a proxy.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httputil import HTTPHeaders, HTTPInputError
from tornado.iostream import StreamBufferFullError, UnsatisfiableReadError
from tornado.util import import_object

from bzz.exceptions import Unavailable

TIMEOUT = 5.0  # seconds
MAX_BODY = 1_048_576  # bytes
MAX_CLIENTS = 100  # requests at once
FAILURES = (HTTPClientError, HTTPInputError, OSError, StreamBufferFullError, UnsatisfiableReadError, ValueError)
WITH_PROXY = "tornado.curl_httpclient.CurlAsyncHTTPClient"
_SAFE = re.compile(r"https://[^#\s]+|http://(?:localhost|127\.0\.0\.1|\[::1\])(?:[:/][^#\s]*)?")


def is_safe(url: object) -> bool:
    """Return whether secrets may be sent to ``url``.

    They may be sent to a URL that uses https or is on this machine.
    """
    return isinstance(url, str) and _SAFE.fullmatch(url) is not None


@dataclass(frozen=True)
class Answer:
    """The reply of a service.

    Args:
        status: the status code.
        headers: the header fields.
        value: the body, decoded from JSON.
    """

    status: int
    headers: HTTPHeaders
    value: Any


class WebClient:
    """A client that fetches JSON.

    On each event loop it sends at most ``MAX_CLIENTS`` requests at once. It shares no connections with other code. A
    slow service therefore delays no other request of the application.

    Args:
        proxy_host: the host of an HTTP proxy, which needs pycurl. None means no proxy.
        proxy_port: the port of the proxy, as a number or as text.
        proxy_username: the user name for the proxy, if the proxy needs one.
        proxy_password: the password for the proxy.

    Raises:
        ImportError: there is a proxy, and pycurl is not installed.
        ValueError: there is a proxy without a port, or a port or credentials without a proxy.
    """

    def __init__(
        self,
        proxy_host: str | None = None,
        proxy_port: int | str | None = None,
        proxy_username: str | None = None,
        proxy_password: str | None = None,
    ) -> None:
        self._proxy: dict[str, Any] = {}
        self._kind = AsyncHTTPClient  # the class that the application has configured
        self._clients: dict[asyncio.AbstractEventLoop, AsyncHTTPClient] = {}
        if any(given is not None for given in (proxy_host, proxy_port, proxy_username, proxy_password)):
            self._proxy = {
                "proxy_host": proxy_host,
                "proxy_port": int(str(proxy_port)) if re.fullmatch("[0-9]{1,5}", str(proxy_port)) else 0,
                "proxy_username": proxy_username,
                "proxy_password": proxy_password,
            }
            if not proxy_host or not 0 < self._proxy["proxy_port"] < 65_536:
                raise ValueError(f"a proxy needs proxy_host and proxy_port, not {proxy_host!r} and {proxy_port!r}")
            try:
                self._kind = import_object(WITH_PROXY)
            except ImportError as error:
                raise ImportError("a proxy needs pycurl: pip install 'bzz[proxy]'") from error

    async def fetch(
        self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Fetch JSON by GET, or by POST if there is a ``form``.

        A redirect is returned as an answer. The client does not follow it.

        Raises:
            Unavailable: no answer came within ``TIMEOUT`` seconds, or its status is 5xx or 429. Its body may also be
                longer than ``MAX_BODY`` or not JSON.
        """
        request = HTTPRequest(
            url,
            method="GET" if form is None else "POST",
            body=None if form is None else urlencode(form),
            headers={"Accept": "application/json", **(headers or {})},
            connect_timeout=TIMEOUT,
            request_timeout=TIMEOUT,
            follow_redirects=False,
            decompress_response=False,
            **self._proxy,
        )
        try:
            response = await self._client().fetch(request, raise_error=False)
            if response.code >= 500 or response.code == 429:
                response.rethrow()
            return Answer(response.code, response.headers, orjson.loads(response.body))
        except FAILURES as error:
            raise Unavailable("The auth provider does not answer; try again later.") from error

    def _client(self) -> AsyncHTTPClient:
        loop = asyncio.get_running_loop()
        if loop not in self._clients:
            for gone in [other for other in self._clients if other.is_closed()]:
                self._clients.pop(gone).close()
            self._clients[loop] = self._kind(force_instance=True, max_clients=MAX_CLIENTS, max_body_size=MAX_BODY)
        return self._clients[loop]
