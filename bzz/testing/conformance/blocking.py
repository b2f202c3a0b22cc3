"""Cases of blocking code: hooks and methods of a model may wait, and the event loop goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

import bzz
from bzz.exceptions import Unavailable
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.base import Provider
from bzz.providers.values import Address, Stored
from bzz.schema.fields import Values
from bzz.schema.representation import representing_method
from bzz.signals.request_ids import request_id
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.serving import Served, hooked, replaced
from bzz.testing.conformance.writes import address_of, apply, stored

SOON = 4  # seconds; code that waits longer for the event loop fails
LONG = 20  # seconds; code that waits longer for its case fails


class Waiting:
    """Code that waits for the running event loop.

    Attributes:
        calls: how many calls have ended.
    """

    def __init__(self) -> None:
        self.loop, self.calls = asyncio.get_running_loop(), 0

    def __call__(self) -> None:
        """Wait for an event that only the running event loop can set."""
        gate = threading.Event()
        self.loop.call_soon_threadsafe(gate.set)
        assert gate.wait(SOON), "the event loop is blocked"
        self.calls += 1


def calling(model: Any, first: Callable[[], object], name: str) -> Callable[..., Any]:
    """Return a function that calls ``first``, and then the method ``name`` of a model."""
    method = getattr(model, name)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        first()
        return method(self, *args, **kwargs)

    return call


def hooks_calling(first: Callable[[], object]) -> Mapping[str, Callable[..., Any]]:
    """Return hooks that call ``first`` and show all instances."""

    def show_one(cls: Any, model: Any, queryset: Any, instance_id: Any, handler: Any) -> Any:
        first()
        return queryset

    def show_all(cls: Any, queryset: Any, handler: Any) -> Any:
        first()
        return queryset

    return {"get_instance_queryset": show_one, "get_list_queryset": show_all}


async def remove(provider: Provider, address: Address, check: Callable[[Values], None] | None = None) -> Stored:
    """Delete the instance at an address, in its own unit of work."""
    unit_of_work = UnitOfWork(provider)
    try:
        async with unit_of_work.writing(address.schema):
            return await unit_of_work.delete(address, check=check)
    finally:
        await unit_of_work.end()


class BlockingCases(Cases):
    """Blocking code runs in threads, with the context of its caller."""

    async def _call_all(self, served: Served, *, path: str = "/person", headers: Any = None) -> list[int]:
        """Create, list, read, update and delete an instance. Return the statuses of the replies."""
        body = {"text": "x"} if path == "/note" else {"name": "x"}
        made = await served.api("POST", path, json_body=body, headers=headers)
        statuses, own = [made.status], made.headers.get("Location", path)
        for method, at, sent in (("GET", path, None), ("GET", own, None), ("PUT", own, body), ("DELETE", own, None)):
            statuses.append((await served.api(method, at, json_body=sent, headers=headers)).status)
        return statuses

    @case()
    async def test_the_hook_of_an_instance_does_not_block_the_event_loop(self, served: Served) -> None:
        """The hook runs in a GET, a PUT and a DELETE."""
        wait = Waiting()
        with hooked(self.person, **hooks_calling(wait)):
            assert await self._call_all(served) == [201, 200, 200, 200, 204]
        assert wait.calls >= 4

    @case("note", "threads")
    async def test_a_method_that_represents_does_not_block_the_event_loop(self, served: Served) -> None:
        """It runs for lists, for single instances and after writes."""
        wait, name = Waiting(), representing_method(self.note)
        with replaced(self.note, **{name: bzz.represents(calling(self.note, wait, name))}):
            assert await self._call_all(served, path="/note") == [201, 200, 200, 200, 204]
        assert wait.calls >= 4

    @case("threads")
    async def test_a_computed_field_does_not_block_the_event_loop(self, served: Served) -> None:
        """The model has a property that waits."""
        wait = Waiting()

        def slow(self: Any) -> str:
            wait()
            return "computed"

        with replaced(self.person, slow=property(slow)):
            async with served.again(person={"computed": ["slow"]}) as other:
                made = await other.api("POST", "/person", json_body={"name": "Ada"})
                [listed] = (await other.api("GET", "/person")).json
                one = await other.api("GET", made.headers["Location"])
                changed = await other.api("PUT", made.headers["Location"], json_body={"name": "Eve"})
        assert [shown["slow"] for shown in (made.json, listed, one.json, changed.json)] == ["computed"] * 4

    @case("threads")
    async def test_a_write_does_not_block_the_event_loop(self, served: Served) -> None:
        """The constructor of the model, the change of an update and the check of a delete wait."""
        wait = Waiting()
        with replaced(self.person, __init__=calling(self.person, wait, "__init__")):
            address = address_of(served, await served.person())

        def change(values: Values) -> Values:
            wait()
            return {**values, "name": "Eve"}

        assert (await apply(served.provider, address, change)).values["name"] == "Eve"
        await remove(served.provider, address, lambda _: wait())
        assert await served.names("/person") == []
        assert wait.calls >= 2

    @case()
    async def test_each_call_that_takes_too_long_is_unavailable(self, served: Served) -> None:
        """The next requests are answered as usual."""
        keys = [await served.person(name) for name in ("Ada", "Bob", "Cy", "Di")]
        gate, before = threading.Event(), served.provider.timeout
        addresses = [address_of(served, key) for key in keys]
        served.provider.timeout = 0.05
        try:
            with hooked(self.person, **hooks_calling(lambda: gate.wait(LONG))):
                late = await asyncio.gather(
                    served.hives["person"].list(),
                    stored(served.provider, addresses[0]),
                    apply(served.provider, addresses[1], lambda values: {**values, "name": "Eve"}),
                    remove(served.provider, addresses[2]),
                    return_exceptions=True,
                )
        finally:
            served.provider.timeout = before
            gate.set()
        assert [type(one) for one in late] == [Unavailable] * 4
        for method, status in (("GET", 200), ("PUT", 200), ("DELETE", 204)):
            body = {"name": "Eve"} if method == "PUT" else None
            assert (await served.api(method, f"/person/{keys[-1]}", json_body=body)).status == status

    @case("note", "threads")
    async def test_a_method_that_represents_and_takes_too_long_is_503(self, served: Served) -> None:
        """The next requests are answered as usual."""
        made, name = await served.api("POST", "/note", json_body={"text": "a"}), representing_method(self.note)
        gate, before, paths = threading.Event(), served.provider.timeout, ("/note", made.headers["Location"])
        method = bzz.represents(calling(self.note, lambda: gate.wait(LONG), name))
        served.provider.timeout = 0.2
        try:
            with replaced(self.note, **{name: method}):
                assert [(await served.api("GET", path)).status for path in paths] == [503, 503]
        finally:
            served.provider.timeout = before
            gate.set()
        assert [(await served.api("GET", path)).status for path in paths] == [200, 200]

    @case()
    async def test_blocking_code_has_the_context_of_its_caller(self, served: Served) -> None:
        """A context variable has the value that the caller has set."""
        told: list[str] = []
        variable: ContextVar[str] = ContextVar("variable", default="")

        def note() -> None:
            told.append(variable.get())

        hive, token = served.hives["person"], variable.set("mine")
        with (
            hooked(self.person, **hooks_calling(note)),
            replaced(self.person, __init__=calling(self.person, note, "__init__")),
        ):
            created = await hive.create({"name": "Ada"})
            schema = hive.resource.schema
            key = str(schema.id_of(served.provider.values(schema, created)))
            await hive.list()
            await hive.get(key)
            await hive.update(key, {"name": "Eve"})
            await hive.delete(key)
        assert {*told} == {"mine"}
        assert len(told) >= 4
        variable.reset(token)

    @case("note")
    async def test_what_a_request_runs_has_the_id_of_the_request(self, served: Served) -> None:
        """Hooks, scopes, and the method that represents have it in ``request_id``."""
        told, name = [], representing_method(self.note)

        def note() -> None:
            told.append(request_id.get())

        def scope(queryset: Any, handler: Any) -> Any:
            note()
            return queryset

        method = bzz.represents(calling(self.note, note, name))
        with hooked(self.note, **hooks_calling(note)), replaced(self.note, **{name: method}):
            async with served.again(note={"scope": scope}) as other:
                for number in range(2):
                    headers = {"X-Request-ID": f"suite-{number}"}
                    assert await self._call_all(other, path="/note", headers=headers) == [201, 200, 200, 200, 204]
                    assert {*told} == {f"suite-{number}"}
                    assert len(told) >= 12, "the hooks and scopes of four calls, and four representations"
                    told.clear()
