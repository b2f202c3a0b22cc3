"""A server that serves an application under test on a real socket.

The module also contains the HTTP client of the server.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import tornado.httpclient
import tornado.httpserver
import tornado.netutil
import tornado.web

FORM = "application/x-www-form-urlencoded"
SECONDS = 30  # a test waits for a reply at most so long


@dataclass(frozen=True)
class Reply:
    """The reply to a request.

    Args:
        status: the status code.
        headers: the header fields, of type ``tornado.httputil.HTTPHeaders``.
        body: the bytes of the body.
    """

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        """The body, decoded from JSON."""
        return json.loads(self.body)


class Client:
    """A client of one application.

    Call it to send a request.

    Args:
        client: the HTTP client that sends the requests.
        url: the URL of the application, without a slash at its end.
    """

    def __init__(self, client: tornado.httpclient.AsyncHTTPClient, url: str) -> None:
        self.client, self.url = client, url

    async def __call__(
        self,
        method: str,
        path: str,
        *,
        json_body: Any = None,
        form: Any = None,
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a request and return the reply.

        The reply may have any status. The client does not follow redirects. At most one of ``json_body``, ``form`` and
        ``body`` may be given.

        Args:
            method: the HTTP method.
            path: the path with the query string. It is appended to ``url``.
            json_body: a value to send as JSON.
            form: a dict or pairs to send as a form, or the encoded form as text.
            body: text or bytes to send unchanged.
            headers: header fields of the request.
        """
        sent = dict(headers or {})
        if json_body is not None:
            body = json.dumps(json_body)
            sent.setdefault("Content-Type", "application/json")
        elif form is not None:
            body = form if isinstance(form, str) else urlencode(form)
            sent.setdefault("Content-Type", FORM)
        got = await self.client.fetch(
            self.url + path,
            method=method,
            body=body,
            headers=sent,
            raise_error=False,
            allow_nonstandard_methods=True,
            follow_redirects=False,
            request_timeout=SECONDS,
        )
        return Reply(got.code, got.headers, got.body)

    async def create(self, path: str, **values: Any) -> Any:
        """POST ``values`` as JSON and return the JSON of the reply.

        Raise AssertionError if the status of the reply is not 201.
        """
        reply = await self("POST", path, json_body=values)
        assert reply.status == 201, reply.body  # noqa: S101  # the method is for tests
        return reply.json


@asynccontextmanager
async def served(app: tornado.web.Application) -> AsyncIterator[Client]:
    """Serve an application on a free local port while the block runs.

    Yield a ``Client`` of the application.
    """
    server, [socket] = tornado.httpserver.HTTPServer(app), tornado.netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets([socket])
    client = tornado.httpclient.AsyncHTTPClient(force_instance=True, defaults={"max_clients": 1000})
    try:
        yield Client(client, f"http://127.0.0.1:{socket.getsockname()[1]}")
    finally:
        client.close()
        server.stop()
        await server.close_all_connections()
