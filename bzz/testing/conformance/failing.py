"""Cases of failures.

The store cannot be reached, a hook blocks or fails, an act is cancelled, or too many requests come at once.
"""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from typing import Any

import pytest

from bzz.exceptions import Unavailable
from bzz.hives.model import ModelHive
from bzz.signals import post_create_instance, pre_create_instance, pre_get_list, request_failed
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.serving import Served, hooked

SOON = 4  # seconds; an unreachable store must cause an error within this time
LONG = 20  # seconds; a hook that waits longer for its case fails


class FailureCases(Cases):
    """A failure must be reported, and must not affect the next request."""

    @case("unreachable")
    async def test_an_unreachable_store_is_unavailable_within_seconds(self, served: Served) -> None:
        """A read and a write raise Unavailable within ``SOON`` seconds.

        Both send ``request_failed``, unless the store fails before the act is announced.
        """
        del served
        async with self.unreachable() as provider:
            hive = ModelHive(provider, self.person)
            announcing = (pre_get_list, pre_create_instance)
            for call in (hive.list, lambda: hive.create({"name": "Ada"})):
                began = time.monotonic()
                with capture(*announcing, request_failed) as sent, pytest.raises(Unavailable):
                    await call()
                assert time.monotonic() - began < SOON
                errors = [type(one.keywords["error"]) for one in sent if one.signal == request_failed.name]
                assert errors == [Unavailable] * (len(sent) - len(errors))
            await hive.close()

    @case()
    async def test_a_hook_that_blocks_does_not_block_the_event_loop(self, served: Served) -> None:
        """The hook waits for an event.

        Only a running event loop can set the event.
        """
        await served.person()
        gate, reached, loop = threading.Event(), asyncio.Event(), asyncio.get_running_loop()

        def hook(cls: Any, queryset: Any, handler: Any) -> Any:
            loop.call_soon_threadsafe(reached.set)
            assert gate.wait(SOON), "the event loop is blocked"
            return queryset

        with hooked(self.person, get_list_queryset=hook):
            listing = asyncio.ensure_future(served.api("GET", "/person"))
            await reached.wait()
            gate.set()
            reply = await listing
        assert reply.status == 200, reply.body
        assert [one["name"] for one in reply.json] == ["Ada"]

    @case()
    async def test_a_call_that_takes_too_long_is_503_and_delays_no_other_request(self, served: Served) -> None:
        """The header ``Retry-After`` of the reply says when to try again."""
        key = await served.person()
        gate, before = threading.Event(), served.provider.timeout

        def hook(cls: Any, queryset: Any, handler: Any) -> Any:
            assert gate.wait(LONG)
            return queryset

        served.provider.timeout = 0.2
        try:
            with hooked(self.person, get_list_queryset=hook):
                late = await served.api("GET", "/person")
                assert (late.status, late.headers.get("Retry-After")) == (503, "1")
        finally:
            served.provider.timeout = before
            gate.set()
        assert (await served.api("GET", f"/person/{key}")).status == 200

    @case()
    async def test_many_requests_at_once_are_200_or_503(self, served: Served) -> None:
        """The suite sends 300 requests at once.

        The reply to one more request after them is a 200.
        """
        key = await served.person()
        replies = await asyncio.gather(*(served.api("GET", f"/person/{key}") for _ in range(300)))
        assert {reply.status for reply in replies} <= {200, 503}
        assert (await served.api("GET", f"/person/{key}")).status == 200

    @case()
    async def test_a_cancelled_act_has_one_end_that_agrees_with_the_store(self, served: Served) -> None:
        """An act may be cancelled at any turn of the event loop.

        After each announced create, exactly one signal tells how it ended. This signal agrees with what is stored.
        """
        hive = served.hives["person"]
        for steps in range(30):
            with capture(pre_create_instance, post_create_instance, request_failed) as sent:
                task = asyncio.ensure_future(hive.create({"name": f"p{steps}"}))
                for _ in range(steps):
                    await asyncio.sleep(0)
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            ends = [one.signal for one in sent if one.signal != "pre_create_instance"]
            assert len(ends) == len(sent) - len(ends) <= 1
            assert await served.names(f"/person?name=p{steps}") == ([f"p{steps}"] * ends.count("post_create_instance"))
