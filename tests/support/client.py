"""An application under test: its client over a real socket, and a browser that keeps cookies."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

import tornado.httpclient
import tornado.httpserver
import tornado.netutil
import tornado.web

import bzz
from bzz.testing.client import Client, Reply

SECRET = "0123456789abcdef0123456789abcdef"


class Api(Client):
    """An application under test, used over a real socket."""

    def __init__(self, app: tornado.web.Application, client: tornado.httpclient.AsyncHTTPClient, url: str) -> None:
        super().__init__(client, url)
        self.app = app

    def mount(self, *routes: Any) -> Api:
        self.app.add_handlers(r".*", bzz.flatten(routes))
        return self


class Browser:
    """A browser at an application, which keeps cookies."""

    def __init__(self, api: Api, prefix: str = "") -> None:
        self.api, self.prefix = api, prefix
        self.cookies: dict[str, str] = {}

    async def __call__(self, method: str, path: str, *, headers: dict[str, str] | None = None, **body: Any) -> Reply:
        jar = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        reply = await self.api(method, path, headers={**jar, **(headers or {})}, **body)
        for header in reply.headers.get_list("Set-Cookie"):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        self.cookies = {name: value for name, value in self.cookies.items() if value}
        return reply

    async def sign_in(self, **credentials: Any) -> Reply:
        given = {"provider": "mock", "access_token": "x", **credentials}
        return await self("POST", f"{self.prefix}/auth/signin/", json_body=given)


def serve(app: tornado.web.Application) -> str:
    """Serve another application on a free port, until the loop ends; return its URL."""
    [socket] = tornado.netutil.bind_sockets(0, "127.0.0.1")
    tornado.httpserver.HTTPServer(app, xheaders=True).add_sockets([socket])
    return f"http://127.0.0.1:{socket.getsockname()[1]}"
