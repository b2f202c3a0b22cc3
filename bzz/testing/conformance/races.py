"""Cases of races: many requests at once for one instance."""

from __future__ import annotations

import asyncio

from bzz.schema.fields import Values
from bzz.signals import post_associate
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.serving import Served
from bzz.testing.conformance.writes import address_of, apply

RACERS = 20


class RaceCases(Cases):
    """Conflicting requests do not both succeed, and no write is lost."""

    @case("if_match")
    async def test_of_many_writes_with_one_entity_tag_one_succeeds(self, served: Served) -> None:
        """The reply to each other write is a 412."""
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
    async def test_if_match_compares_all_fields(self, served: Served) -> None:
        """Two updates of different fields send the same entity tag.

        One of them succeeds.
        """
        made = await served.api("POST", "/person", json_body={"name": "Ada", "age": 3})
        path, tag = made.headers["Location"], {"If-Match": made.headers["ETag"]}
        replies = await asyncio.gather(
            *(served.api("PUT", path, json_body=body, headers=tag) for body in ({"name": "Eve"}, {"age": 4}))
        )
        assert sorted(reply.status for reply in replies) == [200, 412]

    @case("age")
    async def test_no_change_is_lost(self, served: Served) -> None:
        """Each change gets the values that the change before it stored."""
        address = address_of(served, await served.person(age=0))

        def older(values: Values) -> Values:
            return {**values, "age": values["age"] + 1}

        await asyncio.gather(*(apply(served.provider, address, older) for _ in range(RACERS)))
        assert (await served.api("GET", f"/person/{address.id}")).json["age"] == RACERS

    @case("email", "unique")
    async def test_a_unique_value_is_stored_once(self, served: Served) -> None:
        """Many POSTs with the same unique value come at once.

        One of them succeeds.
        """
        body = {"name": "Ada", "email": "a@b"}
        replies = await asyncio.gather(*(served.api("POST", "/person", json_body=body) for _ in range(RACERS)))
        assert sorted(reply.status for reply in replies) == [201] + [409] * (RACERS - 1)
        assert await served.names("/person") == ["Ada"]

    @case("country")
    async def test_a_primary_key_is_inserted_once(self, served: Served) -> None:
        """Many POSTs with the same primary key come at once.

        One of them succeeds, and its values are stored.
        """
        replies = await asyncio.gather(
            *(served.api("POST", "/country", json_body={"code": "pt", "name": str(n)}) for n in range(RACERS))
        )
        assert sorted(reply.status for reply in replies) == [201] + [409] * (RACERS - 1)
        [winner] = [reply.json for reply in replies if reply.status == 201]
        assert (await served.api("GET", "/country")).json == [winner]

    @case()
    async def test_an_instance_is_deleted_once(self, served: Served) -> None:
        """The reply to each later DELETE is a 404."""
        key = await served.person()
        replies = await asyncio.gather(*(served.api("DELETE", f"/person/{key}") for _ in range(RACERS)))
        assert sorted(reply.status for reply in replies) == [204] + [404] * (RACERS - 1)

    @case("members")
    async def test_all_members_that_join_at_once_are_stored(self, served: Served) -> None:
        """No request removes a member that another request has added."""
        ids = [await served.person(f"p{n}") for n in range(RACERS)]
        path = f"/team/{await served.team()}/members"
        replies = await asyncio.gather(*(served.api("POST", path, json_body={"members": [key]}) for key in ids))
        assert [reply.status for reply in replies] == [201] * RACERS
        assert len(await served.names(f"{path}?per_page=100")) == RACERS

    @case("members")
    async def test_a_member_that_joins_many_times_at_once_joins_once(self, served: Served) -> None:
        """``post_associate`` is sent once."""
        ada, path = await served.person(), f"/team/{await served.team()}/members"
        with capture(post_associate) as sent:
            replies = await asyncio.gather(
                *(served.api("POST", path, json_body={"members": [ada]}) for _ in range(RACERS))
            )
        assert sorted(reply.status for reply in replies) == [200] * (RACERS - 1) + [201]
        assert len(sent) == 1
        assert await served.names(path) == ["Ada"]

    @case("projects")
    async def test_all_documents_embedded_at_once_are_stored(self, served: Served) -> None:
        """Each document is stored once, and none replaces another document."""
        path = f"/team/{await served.team()}/projects"
        bodies = [{"id": f"i{n}", "name": f"n{n}"} for n in range(RACERS)]
        replies = await asyncio.gather(*(served.api("POST", path, json_body=body) for body in bodies))
        assert [reply.status for reply in replies] == [201] * RACERS
        left = (await served.api("GET", f"{path}?per_page=100")).json
        assert sorted(left, key=lambda one: str(one["id"])) == sorted(bodies, key=lambda one: str(one["id"]))
