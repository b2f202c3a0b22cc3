"""Cases of instances that the ORM cannot load, because another program has written them."""

from __future__ import annotations

from typing import Any

from bzz.providers.base import Provider
from bzz.signals import post_get_list, pre_delete_instance
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.serving import Served


class BrokenRowCases(Cases):
    """An instance that cannot be loaded is shown by its id and can be deleted."""

    async def break_row(self, provider: Provider, key: str) -> None:
        """Store a value in a person that the ORM cannot load, as another program would.

        Args:
            provider: the provider of the case.
            key: the identifier of the person.
        """
        raise NotImplementedError

    async def _people(self, served: Served) -> tuple[str, list[str]]:
        """Create three persons, and break one of them. Return its id, and the ids of the others."""
        ids = [await served.person(name) for name in ("Ada", "Bob", "Cy")]
        await self.break_row(served.provider, ids[1])
        return ids[1], [ids[0], ids[2]]

    @case("broken")
    async def test_a_broken_instance_takes_no_other_with_it(self, served: Served) -> None:
        """Lists and counts contain it. Receivers do not get it."""
        broken, whole = await self._people(served)
        path = "/person?count=true" if served.provider.capabilities.count else "/person"
        reply = await served.api("GET", path)
        assert reply.status == 200, reply.body
        assert sorted(one["id"] for one in reply.json) == sorted([broken, *whole])
        assert reply.headers.get("X-Total-Count", "3") == "3"
        assert (await served.api("GET", f"/person/{broken}")).json["id"] == broken
        told: list[Any] = []
        with post_get_list.connected_to(lambda sender, items: told.extend(items)):
            reply = await served.api("GET", "/person")
        assert sorted(one["id"] for one in reply.json) == sorted(whole)
        assert sorted(one.name for one in told) == ["Ada", "Cy"]

    @case("broken")
    async def test_a_broken_instance_can_be_deleted(self, served: Served) -> None:
        """If a receiver would get it, the reply is a 409, and it stays."""
        broken, whole = await self._people(served)
        with capture(pre_delete_instance):
            assert (await served.api("DELETE", f"/person/{broken}")).status == 409
        assert (await served.api("DELETE", f"/person/{broken}")).status == 204
        assert sorted(one["id"] for one in (await served.api("GET", "/person")).json) == sorted(whole)
