"""Cases of units of work: what receivers write in a unit is stored together with the write, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, NoReturn

import pytest

from bzz.exceptions import Conflict, Forbidden, NotFound
from bzz.lifecycle.unit_of_work import UnitOfWork
from bzz.providers.values import Address, Query
from bzz.schema.fields import Values
from bzz.signals import (
    post_create_instance,
    post_delete_instance,
    post_update_instance,
    pre_associate,
    pre_create_instance,
    pre_delete_instance,
    pre_update_instance,
)
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.serving import Served
from bzz.testing.conformance.writes import address_of

ACTS = 40  # more than a store has connections or a provider has threads, unless they are given back
WRITES = {
    "POST": pre_create_instance,
    "PUT": pre_update_instance,
    "DELETE": pre_delete_instance,
}  # the HTTP methods, and the signals whose receivers get the unit of work


def refuse(values: Values) -> NoReturn:
    """Raise Conflict, as a change or a check."""
    raise Conflict("It is not what it was.")


@asynccontextmanager
async def writing(served: Served) -> AsyncIterator[UnitOfWork]:
    """Yield an open unit of work that writes a person. End it after the block."""
    unit_of_work = UnitOfWork(served.provider)
    try:
        async with unit_of_work.writing(served.hives["person"].resource.schema):
            yield unit_of_work
    finally:
        await unit_of_work.end()


async def names_in(unit_of_work: UnitOfWork, served: Served) -> list[str]:
    """Return the names of all persons that a read in a unit of work finds."""
    schema = served.hives["person"].resource.schema
    listing = await unit_of_work.list(schema, Query(), needs_instances=False)
    return sorted(one.values["name"] for one in listing.items)


class UnitCases(Cases):
    """Receivers of the ``pre_`` signals of a write may write in its unit of work."""

    async def write_in(self, unit: Any, **values: Any) -> None:
        """Create a person in a unit of work, and do not commit it.

        Args:
            unit: the result of ``Provider.begin``.
            values: typed values of the person: ``name``, and in one case ``email``.
        """
        raise NotImplementedError

    async def _send(self, served: Served, method: str, key: str) -> int:
        """Create, update or delete a person and return the status of the reply."""
        path, body = ("/person", "/person/" + key)[method != "POST"], None if method == "DELETE" else {"name": method}
        return (await served.api(method, path, json_body=body)).status

    @case("unit")
    async def test_what_receivers_write_in_a_unit_is_stored_with_the_write(self, served: Served) -> None:
        """This is so for an update that changes nothing, too."""
        key = await served.person()
        logs: list[str] = []

        async def write(sender: Any, unit: Any) -> None:
            logs.append(f"log {len(logs)}")
            await self.write_in(unit, name=logs[-1])

        for method, wanted in (("POST", 201), ("PUT", 200), ("PUT", 200), ("DELETE", 204)):
            with WRITES[method].connected_to(write):
                assert await self._send(served, method, key) == wanted
            assert {*logs} <= {*await served.names("/person")}, method

    @case("unit", method=[*WRITES])
    async def test_what_receivers_write_in_a_unit_is_not_stored_if_the_act_fails(
        self, served: Served, method: str
    ) -> None:
        """A receiver refuses the act, or the store does: the instance was deleted, or lacks a required value."""
        key, _ = await served.person(), await served.person("Bob")  # a store may give the last key again

        async def write(sender: Any, unit: Any) -> None:
            await self.write_in(unit, name="log")
            raise Forbidden("No.")

        with WRITES[method].connected_to(write):
            assert await self._send(served, method, key) == 403
        assert sorted(await served.names("/person")) == ["Ada", "Bob"]

        async def prevent(sender: Any, unit: Any, data: Any = None) -> None:
            if method == "POST":
                del data["name"]
            else:
                WRITES[method].disconnect(prevent)
                await served.hives["person"].delete(key)
            await self.write_in(unit, name="log")

        with WRITES[method].connected_to(prevent):
            assert await self._send(served, method, key) == (400 if method == "POST" else 404)
        assert sorted(await served.names("/person")) == (["Ada", "Bob"] if method == "POST" else ["Bob"])

    @case("unit", "members", status=[201, 403])
    async def test_members_join_in_the_unit_that_receivers_write_in(self, served: Served, status: int) -> None:
        """A receiver of ``pre_associate`` writes in it, and may refuse."""
        path, key = f"/team/{await served.team()}/members", await served.person()

        async def write(sender: Any, unit: Any) -> None:
            await self.write_in(unit, name="log")
            if status == 403:
                raise Forbidden("No.")

        with pre_associate.connected_to(write):
            assert (await served.api("POST", path, json_body={"members": [key]})).status == status
        assert sorted(await served.names("/person")) == (["Ada", "log"] if status == 201 else ["Ada"])
        assert await served.names(path) == (["Ada"] if status == 201 else [])

    @case("unit", "track", "transactions")
    async def test_several_writes_are_in_the_unit_that_receivers_write_in(self, served: Served) -> None:
        """If one of them fails, nothing of the unit is stored."""
        album = (await served.api.create("/album", name="mine"))["id"]
        ids = [(await served.api.create("/track", name=name))["id"] for name in ("one", "two")]

        async def write(sender: Any, unit: Any, instance: Any) -> None:
            await self.write_in(unit, name=f"log {instance.name}")

        async def delete(sender: Any, instance: Any) -> None:
            if instance.name == "one" and ids[1:]:
                await served.hives["track"].delete(ids.pop())

        body, path = {"tracks": [*ids]}, f"/album/{album}/tracks"
        with pre_update_instance.connected_to(delete), pre_update_instance.connected_to(write):
            assert (await served.api("POST", path, json_body=body)).status >= 400
            assert await served.names("/person") == await served.names(path) == []
            assert (await served.api("POST", path, json_body={"tracks": ids})).status == 201
        assert await served.names("/person") == ["log one"]

    @case("unit")
    async def test_a_change_or_check_that_refuses_undoes_the_whole_unit(self, served: Served) -> None:
        """They refuse while the provider writes."""
        address = address_of(served, await served.person())

        async def act(name: str) -> None:
            async with writing(served) as unit_of_work:
                await self.write_in(unit_of_work.state.unit, name="log")
                if name == "update":
                    await unit_of_work.update(address, refuse)
                await unit_of_work.delete(address, check=refuse)

        for name in ("update", "delete"):
            with pytest.raises(Conflict, match="not what it was"):
                await act(name)
            assert await served.names("/person") == ["Ada"], name

    @case("unit", "email", "unique")
    async def test_a_unit_that_cannot_be_stored_undoes_the_write(self, served: Served) -> None:
        """A receiver writes a unique value that is taken."""
        key = await served.person(email="a@b")

        async def write(sender: Any, unit: Any) -> None:
            await self.write_in(unit, name="log", email="a@b")

        for method, signal in WRITES.items():
            with signal.connected_to(write):
                assert await self._send(served, method, key) >= 400
            assert await served.names("/person") == ["Ada"], method

    @case("unit")
    async def test_a_read_in_a_unit_stores_and_discards_nothing(self, served: Served) -> None:
        """Receivers have written in the unit before the read."""
        address = address_of(served, await served.person())
        schema = served.hives["person"].resource.schema

        async def read(unit_of_work: UnitOfWork) -> None:
            await self.write_in(unit_of_work.state.unit, name="log")
            assert (await unit_of_work.get(address)).values["name"] == "Ada"
            assert await unit_of_work.shown_keys(schema, [address.id]) == {address.key}
            await unit_of_work.dependents(address, lambda model: True)

        with suppress(NotFound):
            async with writing(served) as unit_of_work:
                await read(unit_of_work)
                raise NotFound("The act is refused.")
        assert await served.names("/person") == ["Ada"], "a read has stored it"
        async with writing(served) as unit_of_work:
            await read(unit_of_work)
            await unit_of_work.update(address, lambda values: {**values, "name": "Eve"})
        assert sorted(await served.names("/person")) == ["Eve", "log"], "a read has discarded it"

    @case("unit")
    async def test_reads_of_the_same_unit_alone_see_what_receivers_wrote(self, served: Served) -> None:
        """Others see it after the commit."""
        address = address_of(served, await served.person())
        async with writing(served) as unit_of_work:
            await self.write_in(unit_of_work.state.unit, name="log")
            assert await names_in(unit_of_work, served) == ["Ada", "log"]
            schema, got = address.schema, []
            for one in (await unit_of_work.list(schema, Query(), needs_instances=False)).items:
                with suppress(NotFound):
                    got += [await unit_of_work.get(Address.parse(schema, str(schema.id_of(one.values))))]
            assert sorted(one.values["name"] for one in got) == ["Ada", "log"]
            assert await served.names("/person") == ["Ada"]
            await unit_of_work.update(address, lambda values: values)
            assert sorted(await served.names("/person")) == ["Ada", "log"]

    @case("unit")
    async def test_acts_at_once_have_units_of_their_own(self, served: Served) -> None:
        """An act in a receiver has its own unit, too."""
        units: list[Any] = []
        both = asyncio.Barrier(2)

        async def note(sender: Any, unit: Any, data: Values) -> None:
            units.append(unit)
            if data["name"] != "inner":
                await served.hives["person"].create({"name": "inner"})
                await both.wait()

        with pre_create_instance.connected_to(note):
            await asyncio.gather(served.person(), served.person("Bob"))
        assert None not in units
        assert len({id(unit) for unit in units}) == len(units) == 4

    @case("unit", status=[201, 403])
    async def test_the_end_of_another_act_leaves_a_unit_as_it_is(self, served: Served, status: int) -> None:
        """The other act is of the same task, or of another one."""
        key = await served.person()

        async def write(sender: Any, unit: Any) -> None:
            await self.write_in(unit, name="log")
            await served.hives["person"].get(key)
            assert (await served.api("GET", "/person")).status == 200
            if status == 403:
                raise Forbidden("No.")

        with pre_create_instance.connected_to(write):
            assert (await served.api("POST", "/person", json_body={"name": "Bob"})).status == status
        assert sorted(await served.names("/person")) == (["Ada", "Bob", "log"] if status == 201 else ["Ada"])

    @case("unit")
    async def test_each_unit_is_closed(self, served: Served) -> None:
        """More acts are refused, cancelled, and end without a write than there are connections and threads."""
        address, units = address_of(served, await served.person()), []

        async def act(number: int, reached: asyncio.Event) -> None:
            async with writing(served) as unit_of_work:
                units.append(unit_of_work.state.unit)  # a unit that nobody refers to would close itself
                await self.write_in(unit_of_work.state.unit, name="log")
                await unit_of_work.get(address)
                reached.set()
                if number % 3 == 0:
                    raise Conflict("The act is refused.")
                if number % 3 == 1:
                    await asyncio.Event().wait()

        for number in range(ACTS):
            reached = asyncio.Event()
            task = asyncio.ensure_future(act(number, reached))
            waiting = asyncio.ensure_future(reached.wait())
            await asyncio.wait((task, waiting), return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            if number % 3 == 1:
                task.cancel()
            await asyncio.wait([task])
            error = None if task.cancelled() else task.exception()
            assert isinstance(error, Conflict | None), f"the units before it were not closed: {error!r}"
        assert len(units) == ACTS
        await served.person("Bob")
        assert sorted(await served.names("/person")) == ["Ada", "Bob"]

    @case()
    async def test_a_write_is_stored_when_it_returns(self, served: Served) -> None:
        """Receivers of ``post_`` signals run before the act ends. What they read contains the write."""
        key, seen = await served.person(), []

        async def look(sender: Any) -> None:
            seen.append(sorted(await served.names("/person")))

        with (
            post_create_instance.connected_to(look),
            post_update_instance.connected_to(look),
            post_delete_instance.connected_to(look),
        ):
            assert [await self._send(served, method, key) for method in WRITES] == [201, 200, 204]
        assert seen == [["Ada", "POST"], ["POST", "PUT"], ["POST"]]
