"""Races: many requests for the same instance at once."""

from __future__ import annotations

import asyncio

from bzz.schema.fields import Values
from bzz.signals import post_associate
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import Cases, Served, case
from bzz.testing.conformance.writes import address_of, apply

RACERS = 20


class RaceCases(Cases):
    """Who wins, and that nothing is lost."""

    @case("if_match")
    async def test_if_match_holds_once(self, served: Served) -> None:
        """Of many who change what they have all seen one does; the others are told that it is another now."""
        made = await served.api("POST", "/person", json_body={"name": "Ada"})
        path, tag = made.headers["Location"], {"If-Match": made.headers["ETag"]}
        replies = await asyncio.gather(
            *(served.api("PUT", path, json_body={"name": f"p{n}"}, headers=tag) for n in range(RACERS))
        )
        assert sorted(reply.status for reply in replies) == [200] + [412] * (RACERS - 1)
        [winner] = [reply for reply in replies if reply.status == 200]
        assert (await served.api("GET", path)).json == winner.json
        assert (await served.api("PUT", path, json_body={"name": "x"}, headers=tag)).status == 412
        assert (await served.api("DELETE", path, headers=tag)).status == 412
        now = {"If-Match": winner.headers["ETag"]}
        assert (await served.api("DELETE", path, headers=now)).status == 204

    @case("if_match", "age")
    async def test_if_match_is_of_all_fields(self, served: Served) -> None:
        """Of two who change different ones, one does."""
        made = await served.api("POST", "/person", json_body={"name": "Ada", "age": 3})
        path, tag = made.headers["Location"], {"If-Match": made.headers["ETag"]}
        replies = await asyncio.gather(
            *(served.api("PUT", path, json_body=body, headers=tag) for body in ({"name": "Eve"}, {"age": 4}))
        )
        assert sorted(reply.status for reply in replies) == [200, 412]

    @case("age")
    async def test_no_change_is_lost(self, served: Served) -> None:
        """Each is applied to what the one before has left."""
        address = address_of(served, await served.person(age=0))

        def older(values: Values) -> Values:
            return {**values, "age": values["age"] + 1}

        await asyncio.gather(*(apply(served.provider, address, older) for _ in range(RACERS)))
        assert (await served.api("GET", f"/person/{address.id}")).json["age"] == RACERS

    @case("email")
    async def test_a_unique_value_is_given_once(self, served: Served) -> None:
        """However many want it at once."""
        body = {"name": "Ada", "email": "a@b"}
        replies = await asyncio.gather(*(served.api("POST", "/person", json_body=body) for _ in range(RACERS)))
        assert sorted(reply.status for reply in replies) == [201] + [409] * (RACERS - 1)
        assert await served.names("/person") == ["Ada"]

    @case("country")
    async def test_a_key_is_given_once(self, served: Served) -> None:
        """However many want it at once."""
        replies = await asyncio.gather(
            *(served.api("POST", "/country", json_body={"code": "pt", "name": str(n)}) for n in range(RACERS))
        )
        assert sorted(reply.status for reply in replies) == [201] + [409] * (RACERS - 1)
        [winner] = [reply.json for reply in replies if reply.status == 201]
        assert (await served.api("GET", "/country")).json == [winner]

    @case()
    async def test_an_instance_is_deleted_once(self, served: Served) -> None:
        """Who comes later does not find it."""
        key = await served.person()
        replies = await asyncio.gather(*(served.api("DELETE", f"/person/{key}") for _ in range(RACERS)))
        assert sorted(reply.status for reply in replies) == [204] + [404] * (RACERS - 1)

    @case("members")
    async def test_all_who_join_at_once_are_in(self, served: Served) -> None:
        """None undoes what another has done."""
        ids = [await served.person(f"p{n}") for n in range(RACERS)]
        path = f"/team/{await served.team()}/members"
        replies = await asyncio.gather(*(served.api("POST", path, json_body={"members": [key]}) for key in ids))
        assert [reply.status for reply in replies] == [201] * RACERS
        assert len(await served.names(f"{path}?per_page=100")) == RACERS

    @case("members")
    async def test_who_joins_many_times_at_once_joins_once(self, served: Served) -> None:
        """And is told of once."""
        ada, path = await served.person(), f"/team/{await served.team()}/members"
        with capture(post_associate) as sent:
            replies = await asyncio.gather(
                *(served.api("POST", path, json_body={"members": [ada]}) for _ in range(RACERS))
            )
        assert sorted(reply.status for reply in replies) == [200] * (RACERS - 1) + [201]
        assert len(sent) == 1
        assert await served.names(path) == ["Ada"]

    @case("projects")
    async def test_all_that_is_embedded_at_once_is_in(self, served: Served) -> None:
        """Each once, and nothing in another's place."""
        path = f"/team/{await served.team()}/projects"
        bodies = [{"id": f"i{n}", "name": f"n{n}"} for n in range(RACERS)]
        replies = await asyncio.gather(*(served.api("POST", path, json_body=body) for body in bodies))
        assert [reply.status for reply in replies] == [201] * RACERS
        left = (await served.api("GET", f"{path}?per_page=100")).json
        assert sorted(left, key=lambda one: str(one["id"])) == sorted(bodies, key=lambda one: str(one["id"]))
