"""What bzz itself asks of others on the web: with time-outs, and through the proxy if there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.httputil import HTTPHeaders, HTTPInputError
from tornado.util import import_object

from bzz.exceptions import Unavailable

TIMEOUT = 5.0  # seconds
WITH_PROXY = "tornado.curl_httpclient.CurlAsyncHTTPClient"


@dataclass(frozen=True)
class Answer:
    """What came back.

    Args:
        status: of the response.
        headers: of the response.
        value: its body, read as JSON.
    """

    status: int
    headers: HTTPHeaders
    value: Any


class WebClient:
    """Fetches JSON with Tornado's client.

    Args:
        proxy_host: of an HTTP proxy, which takes pycurl.
        proxy_port: of the proxy.
        proxy_username: for the proxy.
        proxy_password: for the proxy.

    Raises:
        ImportError: there is a proxy, and pycurl is not installed.
        ValueError: there is a proxy without a port, or a port or credentials without a proxy.
    """

    def __init__(
        self,
        proxy_host: str | None = None,
        proxy_port: int | None = None,
        proxy_username: str | None = None,
        proxy_password: str | None = None,
    ) -> None:
        if (proxy_host is None) != (proxy_port is None) or (proxy_username and proxy_host is None):
            raise ValueError("a proxy has both a proxy_host and a proxy_port")
        self._proxy: dict[str, Any] = {
            "proxy_host": proxy_host,
            "proxy_port": proxy_port,
            "proxy_username": proxy_username,
            "proxy_password": proxy_password,
        }
        try:
            self._client: type[AsyncHTTPClient] = import_object(WITH_PROXY) if proxy_host else AsyncHTTPClient
        except ImportError as error:
            raise ImportError("a proxy needs pycurl: pip install 'bzz[proxy]'") from error

    async def fetch(
        self, url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Return what a GET of ``url`` answers, or a POST if there is a ``form``; redirects are not followed.

        Raises:
            Unavailable: there is no answer in time, its status is 5xx or 429, or it is not JSON.
        """
        request = HTTPRequest(
            url,
            method="GET" if form is None else "POST",
            body=None if form is None else urlencode(form),
            headers={"Accept": "application/json", **(headers or {})},
            connect_timeout=TIMEOUT,
            request_timeout=TIMEOUT,
            follow_redirects=False,
            **self._proxy,
        )
        try:
            response = await self._client().fetch(request, raise_error=False)
            if response.code >= 500 or response.code == 429:
                response.rethrow()
            return Answer(response.code, response.headers, orjson.loads(response.body))
        except (HTTPClientError, HTTPInputError, OSError, ValueError) as error:
            raise Unavailable("The service that vouches for users does not answer.") from error
