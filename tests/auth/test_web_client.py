"""The web client of auth providers: answers, errors, timeouts, and the proxy."""

from __future__ import annotations

import asyncio
import socket
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import tornado.httpclient
import tornado.httpserver
import tornado.netutil
import tornado.web

from bzz.auth import web_client
from bzz.auth.web_client import WebClient, is_safe
from bzz.exceptions import Unavailable
from tests.support.client import Api
from tests.support.extras import needs_extras


class Service(tornado.web.RequestHandler):
    """Answers with what it was asked, or with a status."""

    def get(self) -> None:
        self.set_status(int(self.get_argument("status", "200")))
        if self.get_status() == 302:
            self.set_header("Location", "/")
        self.set_header("X-Kind", "service")
        self.set_header("X-Agent", self.request.headers.get("User-Agent", ""))
        self.finish(
            {"accept": self.request.headers["Accept"], "authorization": self.request.headers.get("Authorization")}
        )

    def post(self) -> None:
        self.finish({"type": self.request.headers["Content-Type"], "a": self.get_body_argument("a")})


class Text(tornado.web.RequestHandler):
    def get(self) -> None:
        self.finish("<html>")


class Large(tornado.web.RequestHandler):
    def get(self, where: str) -> None:
        if where == "headers":
            self.set_header("X-Large", "x" * 70_000)
        self.finish("[]" if where == "headers" else '"' + "x" * web_client.MAX_BODY + '"')


@pytest.fixture
def service(api: Api) -> Api:
    return api.mount((r"/", Service), (r"/text", Text), (r"/(large|headers)", Large))


async def test_an_answer_is_read_as_json(service: Api) -> None:
    answer = await WebClient().fetch(service.url + "/", headers={"Authorization": "Bearer x"})
    assert (answer.status, answer.headers["X-Kind"]) == (200, "service")
    assert answer.value == {"accept": "application/json", "authorization": "Bearer x"}


async def test_a_form_is_posted(service: Api) -> None:
    answer = await WebClient().fetch(service.url + "/", form={"a": "b&c"})
    assert answer.value == {"type": "application/x-www-form-urlencoded", "a": "b&c"}


@pytest.mark.parametrize("status", [400, 404, 302])
async def test_a_4xx_and_a_redirect_are_answers(service: Api, status: int) -> None:
    assert (await WebClient().fetch(f"{service.url}/?status={status}")).status == status


@pytest.mark.parametrize("path", ["/?status=500", "/?status=503", "/?status=429", "/text"])
async def test_a_5xx_a_429_and_an_answer_that_is_no_json_are_unavailable(service: Api, path: str) -> None:
    with pytest.raises(Unavailable):
        await WebClient().fetch(service.url + path)


