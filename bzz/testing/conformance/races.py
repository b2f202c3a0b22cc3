"""Cases of races: many requests at once for one instance."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable

from bzz.exceptions import BzzError, Conflict, NotFound
from bzz.schema.fields import Values
from bzz.signals import post_associate, pre_update_instance
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.results import delete, refusal
from bzz.testing.conformance.serving import Served
from bzz.testing.conformance.writes import address_of, apply, stored

RACERS = 20
BETWEEN = 0.05  # seconds; a provider with a lock lets the other write wait so long


class Between:
    """A write that begins while a provider is between the read and the write of another one.

    Args:
        write: the write.
    """

    def __init__(self, write: Awaitable[object]) -> None:
        self._loop, self._thread = asyncio.get_running_loop(), threading.get_ident()
        self._begun, self._ended = asyncio.Event(), threading.Event()
        self._task = asyncio.ensure_future(self._write(write))

    async def _write(self, write: Awaitable[object]) -> BzzError | None:
        await self._begun.wait()
        try:
            return await refusal(write)
        finally:
            self._ended.set()

    def begin(self) -> bool:
        """Let the write begin, and return whether it has ended.

        A thread waits for it a short time. The event loop must not wait: the write then takes its next turn.
        """
        self._loop.call_soon_threadsafe(self._begun.set)
        return self._ended.wait(0 if threading.get_ident() == self._thread else BETWEEN)

    async def error(self) -> BzzError | None:
        """Wait for the end of the write, and return its error, or None."""
        self._begun.set()
        return await self._task


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

        errors = await asyncio.gather(*(refusal(apply(served.provider, address, older)) for _ in range(RACERS)))
        assert errors == [None] * RACERS
        assert (await served.api("GET", f"/person/{address.id}")).json["age"] == RACERS

    @case("age", exact=(True, False))
    async def test_no_write_comes_between_the_read_and_the_write_of_an_update(
        self, served: Served, exact: bool
    ) -> None:
        """Another update has the same field, or, if ``exact`` is true, another field.

        It either waits, or the update gets the values that it has stored.
        """
        provider, address = served.provider, address_of(served, await served.person(age=0))
        field = "name" if exact else "age"

        def other(values: Values) -> Values:
            return {**values, "age": values["age"] + 10}

        between, is_stored = Between(apply(provider, address, other)), False

        def change(values: Values) -> Values:
            nonlocal is_stored
            seen.append(values["age"])
            is_stored = is_stored or between.begin()
            return {**values, field: "Eve" if exact else values["age"] + 1}

        seen: list[int] = []
        written = await apply(provider, address, change, exact=exact)
        assert await between.error() is None
        now = (await stored(provider, address)).values
        assert (now["name"], now["age"]) == (("Eve", 10) if exact else ("Ada", 11))
        assert written.previous is not None
        assert written.previous["age"] == seen[-1]
        assert not is_stored or seen[-1] == 10, "the change must get the values that another write has stored"

    @case("age")
    async def test_no_write_comes_between_the_check_and_the_delete(self, served: Served) -> None:
        """The check forbids the values that another update stores: one of both fails."""
        provider = served.provider
        address = address_of(served, await served.person(age=0))
        between = Between(apply(provider, address, lambda values: {**values, "age": 1}))

        def check(values: Values) -> None:
            if values["age"] == 1:
                raise Conflict("It must stay.")
            between.begin()

        errors = [await refusal(delete(provider, address, check)), await between.error()]
        assert [type(error) for error in errors] in ([type(None), NotFound], [Conflict, type(None)]), errors

    @case()
    async def test_an_update_never_brings_back_a_deleted_instance(self, served: Served) -> None:
        """The delete comes between the read and the write of the update, before it or after it."""
        provider, address = served.provider, address_of(served, await served.person())
        between = Between(delete(provider, address))

        def change(values: Values) -> Values:
            between.begin()
            return {**values, "name": "Eve"}

        assert isinstance(await refusal(apply(provider, address, change)), NotFound | None)
        assert await between.error() is None
        assert await served.names("/person") == []
        paths = [f"/person/{await served.person(f'p{n}')}" for n in range(RACERS // 2)]
        bodies = {"PUT": {"name": "Eve"}, "DELETE": None}
        calls = [(method, path) for path in paths for method in bodies]
        replies = await asyncio.gather(
            *(
                served.api(method, path, json_body={"name": "Eve"} if method == "PUT" else None)
                for method, path in calls
            )
        )
        assert {reply.status for reply in replies[1::2]} == {204}
        assert {reply.status for reply in replies[::2]} <= {200, 404}
        assert await served.names("/person") == []

    @case("if_match")
    async def test_of_a_put_and_a_delete_with_one_entity_tag_one_succeeds(self, served: Served) -> None:
        """Many instances are written at once. No DELETE removes an instance that a PUT has changed."""
        made = [await served.api("POST", "/person", json_body={"name": f"p{n}"}) for n in range(RACERS)]

        async def write(index: int, method: str) -> int:
            tag, path = {"If-Match": made[index].headers["ETag"]}, made[index].headers["Location"]
            body = {"name": "Eve"} if method == "PUT" else None
            return (await served.api(method, path, json_body=body, headers=tag)).status

        turns = (("PUT", "DELETE"), ("DELETE", "PUT"))
        replies = await asyncio.gather(
            *(asyncio.gather(*(write(n, method) for method in turns[n % 2])) for n in range(RACERS))
        )
        for number, statuses in enumerate(replies):
            put, removed = statuses if number % 2 == 0 else statuses[::-1]
            assert (put, removed) in ((200, 412), (404, 204), (412, 204)), "one of both succeeds"

    @case("home")
    async def test_updates_of_two_fields_of_one_embedded_document_both_survive(self, served: Served) -> None:
        """Both are announced before one of them is written."""
        key, both = await served.person(home={"city": "Rio", "street": "A"}), asyncio.Barrier(2)

        async def wait(sender: object) -> None:
            await both.wait()

        with pre_update_instance.connected_to(wait):
            replies = await asyncio.gather(
                *(
                    served.api("PATCH", f"/person/{key}", json_body={"home": change})
                    for change in ({"city": "Bari"}, {"street": "B"})
                )
            )
        assert [reply.status for reply in replies] == [200, 200]
        assert (await served.api("GET", f"/person/{key}")).json["home"] == {"city": "Bari", "street": "B"}

    @case("notes")
    async def test_updates_of_two_keys_of_free_json_both_survive(self, served: Served) -> None:
        """Both are announced before one of them is written."""
        key, both = await served.person(notes={"a": 1, "b": 1}), asyncio.Barrier(2)

        async def wait(sender: object) -> None:
            await both.wait()

        with pre_update_instance.connected_to(wait):
            await asyncio.gather(
                *(served.api("PATCH", f"/person/{key}", json_body={"notes": change}) for change in ({"a": 2}, {"b": 2}))
            )
        assert (await served.api("GET", f"/person/{key}")).json["notes"] == {"a": 2, "b": 2}

    @case("email", "unique")
    async def test_a_unique_value_is_taken_once_by_updates(self, served: Served) -> None:
        """Many PUTs of different instances set the same unique value at once. One of them succeeds."""
        ids = [await served.person(f"p{n}") for n in range(RACERS)]
        replies = await asyncio.gather(
            *(served.api("PUT", f"/person/{key}", json_body={"email": "a@b"}) for key in ids)
        )
        assert sorted(reply.status for reply in replies) == [200] + [409] * (RACERS - 1)
        assert len(await served.names("/person?email=a@b")) == 1

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
        """The reply to each later DELETE is a 404. One that begins during the check of another one comes later, too."""
        provider, key = served.provider, await served.person()
        address = address_of(served, await served.person("Bob"))
        between = Between(delete(provider, address))
        errors = [await refusal(delete(provider, address, lambda _: between.begin())), await between.error()]
        assert {type(error) for error in errors} == {type(None), NotFound}, errors
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
        shown = await served.api("GET", f"{path.removesuffix('/members')}?fields=members")
        assert shown.json["members"] == [ada]

    @case("projects")
    async def test_all_documents_embedded_at_once_are_stored(self, served: Served) -> None:
        """Each document is stored once, and none replaces another document."""
        path = f"/team/{await served.team()}/projects"
        bodies = [{"id": f"i{n}", "name": f"n{n}"} for n in range(RACERS)]
        replies = await asyncio.gather(*(served.api("POST", path, json_body=body) for body in bodies))
        assert [reply.status for reply in replies] == [201] * RACERS
        left = (await served.api("GET", f"{path}?per_page=100")).json
        assert sorted(left, key=lambda one: str(one["id"])) == sorted(bodies, key=lambda one: str(one["id"]))
