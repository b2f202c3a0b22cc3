"""Cases of embedded documents that several requests change at once."""

from __future__ import annotations

import asyncio
from typing import Any

from bzz.signals import (
    post_create_instance,
    post_delete_instance,
    post_get_instance,
    post_get_list,
    post_update_instance,
    pre_create_instance,
    pre_delete_instance,
    pre_update_instance,
)
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.serving import Served

NAMES = {"a": "A", "b": "B", "c": "C"}


class EmbeddedCases(Cases):
    """The projects of a team, and the home of a person."""

    async def _projects(self, served: Served) -> str:
        """Create a team with projects and return their path."""
        path = f"/team/{await served.team()}/projects"
        for key, name in NAMES.items():
            await served.api.create(path, id=key, name=name)
        return path

    async def _held(self, served: Served, path: str) -> dict[str, str]:
        """Return the names of the projects, by their ids, in the stored order."""
        return {one["id"]: one["name"] for one in (await served.api("GET", path)).json}

    @case("projects")
    async def test_documents_that_change_at_once_all_change(self, served: Served) -> None:
        """All updates are announced before one of them is written. The order of the documents stays."""
        path, together = await self._projects(served), asyncio.Barrier(3)

        async def wait(sender: Any) -> None:
            await together.wait()

        with pre_update_instance.connected_to(wait):
            await asyncio.gather(
                *(served.api("PUT", f"{path}/{key}", json_body={"name": f"new {key}"}) for key in NAMES)
            )
        assert [*(await self._held(served, path)).items()] == [("a", "new a"), ("b", "new b"), ("c", "new c")]
        await asyncio.gather(*(served.api("PUT", f"{path}/{key}", json_body={"name": key}) for key in NAMES))
        assert await self._held(served, path) == {"a": "a", "b": "b", "c": "c"}

    @case("projects", method=["POST", "PUT", "DELETE"])
    async def test_a_write_finds_its_document_after_another_one_left(self, served: Served, method: str) -> None:
        """The first document leaves after the write is announced. The places of the others have changed then."""
        path, is_first = await self._projects(served), True
        signal = {"POST": pre_create_instance, "PUT": pre_update_instance, "DELETE": pre_delete_instance}[method]

        async def remove(sender: Any) -> None:
            nonlocal is_first
            if is_first:
                is_first = False
                assert (await served.api("DELETE", f"{path}/a")).status == 204

        target, body = (path, {"id": "d", "name": "D"}) if method == "POST" else (f"{path}/b", {"name": "new"})
        with signal.connected_to(remove):
            reply = await served.api(method, target, json_body=None if method == "DELETE" else body)
        assert reply.status == {"POST": 201, "PUT": 200, "DELETE": 204}[method], reply.body
        left = {"POST": {"b": "B", "c": "C", "d": "D"}, "PUT": {"b": "new", "c": "C"}, "DELETE": {"c": "C"}}
        assert await self._held(served, path) == left[method]

    @case("projects")
    async def test_a_document_that_left_is_not_found(self, served: Served) -> None:
        """It leaves after an update or delete of it is announced. No other document takes its place."""
        path, is_first = await self._projects(served), True

        async def remove(sender: Any, instance: Any) -> None:
            nonlocal is_first
            if is_first:
                is_first = False
                assert (await served.api("DELETE", f"{path}/{instance.id}")).status == 204

        for key, method in (("a", "PUT"), ("b", "DELETE")):
            is_first = True
            with pre_update_instance.connected_to(remove), pre_delete_instance.connected_to(remove):
                body = {"name": "new"} if method == "PUT" else None
                assert (await served.api(method, f"{path}/{key}", json_body=body)).status == 404
        assert await self._held(served, path) == {"c": "C"}

    @case("projects")
    async def test_receivers_get_the_document_of_the_path(self, served: Served) -> None:
        """They get it as it is stored, and no other document of the list."""
        path = await self._projects(served)
        with capture(
            post_get_instance, post_get_list, post_create_instance, post_update_instance, post_delete_instance
        ) as sent:
            assert (await served.api("GET", f"{path}/b")).json == {"id": "b", "name": "B"}
            assert (await served.api("GET", f"{path}?name__ne=A")).status == 200
            await served.api.create(path, id="d", name="D")
            assert (await served.api("PUT", f"{path}/b", json_body={"name": "new"})).json["name"] == "new"
            assert (await served.api("DELETE", f"{path}/c")).status == 204
        got = [one.keywords["items"] if "items" in one.keywords else [one.keywords["instance"]] for one in sent]
        assert [[(one.id, one.name) for one in some] for some in got] == [
            [("b", "B")],
            [("b", "B"), ("c", "C")],
            [("d", "D")],
            [("b", "new")],
            [("c", "C")],
        ]

    @case("home")
    async def test_fields_of_one_document_that_change_at_once_all_change(self, served: Served) -> None:
        """Both updates are announced before one of them is written."""
        key, both = await served.person(home={"city": "Rio", "street": "A"}), asyncio.Barrier(2)

        async def wait(sender: Any) -> None:
            await both.wait()

        with pre_update_instance.connected_to(wait):
            await asyncio.gather(
                *(
                    served.api("PATCH", f"/person/{key}", json_body={"home": part})
                    for part in ({"city": "Bari"}, {"street": "B"})
                )
            )
        assert (await served.api("GET", f"/person/{key}")).json["home"] == {"city": "Bari", "street": "B"}

    @case("home")
    async def test_a_single_document_has_a_path(self, served: Served) -> None:
        """Receivers get the document, and not its parent."""
        path = f"/person/{await served.person()}/home"
        assert (await served.api("GET", path)).status == 404
        with capture(post_get_instance, post_create_instance, post_update_instance, post_delete_instance) as sent:
            assert (await served.api("POST", path, json_body={"city": "Rio"})).status == 201
            assert (await served.api("GET", path)).json == {"city": "Rio", "street": None}
            assert (await served.api("PUT", path, json_body={"street": "A"})).json == {"city": "Rio", "street": "A"}
            assert (await served.api("DELETE", path)).status == 204
        got = [one.keywords["instance"] for one in sent]
        assert [(one.city, one.street) for one in got] == [("Rio", None)] * 2 + [("Rio", "A")] * 2
        assert (await served.api("GET", path)).status == 404
