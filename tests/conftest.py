"""What all tests share: an application to mount routes in, a real HTTP client, and a record of the signals sent."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Iterator
from http.cookies import SimpleCookie
from types import ModuleType
from typing import Any

import mongoengine
import pytest
import tornado.httpclient
import tornado.httpserver
import tornado.ioloop
import tornado.netutil
import tornado.web
from hypothesis import settings
from pymongo import monitoring

import bzz
from bzz import catalogue, signals
from bzz import store as stores
from bzz.interfaces import Provider, Scope
from bzz.lifecycle import Act
from bzz.providers.memory import MemoryProvider
from bzz.providers.mock import MockProvider
from bzz.resources import Resource
from bzz.routing import Path, Step
from bzz.store import Store
from bzz.testing import Sent
from bzz.testing.api import Api as AskedApi
from bzz.testing.api import Reply
from example_app.store import embedded_store
from tests.issuer import OpenIDIssuer
from tests.models import User
from tests.teams import STORES

SIGNALS = signals.declared()
LIFECYCLE = [name for name, signal in SIGNALS.items() if "unit" in signal.keywords]
SECRET = "0123456789abcdef0123456789abcdef"

settings.register_profile("short", max_examples=15, stateful_step_count=40, deadline=None)
settings.register_profile("nightly", max_examples=400, stateful_step_count=100, deadline=None)
settings.load_profile("short")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run every ``async def`` test on Tornado's loop."""
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.add_marker(pytest.mark.gen_test(timeout=30))


class Api(AskedApi):
    """An application under test, used over a real socket."""

    def __init__(self, app: tornado.web.Application, client: tornado.httpclient.AsyncHTTPClient, url: str) -> None:
        super().__init__(client, url)
        self.app = app

    def mount(self, *routes: Any) -> Api:
        self.app.add_handlers(r".*", bzz.flatten(routes))
        return self


class Browser:
    """A browser at an application: it keeps cookies, and says where a request comes from."""

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


def act_on(provider: Provider, resource: Resource, name: str, id: str | None = None, handler: object = None) -> Act:  # noqa: A002
    """An act on all of a resource, or on one instance of it."""
    return Act(Store(provider, Scope(handler)), Path((Step(resource, name, id),)))


@pytest.fixture
def io_loop() -> Iterator[tornado.ioloop.IOLoop]:
    """The loop a test runs on; pytest-tornado's own makes a second one that nothing closes."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    loop = tornado.ioloop.IOLoop.current()
    yield loop
    loop.close(all_fds=True)
    asyncio.set_event_loop(None)


@pytest.fixture
def app() -> tornado.web.Application:
    return tornado.web.Application()


@pytest.fixture
def api(app: tornado.web.Application, http_client: tornado.httpclient.AsyncHTTPClient, base_url: str) -> Api:
    return Api(app, http_client, base_url)


class Clock:
    """The time in seconds, which passes only when it is told to."""

    def __init__(self, now: float = 0) -> None:
        self.now: Any = now

    def __call__(self) -> Any:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(stores, "perf_counter", clock)
    return clock


@pytest.fixture
def provider() -> MemoryProvider:
    return MemoryProvider()


@pytest.fixture
def users(api: Api, provider: MemoryProvider) -> Api:
    """The API with users in memory at ``/user``."""
    return api.mount(bzz.ModelHive.routes_for(provider, User))


@pytest.fixture
def browser(api: Api) -> Browser:
    """A browser at the API, which signs in whoever asks for it and asks that for everything."""
    api.mount(bzz.AuthHive.routes_for([MockProvider()]))
    bzz.AuthHive.configure(api.app, SECRET)
    return Browser(api)


@pytest.fixture
def issuer(io_loop: tornado.ioloop.IOLoop) -> Iterator[OpenIDIssuer]:
    issuer = OpenIDIssuer()
    yield issuer
    issuer.server.stop()
    io_loop.run_sync(issuer.server.close_all_connections)


@pytest.fixture(autouse=True)
def _disconnected() -> Iterator[None]:
    """No receiver or hive of a test has to do with the next one, which connects to a store by itself."""
    yield
    mongoengine.disconnect()
    catalogue.clear()
    for signal in SIGNALS.values():
        signal._clear_state()


@pytest.fixture
def sent() -> list[Sent]:
    """Every signal of the lifecycle that is sent during the test, in order, without what all have in common."""
    record: list[Sent] = []

    def listen(name: str) -> None:
        def receive(sender: Any, request_id: Any, unit: Any, context: Any, **keywords: Any) -> None:
            record.append(Sent(name, sender, keywords))

        SIGNALS[name].connect(receive, weak=False)

    for name in LIFECYCLE:
        listen(name)
    return record


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that speaks MongoDB's protocol: ``BZZ_TEST_MONGODB_URI``, else the embedded one."""
    given = os.environ.get("BZZ_TEST_MONGODB_URI")
    if given:
        yield given
    else:
        with embedded_store(tmp_path_factory.mktemp("store")) as uri:
            yield uri


@pytest.fixture
def mongodb(mongodb_uri: str) -> Iterator[None]:
    """MongoEngine connected to an empty database of the server."""
    client = mongoengine.connect("bzz_test", host=mongodb_uri, uuidRepresentation="standard")
    client.drop_database("bzz_test")
    yield
    mongoengine.disconnect()


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if name == "mongoengine":
        request.getfixturevalue("mongodb")
    return name


@pytest.fixture
def models(store: str) -> ModuleType:
    return STORES[store]


@pytest.fixture
def served(store: str, provider: MemoryProvider) -> Any:
    """What ``routes_for`` takes as its provider."""
    return provider if store == "memory" else store


@pytest.fixture
def teams(api: Api, served: Any, models: ModuleType) -> Api:
    """The API with teams and members."""
    return api.mount(bzz.ModelHive.routes_for(served, models.Team), bzz.ModelHive.routes_for(served, models.Member))


class Commands(monitoring.CommandListener):
    """Remembers what is asked of the store."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name in ("find", "count", "aggregate", "getMore", "update", "insert"):
            self.asked.append(dict(event.command))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Not of interest."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Not of interest."""


@pytest.fixture
def commands(mongodb_uri: str, mongodb: None) -> Commands:
    """What MongoEngine asks of the server, from now on."""
    mongoengine.disconnect()
    listener = Commands()
    mongoengine.connect("bzz_test", host=mongodb_uri, uuidRepresentation="standard", event_listeners=[listener])
    return listener
