"""Cases of reach: no relation leads to a hidden instance or to an excluded field."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from bzz.signals import post_get_instance, post_get_list, post_update_instance
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import Cases, case, each
from bzz.testing.conformance.serving import Served
from bzz.testing.conformance.visibility import unhooked

WAYS = ("hooks", "scope")


class ReachCases(Cases):
    """Hidden notes are hidden in a team, too. Excluded fields are in no reply."""

    @asynccontextmanager
    async def _hiding(self, served: Served, way: str) -> AsyncIterator[Served]:
        """Yield routes that hide notes, by the hooks of their model or by the option ``scope``."""
        if way == "hooks":
            yield served
        else:
            with unhooked(self.note) as hook:
                async with served.again(note={"scope": hook}) as other:
                    yield other

    async def _topics(self, served: Served, field: str, texts: Sequence[str]) -> tuple[str, list[str]]:
        """Create notes and a team that has them in ``field``, and then hide the first note.

        Return the path of the team, and the ids of the notes.
        """
        ids = [(await served.api.create("/note", text=text))["id"] for text in texts]
        body = {"name": "Engine", field: ids if field == "topics" else ids[0]}
        path = f"/team/{(await served.api.create('/team', **body))['id']}"
        assert (await served.api("PUT", f"/note/{ids[0]}", json_body={"hidden": True})).status == 200
        return path, ids

    @case("note", way=WAYS)
    async def test_a_hidden_instance_is_in_no_list_of_keys(self, served: Served, way: str) -> None:
        """A request can give its key, but neither the page nor the count contains it."""
        ids = [(await served.api.create("/note", text=text, hidden=text == "a"))["id"] for text in ("a", "b")]
        async with self._hiding(served, way) as other:
            count = "&count=true" if served.provider.capabilities.count else ""
            reply = await other.api("GET", f"/note?id__in={','.join(ids)}{count}")
            assert [one["id"] for one in reply.json] == ids[1:]
            assert reply.headers.get("X-Total-Count", "1") == "1"

    @case("note", "topics", way=WAYS)
    async def test_a_hidden_instance_is_in_no_nested_list(self, served: Served, way: str) -> None:
        """A page is as long as possible. The count and the path of the member do not tell of it, either."""
        path, ids = await self._topics(served, "topics", ("hidden", "one", "two"))
        async with self._hiding(served, way) as other:
            count = "&count=true" if served.provider.capabilities.count else ""
            reply = await other.api("GET", f"{path}/topics?per_page=2{count}")
            assert sorted(one["id"] for one in reply.json) == sorted(ids[1:])
            assert 'rel="next"' not in reply.headers["Link"], "there is nothing after it"
            assert reply.headers.get("X-Total-Count", "2") == "2"
            statuses = [(await other.api("GET", f"{path}/topics/{key}")).status for key in ids]
            assert statuses == [404, 200, 200]
            shown = (await other.api("GET", f"{path}?expand=topics")).json["topics"]
            assert sorted(one["id"] for one in shown if one) == sorted(ids[1:])

    @case("note", "topic", way=WAYS)
    async def test_no_reference_leads_to_a_hidden_instance(self, served: Served, way: str) -> None:
        """It is not found at the path of the reference. ``expand`` shows null."""
        path, _ = await self._topics(served, "topic", ("hidden",))
        async with self._hiding(served, way) as other:
            assert (await other.api("GET", f"{path}/topic")).status == 404
            assert (await other.api("GET", f"{path}?expand=topic")).json["topic"] is None
            assert [one["topic"] for one in (await other.api("GET", "/team?expand=topic")).json] == [None]

    @case("note", feature=each(("topic", "topics")), way=WAYS)
    async def test_a_body_cannot_refer_to_a_hidden_instance(self, served: Served, feature: str, way: str) -> None:
        """A hidden instance is refused as a missing one is."""
        key = await served.team()
        hidden = (await served.api.create("/note", text="x", hidden=True))["id"]
        value = [hidden] if feature == "topics" else hidden
        async with self._hiding(served, way) as other:
            for method, path in (("POST", "/team"), ("PUT", f"/team/{key}"), ("POST", f"/team/{key}/{feature}")):
                body = {feature: value} if path.endswith(feature) else {"name": "x", feature: value}
                refused = await other.api(method, path, json_body=body)
                assert refused.status == 400, refused.body
                assert next(iter(refused.json["errors"])).partition(".")[0] == feature
            assert await other.names("/team") == ["Engine"]

    @case("age")
    async def test_an_excluded_field_is_in_no_reply(self, served: Served) -> None:
        """Receivers get it, and an update leaves it as it is."""
        key = await served.person(age=36)
        async with served.again(person={"exclude": ["age"]}) as other:
            replies = [(await other.api("GET", f"/person/{key}")).json, (await other.api("GET", "/person")).json[0]]
            with capture(post_get_instance, post_get_list) as sent:
                replies += [
                    (await other.api("GET", f"/person/{key}")).json,
                    (await other.api("GET", "/person")).json[0],
                ]
            assert [sent[0].keywords["instance"].age, sent[1].keywords["items"][0].age] == [36, 36]
            with capture(post_update_instance) as sent:
                replies.append((await other.api("PUT", f"/person/{key}", json_body={"name": "Eve"})).json)
            assert sent[0].keywords["instance"].age == 36
            replies.append(await other.api.create("/person", name="Bob"))
            assert ["age" in one for one in replies] == [False] * 6
            assert [one["name"] for one in replies] == ["Ada"] * 4 + ["Eve", "Bob"]
        assert (await served.api("GET", f"/person/{key}")).json["age"] == 36

    @case("age", "owner", "members")
    async def test_an_excluded_field_is_in_no_nested_reply(self, served: Served) -> None:
        """It is shown neither at the path of a relation nor by ``expand``."""
        key = await served.person(age=36)
        path = f"/team/{await served.team(owner=key, members=[key])}"

        async def replies(other: Served) -> list[Any]:
            expanded = (await other.api("GET", f"{path}?expand=owner,members")).json
            return [
                (await other.api("GET", f"{path}/owner")).json,
                (await other.api("GET", f"{path}/members/{key}")).json,
                *(await other.api("GET", f"{path}/members")).json,
                expanded["owner"],
                *expanded["members"],
            ]

        assert [one["age"] for one in await replies(served)] == [36] * 5
        async with served.again(person={"exclude": ["age"]}) as other:
            plain = await replies(other)
            with capture(post_get_instance, post_get_list):
                assert await replies(other) == plain
        assert [("age" in one, one["name"]) for one in plain] == [(False, "Ada")] * 5
