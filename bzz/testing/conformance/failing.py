"""What goes wrong: a store that is away, code that blocks, tasks that are cancelled, too much at once."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from typing import Any

import pytest

from bzz.exceptions import Unavailable
from bzz.hives.model import ModelHive
from bzz.signals import post_create_instance, pre_create_instance, request_failed
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import Cases, Served, case, hooked

SOON = 4  # seconds in which a store that is away has to be given up
LONG = 20  # seconds after which a hook that nobody lets go on gives up


class FailureCases(Cases):
    """Failures that end where they are."""

    @case("unreachable")
    async def test_a_store_that_cannot_be_reached_is_told_soon(self, served: Served) -> None:
        """For each kind of operation, and with ``request_failed``."""
        del served
        async with self.unreachable() as provider:
            hive = ModelHive(provider, self.person)
            for call in (hive.list, lambda: hive.create({"name": "Ada"})):
                began = time.monotonic()
                with capture(request_failed) as sent, pytest.raises(Unavailable):
                    await call()
                assert time.monotonic() - began < SOON
                assert [type(one.keywords["error"]) for one in sent] == [Unavailable]
            await hive.close()

    @case()
    async def test_code_of_the_models_that_blocks_does_not_block_the_loop(self, served: Served) -> None:
        """A hook waits for what only the event loop can do."""
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
            assert [one["name"] for one in (await listing).json] == ["Ada"]

    @case()
    async def test_what_takes_too_long_is_given_up_and_holds_up_nobody(self, served: Served) -> None:
        """It is 503, with when to come again."""
        key = await served.person()
        gate, before = threading.Event(), served.provider.timeout

        def hook(cls: Any, queryset: Any, handler: Any) -> Any:
            assert gate.wait(LONG)
            return queryset

        served.provider.timeout = 0.2
        try:
            with hooked(self.person, get_list_queryset=hook):
                late = await served.api("GET", "/person")
                assert (late.status, late.headers["Retry-After"]) == (503, "1")
        finally:
            served.provider.timeout = before
            gate.set()
        assert (await served.api("GET", f"/person/{key}")).status == 200

    @case()
    async def test_a_hook_that_fails_spoils_nothing(self, served: Served) -> None:
        """It is a bug of the model's, and the next request is as any other."""
        await served.person()

        def hook(cls: Any, queryset: Any, handler: Any) -> Any:
            raise LookupError("a bug")

        for _ in range(3):
            with hooked(self.person, get_list_queryset=hook):
                assert (await served.api("GET", "/person")).status == 500
            assert await served.names("/person") == ["Ada"]

    @case()
    async def test_many_requests_at_once_are_answered_or_sent_away(self, served: Served) -> None:
        """And afterwards all is as before."""
        key = await served.person()
        replies = await asyncio.gather(*(served.api("GET", f"/person/{key}") for _ in range(300)))
        assert {reply.status for reply in replies} <= {200, 503}
        assert (await served.api("GET", f"/person/{key}")).status == 200

    @case()
    async def test_a_cancelled_act_has_been_done_or_not_and_tells_which(self, served: Served) -> None:
        """Whenever the cancellation comes, each announcement has one end, and the store agrees with it."""
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

    @case()
    async def test_what_is_closed_can_be_used_again(self, served: Served) -> None:
        """As the provider is shared by all who name it."""
        await served.person()
        await served.provider.close()
        assert await served.names("/person") == ["Ada"]
