"""Cases of hidden instances: each kind of query and of address leaves them out, and no reply tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bzz.exceptions import NotFound
from bzz.providers.conditions import Condition
from bzz.providers.values import Address, Query
from bzz.schema.fields import Values
from bzz.schema.schema import Schema
from bzz.signals import pre_delete_instance, pre_update_instance
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.holders import setting
from bzz.testing.conformance.races import Between
from bzz.testing.conformance.results import refusal
from bzz.testing.conformance.serving import Served, hooked
from bzz.testing.conformance.visibility import finding, listed, scoped, unhooked
from bzz.testing.conformance.writes import apply

TEXTS = "abcdef"  # the texts of the notes; each second note is hidden
SHOWN = "ace"
FOUND = ["get", "update", "delete"]
WAYS = ("hooks", "scope")


class HiddenCases(Cases):
    """The hooks of the notes, or a scope, hide some of them."""

    async def _notes(self, served: Served) -> dict[str, str]:
        """Create the notes. Return a dict from text to id."""
        made = [await served.api.create("/note", text=text, hidden=text not in SHOWN) for text in TEXTS]
        return {text: one["id"] for text, one in zip(TEXTS, made, strict=True)}

    @contextmanager
    def _schema(self, served: Served, way: str) -> Iterator[Schema]:
        """Yield the schema of the notes, which are hidden by ``way``."""
        if way == "hooks":
            yield served.provider.describe(self.note)
        else:
            with scoped(served.provider, self.note) as schema:
                yield schema

    async def _texts(self, served: Served, schema: Schema, **query: Any) -> str:
        """Return the texts of a list, in its order, and check its count."""
        count = served.provider.capabilities.count
        listing = await listed(served.provider, schema, Query(count=count, **query))
        texts = "".join(one.values["text"] for one in listing.items)
        if not {"page", "after", "per_page"} & query.keys():
            assert listing.total in (len(texts), None)
        return texts

    @case("note", way=WAYS)
    async def test_no_condition_finds_a_hidden_instance(self, served: Served, way: str) -> None:
        """Lists with conditions, with an order and without one leave it out. The count does not count it."""
        ids = await self._notes(served)
        with self._schema(served, way) as schema:
            pk = str(schema.pk)
            keys = dict(zip(TEXTS, schema.parse_keys(tuple(ids.values())), strict=True))
            for condition, texts in (
                (Condition("text", "eq", "b"), ""),
                (Condition("text", "ne", "c"), "ae"),
                (Condition("text", "in", ["a", "b"]), "a"),
                (Condition("hidden", "eq", True), ""),
                (Condition("text", "exists", True), SHOWN),
                (Condition(pk, "eq", keys["b"]), ""),
                (Condition(pk, "in", [keys["b"]]), ""),
                (Condition(pk, "in", [*keys.values()]), SHOWN),
                (Condition(pk, "ne", keys["a"]), "ce"),
            ):
                found = await self._texts(served, schema, where=[condition])
                assert sorted(found) == [*texts], condition
                both = [condition, Condition("text", "exists", True)]
                assert sorted(await self._texts(served, schema, where=both)) == [*texts], condition
            assert sorted(await self._texts(served, schema)) == [*SHOWN]

    @case("note", "sort", way=WAYS)
    async def test_an_order_leaves_hidden_instances_out(self, served: Served, way: str) -> None:
        """It is an order by one field or by several."""
        await self._notes(served)
        with self._schema(served, way) as schema:
            assert await self._texts(served, schema, sort=[("text", False)]) == SHOWN
            assert await self._texts(served, schema, sort=[("hidden", False), ("text", True)]) == SHOWN[::-1]

    @case("note", "sort", "page", way=WAYS)
    async def test_pages_have_no_gaps_for_hidden_instances(self, served: Served, way: str) -> None:
        """This holds for all pages, not only for the first one."""
        await self._notes(served)
        with self._schema(served, way) as schema:
            for size, pages in ((1, [*SHOWN, ""]), (2, [SHOWN[:2], SHOWN[2:], ""])):
                for number, texts in enumerate(pages, 1):
                    query: dict[str, Any] = {"sort": [("text", False)], "per_page": size, "page": number}
                    assert await self._texts(served, schema, **query) == texts
                    shown = await listed(served.provider, schema, Query(**query))
                    assert shown.more == (number < len(pages) - 1)

    @case("note", "sort", "after")
    async def test_a_walk_along_cursors_meets_no_hidden_instance(self, served: Served) -> None:
        """The instance of a cursor may be hidden later."""
        ids, seen, path = await self._notes(served), "", "/note?sort=text&per_page=1"
        while path:
            reply = await served.api("GET", path)
            seen += "".join(one["shown"] for one in reply.json)
            links = reply.headers.get("Link", "").split(", ")
            path = next((link[1:].partition(">")[0] for link in links if link.endswith('rel="next"')), "")
            if seen == "a":
                assert (await served.api("PUT", f"/note/{ids['a']}", json_body={"hidden": True})).status == 200
        assert seen == SHOWN

    @case("note", way=WAYS)
    async def test_a_hidden_instance_is_found_by_no_call(self, served: Served, way: str) -> None:
        """This holds for its primary key, and for another field that identifies instances."""
        ids = await self._notes(served)
        with self._schema(served, way) as schema:
            named = replace(schema, id_field="text")
            for text, key in ids.items():
                wanted = FOUND if text in SHOWN else []
                assert await finding(served.provider, schema, key) == wanted, text
                assert await finding(served.provider, named, text) == wanted, text
            assert await finding(served.provider, named, "x") == []

    @case("note")
    async def test_an_address_by_another_field_is_the_identifier_of_hooks(self, served: Served) -> None:
        """A write changes the instance with this value, and no other."""
        await self._notes(served)
        told: list[Any] = []

        def note(cls: Any, model: Any, queryset: Any, instance_id: Any, handler: Any) -> Any:
            told.append((model, instance_id))
            return queryset

        named = replace(served.provider.describe(self.note), id_field="text")
        with hooked(self.note, get_instance_queryset=note):
            assert await finding(served.provider, named, "a") == FOUND
            written = await apply(served.provider, Address.parse(named, "c"), lambda found: {**found, "text": "C"})
        assert written.values["text"] == "C"
        assert [*dict.fromkeys(told)] == [(self.note, "a"), (self.note, "c")]
        assert sorted(one["shown"] for one in (await served.api("GET", "/note")).json) == ["C", "a", "e"]

    @case("note", way=WAYS)
    async def test_receivers_alone_get_hidden_instances(self, served: Served, way: str) -> None:
        """``Query.hidden`` asks for them. No hook and no scope runs then."""
        ids = await self._notes(served)
        with self._schema(served, way) as schema:
            keys = schema.parse_keys(tuple(ids.values()))
            where = [Condition(str(schema.pk), "in", keys)]
            for conditions in ([], where):
                everything = await self._texts(served, schema, where=conditions, hidden=True)
                assert sorted(everything) == [*TEXTS]
                assert sorted(await self._texts(served, schema, where=conditions)) == [*SHOWN]

    @case("note", "if_match")
    async def test_a_precondition_does_not_tell_of_a_hidden_instance(self, served: Served) -> None:
        """The reply is a 404, and no 412."""
        ids = await self._notes(served)
        for headers in ({"If-Match": '"x"'}, {"If-None-Match": "*"}, {"If-Match": "*"}):
            for method, body in (("GET", None), ("PUT", {"text": "x"}), ("PATCH", {"text": "x"}), ("DELETE", None)):
                for key in (ids["b"], ids["d"]):
                    reply = await served.api(method, f"/note/{key}", json_body=body, headers=headers)
                    assert reply.status == 404, (method, headers)
        with unhooked(self.note):
            assert sorted(await self._texts(served, served.provider.describe(self.note))) == [*TEXTS]

    @case("note")
    async def test_an_instance_may_hide_itself_by_a_write(self, served: Served) -> None:
        """The hooks decide before the write, and not after it."""
        ids = await self._notes(served)
        made = await served.api("POST", "/note", json_body={"text": "x", "hidden": True})
        assert (made.status, made.json.get("shown")) == (201, "x")
        reply = await served.api("PUT", f"/note/{ids['a']}", json_body={"hidden": True, "text": "A"})
        assert (reply.status, reply.json.get("shown")) == (200, "A")

        def hide(found: Values) -> Values:
            return {**found, "hidden": True}

        schema = served.provider.describe(self.note)
        assert (await apply(served.provider, Address.parse(schema, ids["c"]), hide)).values["hidden"] is True
        assert await self._texts(served, schema) == "e"

    @case("note", method=["PUT", "DELETE"])
    async def test_an_instance_that_is_hidden_during_a_write_is_not_found(self, served: Served, method: str) -> None:
        """A receiver hides it between its load and the write."""
        ids, hive = await self._notes(served), served.hives["note"]

        async def hide(sender: Any, instance: Any, data: Any = None) -> None:
            if data != {"hidden": True}:
                await hive.update(ids["a"], {"hidden": True})

        signal = pre_update_instance if method == "PUT" else pre_delete_instance
        with signal.connected_to(hide):
            body = {"text": "A"} if method == "PUT" else None
            assert (await served.api(method, f"/note/{ids['a']}", json_body=body)).status == 404
        everything = await self._texts(served, served.provider.describe(self.note), hidden=True)
        assert sorted(everything) == [*TEXTS]

    @case("note")
    async def test_an_instance_that_is_hidden_between_a_read_and_its_write_stays_as_it_is(self, served: Served) -> None:
        """Another update hides it. That update either waits, or the first one does not find the instance any more."""
        ids, provider = await self._notes(served), served.provider
        address, is_hidden = Address.parse(provider.describe(self.note), ids["a"]), False
        between = Between(apply(provider, address, setting(hidden=True)))

        def change(found: Values) -> Values:
            nonlocal is_hidden
            is_hidden = is_hidden or between.begin()
            return {**found, "text": "A"}

        error = await refusal(apply(provider, address, change))
        assert await between.error() is None
        assert isinstance(error, NotFound) if is_hidden else isinstance(error, NotFound | None)
        everything = await self._texts(served, address.schema, hidden=True)
        assert ("A" in everything) == (error is None)

    @case()
    async def test_each_call_passes_the_hooks_what_the_act_has(self, served: Served) -> None:
        """It is the model, the identifier as it is in the URL, and the handler."""
        told: list[Any] = []

        def one(cls: Any, model: Any, queryset: Any, instance_id: Any, handler: Any) -> Any:
            told.append((cls, model, instance_id, handler and handler.request.method))
            return queryset

        def several(cls: Any, queryset: Any, handler: Any) -> Any:
            told.append((cls, handler and handler.request.method))
            return queryset

        key, hive, model = await served.person(), served.hives["person"], self.person
        with hooked(model, get_instance_queryset=one, get_list_queryset=several):
            for method, body in (("GET", None), ("PUT", {"name": "Eve"}), ("PUT", {"name": "Eve"}), ("DELETE", None)):
                assert (await served.api(method, f"/person/{key}", json_body=body)).status < 300
                assert {*told} == {(model, model, key, method)}
                told.clear()
            key = await served.person()
            assert await served.names("/person") == ["Ada"]
            assert told == [(model, "GET")]
            told.clear()
            await hive.list()
            assert told == [(model, None)]
            told.clear()
            for calling in (hive.get(key), hive.update(key, {"name": "Eve"}), hive.delete(key)):
                await calling
                assert {*told} == {(model, model, key, None)}
                told.clear()

    @case("country")
    async def test_hooks_get_the_decoded_identifier(self, served: Served) -> None:
        """It contains a slash, a space and a letter of another alphabet."""
        told: list[Any] = []

        def note(cls: Any, model: Any, queryset: Any, instance_id: Any, handler: Any) -> Any:
            told.append(instance_id)
            return queryset

        odd = await served.api("POST", "/country", json_body={"code": "a/b ü", "name": "Odd"})
        with hooked(self.country, get_instance_queryset=note):
            for method, body in (("GET", None), ("PUT", {"name": "Even"}), ("DELETE", None)):
                assert (await served.api(method, odd.headers["Location"], json_body=body)).status < 300
        assert {*told} == {"a/b ü"}

    @case("note", "topic", "topics")
    async def test_relations_pass_the_hooks_the_handler(self, served: Served) -> None:
        """The instances to which relations and bodies refer are listed for the act."""
        ids = await self._notes(served)
        told: list[Any] = []

        def note(cls: Any, queryset: Any, handler: Any) -> Any:
            told.append(handler and handler.request.method)
            return queryset

        body = {"name": "Engine", "topic": ids["a"], "topics": [ids["a"], ids["c"]]}
        with hooked(self.note, get_list_queryset=note):
            path = f"/team/{(await served.api.create('/team', **body))['id']}"
            assert {*told} == {"POST"}
            told.clear()
            for query in ("/topics", "?expand=topic,topics", "/topics?per_page=1"):
                assert (await served.api("GET", path + query)).status == 200
                assert {*told} == {"GET"}, query

    @case("track", "transactions")
    async def test_several_writes_pass_the_hooks_the_handler(self, served: Served) -> None:
        """The tracks of an album are written together."""
        told: list[Any] = []

        def note(cls: Any, model: Any, queryset: Any, instance_id: Any, handler: Any) -> Any:
            told.append((model, instance_id, handler and handler.request.method))
            return queryset

        ids = [(await served.api.create("/track", name=name))["id"] for name in ("one", "two")]
        path = f"/album/{(await served.api.create('/album', name='mine'))['id']}/tracks"
        with hooked(self.track, get_instance_queryset=note):
            assert (await served.api("POST", path, json_body={"tracks": ids})).status == 201
        assert {*told} == {(self.track, key, "POST") for key in ids}
