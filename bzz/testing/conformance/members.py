"""Cases of members: the deferred fields that a call names, members that join and leave at once, and dangling keys."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from bzz.exceptions import NotFound
from bzz.providers.values import Address, Query
from bzz.schema.fields import Values
from bzz.signals import pre_associate, pre_provider_call, pre_update_instance
from bzz.testing.conformance.cases import Cases, case, each
from bzz.testing.conformance.holders import setting
from bzz.testing.conformance.serving import Served
from bzz.testing.conformance.units import writing
from bzz.testing.conformance.visibility import listed
from bzz.testing.conformance.writes import apply, stored


def moving(leaving: Any, joining: Any) -> Any:
    """Return a change of members: one leaves, and one joins."""

    def change(found: Values) -> Values:
        return {**found, "members": [*(key for key in found.get("members", ()) if key != leaving), joining]}

    return change


class MemberCases(Cases):
    """The members of a team."""

    async def _team(self, served: Served) -> tuple[Address, list[Any]]:
        """Create five persons, and a team of the first three. Return its address, and the keys of the persons."""
        ids = [await served.person(f"p{number}") for number in range(5)]
        schema, persons = served.provider.describe(self.team), served.provider.describe(self.person)
        address = Address.parse(schema, await served.team(members=ids[:3]))
        return address, [persons.key_of(one) for one in ids]

    async def _members(self, served: Served, address: Address) -> list[str]:
        """Return the sorted names of the members."""
        return sorted(await served.names(f"/team/{address.id}/members"))

    @case("members")
    async def test_values_have_the_members_that_are_asked_for(self, served: Served) -> None:
        """A deferred field that nobody asks for is left out. Fields that are not deferred have all members."""
        address, keys = await self._team(served)
        schema = address.schema
        everything = sorted(keys[:3])
        is_deferred = "members" in schema.deferred
        wanted: Sequence[tuple[Mapping[str, Any], Any]] = (
            ({}, None),
            ({"members": None}, everything),
            ({"members": keys[1:2]}, keys[1:2]),
            ({"members": keys[2:]}, keys[2:3]),
        )
        for undefer, held in wanted:
            one = await stored(served.provider, replace(address, undefer=undefer))
            [other] = (await listed(served.provider, schema, Query(undefer=undefer))).items
            for values in (one.values, other.values):
                found = values.get("members")
                assert (found and sorted(found)) == (held if is_deferred else everything), undefer

    @case("members")
    async def test_an_update_leaves_members_that_it_does_not_name(self, served: Served) -> None:
        """The change gets the members that ``undefer`` names. Its result says who of them joins and leaves."""
        address, keys = await self._team(served)
        asked = replace(address, undefer={"members": [keys[1], keys[3]]})
        result = await apply(served.provider, asked, moving(keys[1], keys[3]))
        assert await self._members(served, address) == ["p0", "p2", "p3"]
        assert result.previous is not None
        if "members" in address.schema.deferred:
            assert result.previous["members"] == [keys[1]]
            assert keys[3] in result.values["members"]

    @case("members")
    async def test_an_update_may_name_more_fields_than_the_read_before_it(self, served: Served) -> None:
        """The result of the read does not contain these fields."""
        address, keys = await self._team(served)
        async with writing(served) as unit_of_work:
            loaded = await unit_of_work.get(address)
            asked = replace(address, undefer={"members": None})
            await unit_of_work.update(asked, moving(keys[0], keys[4]), loaded=loaded)
        assert await self._members(served, address) == ["p1", "p2", "p4"]

    @case("members")
    async def test_an_update_of_another_field_leaves_the_members(self, served: Served) -> None:
        """This is so even if a member joins between the read and the write of the update."""
        address, keys = await self._team(served)
        path, both = f"/team/{address.id}", asyncio.Barrier(2)

        async def wait(sender: Any) -> None:
            await both.wait()

        person = served.provider.describe(self.person)
        body = {"members": [person.id_of({str(person.pk): keys[3]})]}
        with pre_update_instance.connected_to(wait), pre_associate.connected_to(wait):
            replies = await asyncio.gather(
                served.api("PUT", path, json_body={"name": "Motor"}),
                served.api("POST", f"{path}/members", json_body=body),
            )
        assert [reply.status for reply in replies] == [200, 201]
        assert await self._members(served, address) == ["p0", "p1", "p2", "p3"]
        assert await served.names("/team") == ["Motor"]

    @case("members")
    async def test_members_join_and_leave_at_once(self, served: Served) -> None:
        """None of these requests undoes another one."""
        ids = [await served.person(f"p{number}") for number in range(8)]
        path = f"/team/{await served.team(members=ids[:5])}/members"
        replies = await asyncio.gather(
            *(served.api("DELETE", f"{path}/{key}") for key in ids[:4]),
            *(served.api("POST", path, json_body={"members": [key]}) for key in ids[5:]),
        )
        assert [reply.status for reply in replies] == [204] * 4 + [201] * 3
        assert sorted(await served.names(path)) == ["p4", "p5", "p6", "p7"]

    @case("members")
    async def test_members_have_the_places_that_an_update_gives_them(self, served: Served) -> None:
        """A table of pairs has no places."""
        address, keys = await self._team(served)
        whole = replace(address, undefer={"members": None})
        for members in (keys[2::-1], [keys[4], keys[2], keys[0]], keys[:3]):
            await apply(served.provider, whole, setting(members=members))
            held = (await stored(served.provider, whole)).values["members"]
            assert held == members or ("members" in address.schema.deferred and sorted(held) == sorted(members))

    @case(feature=each(("owner", "members")))
    async def test_a_reference_may_lose_its_instance_before_the_write(self, served: Served, feature: str) -> None:
        """A store that checks references refuses the write. In another store, the reference leads nowhere."""
        ada, bob = await served.person(), await served.person("Bob")
        hive, is_first = served.hives["person"], True

        async def delete(sender: Any, operation_name: str) -> None:
            nonlocal is_first
            if operation_name == "create" and is_first:
                is_first = False
                await hive.delete(ada)

        value = ada if feature == "owner" else [ada, bob]
        with pre_provider_call.connected_to(delete):
            reply = await served.api("POST", "/team", json_body={"name": "Engine", feature: value})
        assert not is_first
        assert reply.status in (201, 400), reply.body
        if reply.status == 201:
            await self._check_dangling(served, reply.json["id"], feature)

    async def _check_dangling(self, served: Served, team: str, feature: str) -> None:
        """Check that requests find no missing instance, and that the team can be updated."""
        path = f"/team/{team}"
        reply = await served.api("GET", f"{path}?expand={feature}")
        assert reply.status == 200, reply.body
        shown = reply.json[feature]
        if feature == "owner":
            assert shown is None
            assert (await served.api("GET", f"{path}/owner")).status == 404
        else:
            assert [one["name"] for one in shown if one] == ["Bob"]
            assert await served.names(f"{path}/members") == ["Bob"]
        assert (await served.api("PUT", path, json_body={"name": "Motor"})).status == 200

    @case("owner")
    async def test_the_owner_of_a_team_may_be_deleted(self, served: Served) -> None:
        """A store may also refuse to delete it. Then the reply is a 409."""
        ada = await served.person()
        team = await served.team(owner=ada)
        deleted = await served.api("DELETE", f"/person/{ada}")
        assert deleted.status in (204, 409)
        if deleted.status == 204:
            await self._check_dangling(served, team, "owner")
        else:
            assert (await served.api("GET", f"/team/{team}/owner")).json["name"] == "Ada"


class DependentCases(Cases):
    """The reviews of an album are deleted with it."""

    @case("album")
    async def test_a_search_for_dependents_changes_nothing(self, served: Served) -> None:
        """It finds instances of the classes to which receivers listen, and of one album only."""
        schema = served.provider.describe(self.album)
        albums = [(await served.api.create("/album", name=name))["id"] for name in ("mine", "other", "gone")]
        for name, album in zip(("good", "bad", "other"), (*albums[:1] * 2, albums[1]), strict=True):
            await served.api.create("/review", name=name, album=album)
        assert (await served.api("DELETE", f"/album/{albums[2]}")).status == 204
        for key, wanted in zip(albums, (["bad", "good"], ["other"], None), strict=True):
            async with writing(served) as unit_of_work:
                address = Address.parse(schema, key)
                if wanted is None:
                    with suppress(NotFound):
                        assert not await unit_of_work.dependents(address, lambda model: model is self.review)
                    continue
                found = await unit_of_work.dependents(address, lambda model: model is self.review)
                assert sorted(one.stored.values["name"] for one in found) == wanted
                assert [(one.schema.model, one.change) for one in found] == [(self.review, None)] * len(wanted)
        assert sorted(await served.names("/album")) == ["mine", "other"]
        assert sorted(await served.names("/review")) == ["bad", "good", "other"]
