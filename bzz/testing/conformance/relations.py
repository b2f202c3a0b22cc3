"""Cases of relations: references, members and embedded documents."""

from __future__ import annotations

from typing import Any

from bzz.signals import (
    post_associate,
    post_dissociate,
    post_get_instance,
    post_get_list,
    post_provider_call,
    post_update_instance,
    pre_associate,
    pre_dissociate,
)
from bzz.testing.capture import capture
from bzz.testing.conformance.cases import UNKNOWN_ID, Cases, case
from bzz.testing.conformance.serving import Served


class RelationCases(Cases):
    """The members, the owner and the projects of a team."""

    @case("owner")
    async def test_a_reference_is_set_followed_and_unset(self, served: Served) -> None:
        """A request can set the reference in the body of the parent.

        It can also set the reference at the path of the reference.
        """
        api = served.api
        ada, bob = await served.person(), await served.person("Bob")
        made = await api("POST", "/team", json_body={"name": "Engine", "owner": ada})
        assert (made.status, made.json["owner"]) == (201, ada)
        path = f"/team/{made.json['id']}"
        assert (await api("GET", f"{path}/owner")).json["name"] == "Ada"
        with capture(pre_dissociate, post_dissociate, pre_associate, post_associate) as sent:
            assert (await api("POST", f"{path}/owner", json_body={"owner": bob})).json["name"] == "Bob"
        assert [(one.signal, one.keywords["instance"].name) for one in sent] == [
            ("pre_dissociate", "Ada"),
            ("pre_associate", "Bob"),
            ("post_dissociate", "Ada"),
            ("post_associate", "Bob"),
        ]
        with capture(post_update_instance) as sent:
            assert (await api("PUT", path, json_body={"owner": ada})).json["owner"] == ada
        assert list(sent[0].keywords["updated_fields"]) == ["owner"]
        assert (await api("DELETE", f"{path}/owner")).status == 204
        assert (await api("GET", path)).json["owner"] is None
        assert [(await api(method, f"{path}/owner")).status for method in ("GET", "DELETE")] == [404, 404]
        assert (await api("GET", f"/person/{ada}")).status == 200, (
            "an instance without a reference to it is still stored"
        )

    @case("owner")
    async def test_a_reference_to_a_missing_instance_is_refused(self, served: Served) -> None:
        """A POST or PUT of the parent with such a reference is refused.

        The same holds for a POST to the path of the relation.
        """
        key = await served.team()
        gone = await served.person()
        await served.api("DELETE", f"/person/{gone}")
        for method, path in (("POST", "/team"), ("PUT", f"/team/{key}"), ("POST", f"/team/{key}/owner")):
            body = {"owner": gone} if path.endswith("owner") else {"name": "x", "owner": gone}
            refused = await served.api(method, path, json_body=body)
            assert (refused.status, [*refused.json.get("errors", ())]) == (400, ["owner"])

    @case("owner")
    async def test_a_list_is_filtered_by_a_reference(self, served: Served) -> None:
        """A filter can compare the key in the reference.

        Another filter asks whether there is a reference.
        """
        ada = await served.person()
        owned, free = await served.team(owner=ada), await served.team()
        for query, wanted in ((f"owner={ada}", owned), ("owner__exists=false", free), (f"owner__ne={ada}", free)):
            assert [one["id"] for one in (await served.api("GET", f"/team?{query}")).json] == [wanted]

    @case("members")
    async def test_members_join_and_leave(self, served: Served) -> None:
        """If one member cannot join, none of them joins.

        A member does not join twice. It is not deleted when it leaves.
        """
        api = served.api
        ids = {name: await served.person(name) for name in ("Ada", "Bob", "Cy")}
        path = f"/team/{await served.team()}/members"
        with capture(pre_associate, post_associate) as sent:
            one = await api("POST", path, json_body={"members": [ids["Ada"]]})
            two = await api("POST", path, json_body={"members": [ids["Bob"], ids["Ada"], ids["Cy"]]})
            same = await api("POST", path, json_body={"members": [ids["Bob"]]})
            none = await api("POST", path, json_body={"members": [ids["Bob"], UNKNOWN_ID]})
        assert [reply.status for reply in (one, two, same, none)] == [201, 201, 200, 400]
        assert (one.json["name"], [each["name"] for each in two.json]) == ("Ada", ["Bob", "Ada", "Cy"])
        told = [(each.signal, each.keywords["instance"].name) for each in sent]
        assert told[:2] == [("pre_associate", "Ada"), ("post_associate", "Ada")]
        assert told[2:] == [(signal, name) for signal in ("pre_associate", "post_associate") for name in ("Bob", "Cy")]
        assert sorted(await served.names(path)) == ["Ada", "Bob", "Cy"]
        assert (await api("GET", one.headers["Location"])).json["name"] == "Ada"
        with capture(pre_dissociate, post_dissociate) as sent:
            assert [(await api("DELETE", f"{path}/{ids['Bob']}")).status for _ in range(2)] == [204, 404]
        assert [each.keywords["instance"].name for each in sent] == ["Bob", "Bob"]
        assert sorted(await served.names(path)) == ["Ada", "Cy"]
        assert (await api("GET", f"/person/{ids['Bob']}")).status == 200

    @case("members", "age")
    async def test_members_are_listed_like_any_list(self, served: Served) -> None:
        """They are filtered, counted and paged.

        Members of other teams are not on the list.
        """
        ids = [await served.person(f"p{n}", age=n) for n in range(6)]
        mine, _ = await served.team(members=ids[:5]), await served.team(members=ids[4:])
        path = f"/team/{mine}/members"
        assert sorted(await served.names(f"{path}?age__gte=2")) == ["p2", "p3", "p4"]
        assert len(await served.names(f"{path}?per_page=2")) == 2
        if served.provider.capabilities.count:
            assert (await served.api("GET", f"{path}?count=true&per_page=1")).headers["X-Total-Count"] == "5"
        if served.provider.capabilities.after:
            assert sorted(await served.walk(f"{path}?per_page=2")) == ["p0", "p1", "p2", "p3", "p4"]
        assert await served.names(f"/team/{await served.team()}/members") == []

    @case("members", "age", "sort", per_page={2: ("after",), 100: ()})
    async def test_members_are_sorted_like_any_list(self, served: Served, per_page: int) -> None:
        """Cursors are in this order, too."""
        ids = [await served.person(f"p{n}", age=n) for n in range(4)]
        path = f"/team/{await served.team(members=ids)}/members"
        assert await served.walk(f"{path}?sort=-age&per_page={per_page}") == ["p3", "p2", "p1", "p0"]

    @case("members")
    async def test_a_path_leads_to_members_only(self, served: Served) -> None:
        """An instance that is not a member is not found.

        The path of a team leads only to the members of this team.
        """
        ada, bob = await served.person(), await served.person("Bob")
        mine, other = await served.team(members=[ada]), await served.team(members=[bob])
        for path, status in (
            (f"/team/{mine}/members/{ada}", 200),
            (f"/team/{mine}/members/{bob}", 404),
            (f"/team/{other}/members/{ada}", 404),
            (f"/team/{mine}/members/{UNKNOWN_ID}", 404),
            (f"/team/{UNKNOWN_ID}/members/{ada}", 404),
            (f"/team/{UNKNOWN_ID}/members", 404),
            (f"/team/{mine}/members/x", 404),
        ):
            assert (await served.api("GET", path)).status == status, path

    @case("members")
    async def test_members_are_replaced_by_an_update(self, served: Served) -> None:
        """``updated_fields`` shows the whole list before and after."""
        ids = [await served.person(f"p{n}") for n in range(3)]
        key = await served.team(members=ids[:2])
        key_type = served.hives["person"].resource.schema.fields[str(served.hives["person"].resource.schema.pk)].type
        typed = [key_type.parse(one) for one in ids]
        with capture(post_update_instance) as sent:
            assert (await served.api("PUT", f"/team/{key}", json_body={"members": ids[1:]})).status == 200
            assert (await served.api("PUT", f"/team/{key}", json_body={"members": ids[1:]})).status == 200
            assert (await served.api("PUT", f"/team/{key}", json_body={"members": []})).status == 200
        told = [one.keywords["updated_fields"] for one in sent]
        assert told == [
            {"members": {"from": typed[:2], "to": typed[1:]}},
            {},
            {"members": {"from": typed[1:], "to": []}},
        ]
        refused = await served.api("PUT", f"/team/{key}", json_body={"members": [ids[0], UNKNOWN_ID]})
        assert (refused.status, next(iter(refused.json["errors"])).partition(".")[0]) == (400, "members")
        assert await served.names(f"/team/{key}/members") == []

    @case("members", "owner")
    async def test_references_are_expanded_by_one_query_each(self, served: Served) -> None:
        """``expand`` shows the instances.

        ``fields`` without ``expand`` shows the keys of the instances.
        """
        ids = [await served.person(f"p{n}") for n in range(3)]
        for number in range(4):
            await served.team(f"t{number}", owner=ids[number % 3], members=ids[: number % 3])
        with capture(post_provider_call) as sent:
            teams = (await served.api("GET", "/team?expand=owner,members")).json
        assert [one.keywords["operation_name"] for one in sent].count("list") == 3
        teams.sort(key=lambda team: str(team["name"]))
        assert [team["owner"]["name"] for team in teams] == ["p0", "p1", "p2", "p0"]
        assert [sorted(one["name"] for one in team["members"]) for team in teams] == [[], ["p0"], ["p0", "p1"], []]
        path = f"/team/{teams[2]['id']}?fields=members,name"
        plain = (await served.api("GET", path)).json
        assert (sorted(plain), sorted(plain["members"])) == (["members", "name"], sorted(ids[:2]))
        with capture(post_get_instance, post_get_list):
            assert (await served.api("GET", path)).json == plain
            listed = (await served.api("GET", "/team?fields=members,name")).json
        assert plain in listed

    @case("members")
    async def test_a_reply_with_other_members_is_not_304(self, served: Served) -> None:
        """The entity tag may or may not include the members."""
        ids = [await served.person(f"p{n}") for n in range(2)]
        path = f"/team/{await served.team(members=ids[:1])}"
        tag = (await served.api("GET", f"{path}?fields=members")).headers["ETag"]
        assert (await served.api("PUT", path, json_body={"members": ids[1:]})).status == 200
        again = await served.api("GET", f"{path}?fields=members", headers={"If-None-Match": tag})
        assert again.status == 200
        assert again.json == {"members": ids[1:]}

    @case("members")
    async def test_a_list_is_filtered_by_a_member(self, served: Served) -> None:
        """A filter can compare a member's key.

        Another filter asks whether there is any member.
        """
        ada, bob = await served.person(), await served.person("Bob")
        one, none = await served.team(members=[ada, bob]), await served.team()
        for query, wanted in (
            (f"members__contains={ada}", [one]),
            (f"members__contains={ada}&members__contains={bob}", [one]),
            ("members__exists=false", [none]),
        ):
            assert [team["id"] for team in (await served.api("GET", f"/team?{query}")).json] == [*wanted], query

    @case("members")
    async def test_a_deleted_instance_is_no_member(self, served: Served) -> None:
        """A store may also refuse to delete a member. Then the reply is a 409."""
        ada, bob = await served.person(), await served.person("Bob")
        key = await served.team(members=[ada, bob])
        deleted = await served.api("DELETE", f"/person/{ada}")
        assert deleted.status in (204, 409)
        left = {"Bob"} if deleted.status == 204 else {"Ada", "Bob"}
        assert {*await served.names(f"/team/{key}/members")} == left

    @case("projects")
    async def test_embedded_documents_have_paths_of_their_own(self, served: Served) -> None:
        """Each document is created, updated and deleted at its own path.

        The path contains the id of the document.
        """
        path = f"/team/{await served.team()}/projects"
        made = await served.api("POST", path, json_body={"id": "a", "name": "Difference"})
        assert (made.status, made.headers["Location"]) == (201, f"{path}/a/")
        assert (await served.api("POST", path, json_body={"id": "b", "name": "Analytical"})).status == 201
        assert (await served.api("POST", path, json_body={"id": "a", "name": "Again"})).status == 409
        missing = await served.api("POST", path, json_body={"id": "c"})
        assert (missing.status, list(missing.json["errors"])) == (400, ["name"])
        with capture(post_update_instance) as sent:
            assert (await served.api("PUT", f"{path}/b", json_body={"name": "Engine"})).json["name"] == "Engine"
        assert [one.keywords["updated_fields"] for one in sent] == [{"name": {"from": "Analytical", "to": "Engine"}}]
        assert (await served.api("DELETE", f"{path}/a")).status == 204
        assert (await served.api("GET", path)).json == [{"id": "b", "name": "Engine"}]
        assert (await served.api("GET", f"{path}/a")).status == 404

    @case("members", "owner")
    async def test_paths_go_on_through_members(self, served: Served) -> None:
        """At its path, a member can be read and dissociated, but not updated."""
        api = served.api
        ada = await served.person()
        key = await served.team(members=[ada], owner=ada)
        assert (await api("PUT", f"/team/{key}/members/{ada}", json_body={"name": "x"})).status == 405
        assert (await api("GET", f"/team/{key}/owner")).json == (await api("GET", f"/team/{key}/members/{ada}")).json
        parents: list[Any] = []

        def note(sender: Any, parent: Any, field: str) -> None:
            parents.append((sender, parent.name, field))

        with post_dissociate.connected_to(note):
            assert (await api("DELETE", f"/team/{key}/members/{ada}")).status == 204
        assert parents == [(self.team, "Engine", "members")]
