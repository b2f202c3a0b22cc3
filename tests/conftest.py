"""Fixtures of all tests: an application, a real HTTP client, a record of signals, and the stores."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import tornado.httpclient
import tornado.httpserver
import tornado.ioloop
import tornado.netutil
import tornado.web
from hypothesis import settings

import bzz
from bzz.auth.providers.mock import MockProvider
from bzz.lifecycle import provider_calls
from bzz.providers.memory import MemoryProvider
from bzz.signals import Signal
from bzz.testing import Sent
from tests.support import extras
from tests.support.client import SECRET, Api, Browser
from tests.support.clock import Clock
from tests.support.models import User
from tests.support.signals import LIFECYCLE, SIGNALS
from tests.support.teams import STORES

pytest_plugins = extras.PLUGINS if extras.INSTALLED else []
collect_ignore = [] if extras.INSTALLED else extras.needing_extras(Path(__file__).parent)

settings.register_profile("short", max_examples=15, stateful_step_count=40, deadline=None)
settings.register_profile("nightly", max_examples=400, stateful_step_count=100, deadline=None)
settings.load_profile("short")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run every ``async def`` test on Tornado's loop."""
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.add_marker(pytest.mark.gen_test(timeout=30))


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


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(provider_calls, "perf_counter", clock)
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
    """A browser at the API, which admits signed-in users only and signs anybody in."""
    api.mount(bzz.AuthHive.routes_for([MockProvider()]))
    bzz.AuthHive.configure(api.app, SECRET)
    return Browser(api)


@pytest.fixture(autouse=True)
def _disconnected() -> Iterator[None]:
    """Disconnect the receivers of a test, and forget its hives."""
    yield
    for signal in SIGNALS.values():
        signal._clear_state()


@pytest.fixture
def sent() -> list[Sent]:
    """The signals of acts that are sent during the test, in order, without the keywords of all acts."""
    record: list[Sent] = []

    def receive(
        sender: Any, *, signal: Signal, request_id: Any, hive: Any, unit: Any, context: Any, **keywords: Any
    ) -> None:
        record.append(Sent(signal.name, sender, keywords))

    for name in LIFECYCLE:
        SIGNALS[name].connect(receive, weak=False)
    return record


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
    """The provider, as ``routes_for`` takes it."""
    return provider if store == "memory" else store


@pytest.fixture
def teams(api: Api, served: Any, models: ModuleType) -> Api:
    """The API with teams and members."""
    return api.mount(bzz.ModelHive.routes_for(served, models.Team), bzz.ModelHive.routes_for(served, models.Member))
