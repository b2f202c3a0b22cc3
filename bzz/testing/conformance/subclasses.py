"""Cases of subclasses: the class of an instance decides over it, even if a request reaches it as a base class."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bzz.providers.conditions import Condition
from bzz.providers.values import Query
from bzz.schema.schema import Schema
from bzz.signals import (
    post_delete_instance,
    post_get_instance,
    post_get_list,
    post_update_instance,
)
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import Cases, case
from bzz.testing.conformance.serving import Served, hooked
from bzz.testing.conformance.visibility import finding, listed, unhooked

FOUND = ["get", "update", "delete"]


class SubclassCases(Cases):
    """Some pets are cats."""

    async def _pets(self, served: Served, **values: Any) -> dict[str, str]:
        """Create two pets and two cats with ``values``. Return a dict from name to id."""
        made = {name: await served.api.create("/pet", name=name, **values) for name in ("Ace", "Rex")}
        made |= {name: await served.api.create("/cat", name=name, **values) for name in ("Kit", "Tom")}
        return {name: one["id"] for name, one in made.items()}

    async def _shown(self, served: Served, schema: Schema, ids: dict[str, str]) -> list[str]:
        """Return the names of the pets that requests may see, after a comparison of all ways to find them."""
        provider = served.provider
        everything = await listed(provider, schema, Query(count=provider.capabilities.count))
        names = sorted(item.values["name"] for item in everything.items)
        assert everything.total in (len(names), None)
        page = await listed(provider, schema, Query(per_page=len(names)))
        assert sorted(item.values["name"] for item in page.items) == names, "a page is as long as possible"
        assert not page.more, "there is nothing after it"
        keys = Condition(str(schema.pk), "in", schema.parse_keys(tuple(ids.values())))
        of_keys = await listed(provider, schema, Query(where=[keys]))
        assert sorted(item.values["name"] for item in of_keys.items) == names
        for name, key in ids.items():
            assert await finding(provider, schema, key) == (FOUND if name in names else []), name
        return names

    @case("pet")
    async def test_instances_of_hidden_subclasses_are_left_out(self, served: Served) -> None:
        """Neither a page, nor a count, nor a read or a write by id finds them."""
        ids = await self._pets(served)
        schema = served.provider.describe(self.pet)
        assert await self._shown(served, schema, ids) == ["Ace", "Kit", "Rex", "Tom"]
        hidden = replace(schema, variants={self.cat: None})
        assert await self._shown(served, hidden, ids) == ["Ace", "Rex"]
        everything = await listed(served.provider, hidden, Query(hidden=True))
        assert len(everything.items) == 4, "only receivers get them"

    @case("pet")
    async def test_a_subclass_has_its_own_instances_only(self, served: Served) -> None:
        """Its lists, counts, reads and writes find no instance of the base class."""
        ids = await self._pets(served)
        schema = served.provider.describe(self.cat)
        assert await self._shown(served, schema, ids) == ["Kit", "Tom"]
        for method, body in (("GET", None), ("PUT", {"name": "x"}), ("DELETE", None)):
            assert (await served.api(method, f"/cat/{ids['Rex']}", json_body=body)).status == 404
        assert sorted(await served.names("/pet")) == ["Ace", "Kit", "Rex", "Tom"]

    @case("pet")
    async def test_a_write_through_the_base_class_keeps_the_fields_of_the_subclass(self, served: Served) -> None:
        """The class of the instance stays, too. Receivers get the values of the base class."""
        key = (await served.api.create("/cat", name="Tom", lives=9))["id"]
        reply = await served.api("PUT", f"/pet/{key}", json_body={"name": "Tim"})
        assert (reply.status, reply.json["name"]) == (200, "Tim")
        shown = (await served.api("GET", f"/cat/{key}")).json
        assert (shown["name"], shown["lives"]) == ("Tim", 9)

    @case("pet", options=[{"methods": ["POST"]}, {"authenticated": {"get": True}}])
    async def test_instances_that_their_own_class_forbids_are_in_no_reply(
        self, served: Served, options: dict[str, Any]
    ) -> None:
        """The hive of the subclass forbids to read them. This holds for the path of the base class, too."""
        ids = await self._pets(served)
        async with served.again(cat=options) as other:
            assert None not in (await other.api("GET", "/pet")).json, "the query itself must leave them out"
            assert sorted(await other.names("/pet")) == ["Ace", "Rex"]
            with capture(post_get_list) as sent:
                assert sorted(await other.names("/pet")) == ["Ace", "Rex"]
            assert len(sent[0].keywords["items"]) == 2
            counted = await other.api("GET", "/pet?count=true" if served.provider.capabilities.count else "/pet")
            assert counted.headers.get("X-Total-Count", "2") == "2"
            for method, body in (("GET", None), ("PUT", {"name": "x"}), ("DELETE", None)):
                assert (await other.api(method, f"/pet/{ids['Tom']}", json_body=body)).status == 404
        assert sorted(await served.names("/pet")) == ["Ace", "Kit", "Rex", "Tom"]

    @case("pet")
    async def test_an_instance_is_of_its_own_class(self, served: Served) -> None:
        """Its own class is the sender of its signals, and the hive of its own class decides over a write."""
        ids = await self._pets(served)
        path = f"/pet/{ids['Tom']}"
        async with served.again(cat={"methods": ["GET", "POST"]}) as other:
            for method, body in (("PUT", {"name": "x"}), ("DELETE", None)):
                assert (await other.api(method, path, json_body=body)).status == 405
            assert (await other.api("PUT", f"/pet/{ids['Rex']}", json_body={"name": "Max"})).status == 200
        with capture(post_get_instance, post_get_list, post_update_instance, post_delete_instance) as sent:
            assert sorted(await served.names("/pet")) == ["Ace", "Kit", "Max", "Tom"]
            assert (await served.api("GET", path)).json["name"] == "Tom"
            assert (await served.api("PUT", path, json_body={"name": "Tim"})).json["name"] == "Tim"
            assert (await served.api("DELETE", path)).status == 204
        kinds = {one.name: type(one) for one in sent[0].keywords["items"]}
        assert kinds == {"Ace": self.pet, "Max": self.pet, "Kit": self.cat, "Tom": self.cat}
        assert [(one.sender, type(one.keywords["instance"])) for one in sent[1:]] == [(self.cat, self.cat)] * 3

    @case("pet")
    async def test_a_field_that_a_subclass_hides_is_hidden_in_its_instances(self, served: Served) -> None:
        """Through the base class, no list can be filtered or sorted by the field."""
        ids = await self._pets(served, sound="loud")
        async with served.again(cat={"exclude": ["sound"]}) as other:
            plain = (await other.api("GET", "/pet")).json
            assert {one["name"]: one.get("sound") for one in plain} == {
                "Ace": "loud",
                "Kit": None,
                "Rex": "loud",
                "Tom": None,
            }
            one = (await other.api("GET", f"/pet/{ids['Tom']}")).json
            assert ("sound" in one, one in plain) == (False, True)
            with capture(post_get_instance, post_get_list):
                assert (await other.api("GET", "/pet")).json == plain
                assert (await other.api("GET", f"/pet/{ids['Tom']}")).json == one
            for query in ("sound=loud", "sort=sound", "sort=-sound"):
                assert (await other.api("GET", f"/pet?{query}")).status == 400, query

    @case("pet")
    async def test_the_hooks_of_a_subclass_narrow_its_instances_only(self, served: Served) -> None:
        """The base class has no hooks, so its own instances are shown."""
        ids = await self._pets(served, hidden=True)
        with unhooked(self.pet) as hook:

            def show_one(cls: Any, model: Any, queryset: Any, instance_id: Any, handler: Any) -> Any:
                return hook(queryset, handler)

            def show_all(cls: Any, queryset: Any, handler: Any) -> Any:
                return hook(queryset, handler)

            schema = served.provider.describe(self.pet)
            with hooked(self.cat, get_instance_queryset=show_one, get_list_queryset=show_all):
                assert await self._shown(served, schema, ids) == ["Ace", "Rex"]
            assert await self._shown(served, schema, ids) == ["Ace", "Kit", "Rex", "Tom"]

    @case("pet")
    async def test_the_scopes_of_a_subclass_narrow_its_instances_only(self, served: Served) -> None:
        """The schema of the subclass is in ``variants``. It has a scope that the schema of the base class lacks."""
        ids = await self._pets(served, hidden=True)
        with unhooked(self.pet) as hook:
            schema = served.provider.describe(self.pet)
            variant = replace(served.provider.describe(self.cat), scopes=(hook,))
            narrowed = replace(schema, variants={self.cat: variant})
            assert await self._shown(served, narrowed, ids) == ["Ace", "Rex"]
