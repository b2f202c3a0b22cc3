"""Requests that wait do not delay other requests."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import dataclass
from typing import Any, ClassVar

import tornado.httpclient
import tornado.web

import bzz
from bzz import signals
from bzz.providers.memory import MemoryProvider
from tests.support.client import Api


@dataclass
class Slow:
    """A model with a hook that blocks."""

    id: str
    answers: ClassVar[threading.Event] = threading.Event()

    @classmethod
    def get_list_queryset(cls, queryset: Any, handler: Any) -> Any:
        cls.answers.wait()
        return queryset


class Nothing(tornado.web.RequestHandler):
    def get(self) -> None:
        self.finish("nothing")


async def status_of(client: tornado.httpclient.AsyncHTTPClient, url: str) -> int:
    return (await client.fetch(url, raise_error=False, request_timeout=60)).code


async def test_200_requests_that_wait_in_a_receiver_delay_no_other_request(users: Api) -> None:
    """200 requests wait in a receiver; a route that does nothing answers as if they were not there."""
    slow, release = asyncio.Semaphore(0), asyncio.Semaphore(0)

    @signals.pre_get_list.connect
    async def wait(sender: Any) -> None:
        slow.release()
        await release.acquire()

    users.mount((r"/nothing", Nothing))
    client = tornado.httpclient.AsyncHTTPClient(force_instance=True, max_clients=300)
    waiting = [asyncio.ensure_future(status_of(client, users.url + "/user")) for _ in range(200)]
    for _ in waiting:
        await slow.acquire()
    took = []
    for _ in range(20):
        started = time.perf_counter()
        assert (await users("GET", "/nothing")).body == b"nothing"
        took.append(time.perf_counter() - started)
    for answered in asyncio.as_completed(waiting):
        release.release()
        assert await answered == 200
    assert sorted(took)[10] < 0.25
    client.close()


async def test_200_requests_to_a_store_that_blocks_delay_no_other_route(api: Api, provider: MemoryProvider) -> None:
    """200 requests are under way in a store that blocks; those it cannot take are refused, none blocks the loop."""
    api.mount(bzz.ModelHive.routes_for(provider, Slow), (r"/nothing", Nothing))
    client = tornado.httpclient.AsyncHTTPClient(force_instance=True, max_clients=300)
    waiting = [asyncio.ensure_future(status_of(client, api.url + "/slow")) for _ in range(200)]
    pending = set(waiting)
    while len(pending) > 160:  # 32 threads, and a queue of four times as many
        _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
    for _ in range(20):
        started = time.perf_counter()
        assert (await api("GET", "/nothing")).body == b"nothing"
        assert time.perf_counter() - started < 1
    Slow.answers.set()
    statuses = await asyncio.gather(*waiting)
    assert (statuses.count(200), statuses.count(503)) == (160, 40)
    client.close()
