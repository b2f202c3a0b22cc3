"""Routes under test, served on a real socket and asked by a real client."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import tornado.web

FORM = "application/x-www-form-urlencoded"
SECONDS = 30  # that a test may wait for an answer


@dataclass(frozen=True)
class Reply:
    """What a server answered.

    Args:
        status: the status code.
        headers: the header fields.
        body: the content, as it came.
    """

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        """The content as JSON has it."""
        return json.loads(self.body)


class Client:
    """An application, asked by a client.

    Args:
        client: which asks.
        url: of the application, without a slash at its end.
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
        """Return the answer to a request, whatever its status.

        Args:
            method: the verb.
            path: what comes after ``url``.
            json_body: what the body says, as JSON; None for none.
            form: the same as a form: encoded, or pairs of names and values.
            body: the same, as it is sent.
            headers: more header fields.
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
        """Return what was created at ``path`` with ``values``; raise AssertionError if it was not."""
        reply = await self("POST", path, json_body=values)
        assert reply.status == 201, reply.body  # noqa: S101  # it is for tests
        return reply.json


@asynccontextmanager
async def served(app: tornado.web.Application) -> AsyncIterator[Client]:
    """Serve an application on a free port while the block runs; the value asks it."""
    server, [socket] = tornado.httpserver.HTTPServer(app), tornado.netutil.bind_sockets(0, "127.0.0.1")
    server.add_sockets([socket])
    client = tornado.httpclient.AsyncHTTPClient(force_instance=True, defaults={"max_clients": 1000})
    try:
        yield Client(client, f"http://127.0.0.1:{socket.getsockname()[1]}")
    finally:
        client.close()
        server.stop()
        await server.close_all_connections()