@contextmanager
def listening() -> Iterator[str]:
    """A server that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


async def test_a_service_that_does_not_answer_in_time_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, io_loop: object
) -> None:
    monkeypatch.setattr(web_client, "TIMEOUT", 0.1)
    with listening() as url, pytest.raises(Unavailable):
        await WebClient().fetch(url)
    with pytest.raises(Unavailable):
        await WebClient().fetch(url)


async def test_an_answer_that_is_no_http_is_unavailable(io_loop: object) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"220 mail.example ESMTP\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    with pytest.raises(Unavailable):
        await WebClient().fetch(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    server.close()


class Proxy(tornado.web.RequestHandler):
    """An HTTP proxy that wants credentials (RFC 9110, section 11.7)."""

    asked: list[str] = []  # noqa: RUF012  # of the one proxy there is

    async def get(self, *_: str) -> None:
        if self.request.headers.get("Proxy-Authorization") != f"Basic {b64encode(b'ada:s3cret').decode()}":
            self.set_status(407)
            self.finish("{}")
            return
        self.asked.append(self.request.uri or "")
        headers = {"Accept": self.request.headers["Accept"]}
        answer = await tornado.httpclient.AsyncHTTPClient().fetch(str(self.request.uri), headers=headers)
        self.finish(answer.body)


@needs_extras
async def test_a_configured_proxy_is_used(service: Api) -> None:
    [listener] = tornado.netutil.bind_sockets(0, "127.0.0.1")
    server = tornado.httpserver.HTTPServer(tornado.web.Application([(r".*", Proxy)]))
    server.add_sockets([listener])
    port = listener.getsockname()[1]
    answer = await WebClient("127.0.0.1", port, "ada", "s3cret").fetch(service.url + "/")
    assert (answer.value["accept"], Proxy.asked) == ("application/json", [service.url + "/"])
    assert (await WebClient("127.0.0.1", str(port)).fetch(service.url + "/")).status == 407
    with pytest.raises(Unavailable):
        await WebClient("127.0.0.1", port, "ada", "s3cret").fetch(service.url + "/large")
    server.stop()
    await server.close_all_connections()
    with pytest.raises(Unavailable):
        await WebClient("127.0.0.1", port).fetch(service.url + "/")


@pytest.mark.parametrize(
    "options",
    [
        {"proxy_host": "proxy"},
        {"proxy_port": 3128},
        {"proxy_username": "ada"},
        {"proxy_password": "s3cret"},
        {"proxy_host": "", "proxy_port": 3128},
        {"proxy_host": "proxy", "proxy_port": 0},
        {"proxy_host": "proxy", "proxy_port": 65_536},
        {"proxy_host": "proxy", "proxy_port": "http"},
    ],
)
def test_an_incomplete_proxy_is_refused(options: Any) -> None:
    with pytest.raises(ValueError, match="a proxy needs proxy_host and proxy_port"):
        WebClient(**options)


async def test_a_service_that_does_not_answer_delays_no_other_fetch(service: Api, io_loop: object) -> None:
    client = WebClient()
    with listening() as url:
        waiting = [asyncio.create_task(client.fetch(url)) for _ in range(20)]
        assert (await tornado.httpclient.AsyncHTTPClient().fetch(service.url + "/text")).code == 200
        assert (await client.fetch(service.url + "/")).status == 200
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize("path", ["/large", "/headers"])
async def test_an_answer_that_is_too_large_is_unavailable(service: Api, path: str) -> None:
    with pytest.raises(Unavailable):
        await WebClient().fetch(service.url + path)


async def test_the_client_is_as_the_application_configures_tornados(service: Api) -> None:
    tornado.httpclient.AsyncHTTPClient.configure(None, defaults={"user_agent": "of the application"})
    try:
        assert (await WebClient().fetch(service.url + "/")).headers["X-Agent"] == "of the application"
    finally:
        tornado.httpclient.AsyncHTTPClient.configure(None)


def test_the_client_of_a_closed_event_loop_is_closed() -> None:
    client = WebClient()

    async def fail() -> None:
        with pytest.raises(Unavailable):
            await client.fetch("http://127.0.0.1:9/")

    for _ in range(3):
        asyncio.run(fail())
    assert len(client._clients) == 1


def test_a_url_that_secrets_are_sent_to_is_of_https_or_of_this_machine() -> None:
    safe = ["https://x.example/a?b=1", "http://localhost", "http://127.0.0.1:80/x", "http://[::1]:1"]
    unsafe = [
        "http://x",
        "http://localhost.x",
        "ftp://x",
        "javascript:x",
        "//x",
        "",
        None,
        "https://x/ y",
        "https://x#y",
    ]
    assert [is_safe(url) for url in (*safe, *unsafe)] == [True] * 4 + [False] * 9


def test_a_proxy_takes_pycurl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycurl", None)
    monkeypatch.delitem(sys.modules, "tornado.curl_httpclient", raising=False)
    with pytest.raises(ImportError, match=r"pip install 'bzz\[proxy\]'"):
        WebClient("proxy", 3128)
