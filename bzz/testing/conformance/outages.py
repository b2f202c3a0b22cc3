"""Cases of calls that do not end well: the store cannot be reached, or the call is cancelled or refused."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Sequence
from typing import Any

from bzz.exceptions import BzzError, Conflict, Invalid, NotFound, Unavailable
from bzz.hives.model import ModelHive
from bzz.providers.values import Address
from bzz.signals import (
    post_delete_instance,
    post_update_instance,
    pre_create_instance,
    pre_delete_instance,
    pre_update_instance,
    request_failed,
)
from bzz.testing.capture import capture
from bzz.testing.conformance.blocking import calling, hooks_calling, remove
from bzz.testing.conformance.cases import UNKNOWN_ID, Cases, case
from bzz.testing.conformance.serving import Served, hooked, replaced
from bzz.testing.conformance.units import ACTS, refuse
from bzz.testing.conformance.writes import address_of, apply

SOON = 4  # seconds; all acts on an unreachable store must fail within this time
ERRORS = (LookupError, TimeoutError, OSError)
TURNS = 30  # turns of the event loop; an act is cancelled after each of them
WRITES = {
    "update": (pre_update_instance, post_update_instance),
    "delete": (pre_delete_instance, post_delete_instance),
}


def causes(error: BaseException) -> list[BaseException]:
    """Return the exceptions that caused an error."""
    cause = error.__cause__ or error.__context__
    return [] if cause is None else [cause, *causes(cause)]


def check_words(error: BaseException) -> None:
    """Check that the text of an error repeats no line of its causes."""
    foreign = [cause for cause in causes(error) if not isinstance(cause, BzzError)]
    lines = [line.strip() for cause in foreign for line in str(cause).splitlines()]
    assert not [line for line in lines if line and line in str(error)], "the words of the driver are not for clients"


async def outcome(work: Awaitable[Any], turns: int | None = None) -> BaseException | None:
    """Return the exception that ``work`` raises, or None.

    Args:
        work: an awaitable.
        turns: after so many turns of the event loop, ``work`` is cancelled. None if it is not cancelled.
    """
    task = asyncio.ensure_future(work)
    if turns is not None:
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
    await asyncio.wait([task])
    return asyncio.CancelledError() if task.cancelled() else task.exception()


class OutageCases(Cases):
    """A call that fails raises an error of bzz, and takes nothing with it."""

    @case("unreachable")
    async def test_each_act_on_an_unreachable_store_is_unavailable(self, served: Served) -> None:
        """It fails in time. The error does not repeat the words of the driver."""
        key = await served.person()
        async with self.unreachable() as provider:
            hive, began = ModelHive(provider, self.person), time.monotonic()
            address = Address.parse(hive.resource.schema, key)
            errors: Sequence[Any] = await asyncio.gather(
                hive.list(),
                hive.get(key),
                hive.create({"name": "Ada"}),
                hive.update(key, {"name": "Eve"}),
                hive.delete(key),
                apply(provider, address, lambda values: {**values, "name": "Eve"}),
                remove(provider, address),
                return_exceptions=True,
            )
            assert time.monotonic() - began < SOON
            assert [type(error) for error in errors] == [Unavailable] * 7
            for error in errors:
                check_words(error)
            await hive.close()

    @case("email", "unique")
    async def test_a_refusal_of_the_store_has_the_words_of_bzz(self, served: Served) -> None:
        """A unique value is taken, or a required one is missing."""
        await served.person(email="a@b")
        key = await served.person("Bob")
        with capture(request_failed) as sent:
            for method, path in (("POST", "/person"), ("PUT", f"/person/{key}")):
                reply = await served.api(method, path, json_body={"name": "Eve", "email": "a@b"})
                assert reply.status == 409
        errors = [one.keywords["error"] for one in sent]
        assert [type(error) for error in errors] == [Conflict] * 2
        for error in errors:
            check_words(error)

    @case(act=[*WRITES])
    async def test_a_cancelled_write_has_one_end_that_agrees_with_the_store(self, served: Served, act: str) -> None:
        """An update or delete may be cancelled at any turn of the event loop."""
        hive, (before, after) = served.hives["person"], WRITES[act]
        for turns in range(TURNS):
            key = await served.person("old")
            with capture(before, after, request_failed) as sent:
                writing = hive.delete(key) if act == "delete" else hive.update(key, {"name": "new"})
                await outcome(writing, turns)
            ends = [one.signal for one in sent if one.signal != before.name]
            assert len(ends) == len(sent) - len(ends) <= 1
            is_written = after.name in ends
            reply = await served.api("GET", f"/person/{key}")
            if act == "delete":
                assert reply.status == (404 if is_written else 200), turns
            else:
                assert reply.json["name"] == ("new" if is_written else "old"), turns

    @case()
    async def test_calls_that_fail_give_back_what_they_took(self, served: Served) -> None:
        """They are refused or cancelled, and more than there are connections and threads."""
        hive, key = served.hives["person"], await served.person()
        address = address_of(served, key)

        def drop(sender: Any, data: Any) -> None:
            del data["name"]

        for number in range(ACTS):
            with pre_create_instance.connected_to(drop):
                results = [
                    await outcome(hive.get(UNKNOWN_ID)),
                    await outcome(apply(served.provider, address, refuse)),
                    await outcome(hive.create({"name": "Bob"})),
                ]
            assert [type(one) for one in results] == [NotFound, Conflict, Invalid]
            result = await outcome(hive.list() if number % 2 else hive.get(key), turns=number % 5)
            assert not isinstance(result, Exception), result
        assert (await served.api("PUT", f"/person/{key}", json_body={"name": "Eve"})).status == 200
        assert await served.names("/person") == ["Eve"]

    @case()
    async def test_each_call_may_be_the_first_after_a_close(self, served: Served) -> None:
        """A call that runs when the provider is closed ends as usual."""
        hive, key = served.hives["person"], await served.person()
        for method, path, status in (
            ("POST", "/person", 201),
            ("GET", f"/person/{key}", 200),
            ("PUT", f"/person/{key}", 200),
            ("GET", "/person", 200),
            ("DELETE", f"/person/{key}", 204),
        ):
            await served.provider.close()
            body = {"name": "Eve"} if method in ("POST", "PUT") else None
            assert (await served.api(method, path, json_body=body)).status == status
        key = await served.person()
        await self._close_during(served, hive.list())
        await self._close_during(served, apply(served.provider, address_of(served, key), dict))
        calls = [asyncio.ensure_future(hive.get(key)) for _ in range(ACTS)]
        await asyncio.sleep(0)  # they begin
        await served.provider.close()
        assert [await outcome(call) for call in calls] == [None] * ACTS

    async def _close_during(self, served: Served, call: Awaitable[Any]) -> None:
        """Close the provider while a call runs. The call ends as usual."""
        gate, reached, loop = threading.Event(), asyncio.Event(), asyncio.get_running_loop()

        def wait() -> None:
            loop.call_soon_threadsafe(reached.set)
            assert gate.wait(SOON)

        with hooked(self.person, **hooks_calling(wait)):
            running = asyncio.ensure_future(call)
            await reached.wait()
            await served.provider.close()
            gate.set()
            assert await outcome(running) is None

    @case(error=ERRORS)
    async def test_an_exception_of_a_hook_is_500(self, served: Served, error: type[Exception]) -> None:
        """It is no error of the store, even if the store raises errors of this kind."""
        key = await served.person()

        def fail(cls: Any, *args: Any) -> Any:
            raise error("a bug")

        with hooked(self.person, get_instance_queryset=fail, get_list_queryset=fail):
            for method, path in (("GET", "/person"), *((name, f"/person/{key}") for name in ("GET", "PUT", "DELETE"))):
                body = {"name": "Eve"} if method == "PUT" else None
                assert (await served.api(method, path, json_body=body)).status == 500, (method, path)
        assert await served.names("/person") == ["Ada"]

    @case()
    async def test_an_exception_of_the_constructor_is_500(self, served: Served) -> None:
        """Nothing is stored, and the next request succeeds."""

        def fail() -> None:
            raise LookupError("a bug")

        with replaced(self.person, __init__=calling(self.person, fail, "__init__")):
            reply = await served.api("POST", "/person", json_body={"name": "Eve"})
        assert reply.status in (201, 500), "a provider need not call the constructor"
        assert len(await served.names("/person")) == (reply.status == 201)
