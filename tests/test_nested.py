"""Paths that go on through what a model embeds and refers to, over HTTP, on each provider."""

from __future__ import annotations

import asyncio
from types import ModuleType
from typing import Any

import pytest

import bzz
from bzz import signals
from bzz.exceptions import Forbidden, Invalid
from tests.conftest import Api, Reply, Sent
from tests.teams import member, project, team

NOBODY = "5" * 24


def names(reply: Reply) -> list[str]:
    assert reply.status == 200, reply.body
    return [found["name"] for found in reply.json]


def said(sent: list[Sent]) -> list[tuple[str, str]]:
    return [(s.signal, s.sender.__name__) for s in sent]


async def test_an_embedded_document_lives_its_life_below_its_parent(teams: Api, sent: list[Sent]) -> None:
    parent = await team(teams)
    sent.clear()
    created = await teams("POST", f"/team/{parent}/projects/", form={"name": "Difference", "module.name": "m"})
    path = f"/team/{parent}/projects/{created.json['id']}"
    assert (created.status, created.headers["Location"]) == (201, path + "/")
    assert created.headers["X-Created-Id"] == created.json["id"]
    assert created.json == {
        "id": created.json["id"],
        "name": "Difference",
        "module": {"name": "m", "size": None},
        "lead": None,
        "members": [],
    }
    assert (await teams("GET", path)).json == created.json
    assert (await teams("GET", f"/team/{parent}/projects")).json == [created.json]
    updated = await teams("PUT", path, json_body={"name": "Analytical", "module": {"size": 3}})
    assert (updated.status, updated.json["module"]) == (200, {"name": "m", "size": 3})
    assert (await teams("GET", f"/team/{parent}")).json["projects"] == [updated.json]
    assert (await teams("DELETE", path)).status == 204
    assert (await teams("DELETE", path)).status == (await teams("GET", path)).status == 404
    assert (await teams("GET", f"/team/{parent}")).json["projects"] == []
    listed, one = [f"team/{parent}", "projects"], [f"team/{parent}", f"projects/{created.json['id']}"]
    lifecycle = [s for s in sent if s.sender.__name__ == "Project" and "get" not in s.signal]
    assert [(s.signal, s.keywords.get("arguments")) for s in lifecycle] == [
        ("pre_create_instance", listed),
        ("post_create_instance", None),
        ("pre_update_instance", one),
        ("post_update_instance", None),
        ("pre_delete_instance", one),
        ("post_delete_instance", None),
    ]
    diff = {"name": {"from": "Difference", "to": "Analytical"}, "module.size": {"from": None, "to": 3}}
    assert lifecycle[2].keywords["updated_fields"] == lifecycle[3].keywords["updated_fields"] == diff
    assert {type(s.keywords["instance"]).__name__ for s in lifecycle[1:]} == {"Project"}
    assert lifecycle[0].keywords["data"] == {"name": "Difference", "module": {"name": "m"}}
    assert {s.sender.__name__ for s in sent if "get" not in s.signal} == {"Project"}, "only the end of a path speaks"


async def test_a_single_embedded_document_is_set_changed_and_unset(teams: Api, sent: list[Sent]) -> None:
    parent = await team(teams)
    path = f"/team/{parent}/projects/{await project(teams, parent)}/module"
    assert (await teams("GET", path)).status == (await teams("DELETE", path)).status == 404
    assert (await teams("PUT", path, json_body={"name": "m"})).status == 404
    sent.clear()
    created = await teams("POST", path, json_body={"name": "m", "size": 1})
    assert (created.status, created.json, created.headers["Location"]) == (201, {"name": "m", "size": 1}, path + "/")
    assert "X-Created-Id" not in created.headers
    assert (await teams("POST", path, json_body={"name": "n"})).status == 409
    assert (await teams("PATCH", path, json_body={"size": None})).json == {"name": "m", "size": None}
    assert (await teams("DELETE", path)).status == 204
    assert (await teams("GET", path)).status == 404
    assert said(sent) == [
        ("pre_create_instance", "Module"),
        ("post_create_instance", "Module"),
        ("pre_create_instance", "Module"),
        ("pre_update_instance", "Module"),
        ("post_update_instance", "Module"),
        ("pre_delete_instance", "Module"),
        ("post_delete_instance", "Module"),
        ("pre_get_instance", "Module"),
    ]


async def test_writes_through_references_land_in_the_instance_referred_to(teams: Api) -> None:
    ada = await member(teams)
    parent = await team(teams, members=[ada])
    path = f"/team/{parent}/members/{ada}/addresses"
    assert (await teams("POST", path, json_body={"id": "work", "city": "London"})).status == 201
    assert (await teams("PUT", f"{path}/work", json_body={"city": "Rio"})).json == {"id": "work", "city": "Rio"}
    assert (await teams("GET", f"/member/{ada}/addresses/work")).json == {"id": "work", "city": "Rio"}
    assert (await teams("POST", f"/team/{parent}/members/{ada}/home", json_body={"id": "h"})).status == 201
    assert (await teams("GET", f"/member/{ada}")).json["home"] == {"id": "h", "city": None}
    assert (await teams("DELETE", f"{path}/work")).status == 204
    assert (await teams("GET", f"/member/{ada}")).json["addresses"] == []


async def test_an_id_of_the_clients_is_taken_once_and_stays(teams: Api) -> None:
    ada = await member(teams)
    path = f"/member/{ada}/addresses"
    assert (await teams("POST", path, json_body={"id": "a/b"})).headers["Location"] == f"{path}/a%2Fb/"
    taken = await teams("POST", path, json_body={"id": "a/b"})
    assert (taken.status, taken.json["errors"]) == (409, {"id": ["is taken"]})
    assert (await teams("PUT", f"{path}/a%2Fb", json_body={"id": "c"})).json["errors"] == {"id": ["is read-only"]}
    assert (await teams("PUT", f"{path}/a%2Fb", json_body={"id": "a/b", "city": "Rio"})).status == 200
    for wrong in ("", ".", "x" * 600):
        assert list((await teams("POST", path, json_body={"id": wrong})).json["errors"]) == ["id"]
    twice = await teams("PATCH", f"/member/{ada}", json_body={"addresses": [{"id": "x"}, {"id": "x"}]})
    assert (twice.status, list(twice.json["errors"])) == (400, ["addresses"])


async def test_what_has_no_id_is_listed_and_created_but_not_addressed(teams: Api) -> None:
    path = f"/member/{await member(teams)}/hobbies"
    for _ in range(2):
        created = await teams("POST", path, json_body={"name": "chess"})
        assert (created.status, created.json) == (201, {"name": "chess"})
        assert not {"Location", "X-Created-Id"} & set(created.headers)
    assert names(await teams("GET", path)) == ["chess", "chess"]
    assert (await teams("GET", f"{path}/chess")).status == (await teams("GET", f"{path}/0")).status == 404


async def test_a_list_inside_a_parent_has_the_stored_order_and_pages(teams: Api) -> None:
    parent = await team(teams)
    for name in ("c", "a", "d", "b"):
        await project(teams, parent, name, module={"name": "m", "size": ord(name)} if name != "d" else None)
    path = f"/team/{parent}/projects"
    assert names(await teams("GET", path)) == ["c", "a", "d", "b"]
    page = await teams("GET", f"{path}?per_page=3&count=true")
    assert (names(page), page.headers["X-Total-Count"]) == (["c", "a", "d"], "4")
    assert f'<{path}?per_page=3&count=true&page=2>; rel="next"' in page.headers["Link"]
    assert names(await teams("GET", f"{path}?per_page=3&page=2")) == ["b"]
    assert names(await teams("GET", f"{path}?sort=-name")) == ["d", "c", "b", "a"]
    assert names(await teams("GET", f"{path}?sort=module.size")) == ["d", "a", "b", "c"]
    assert names(await teams("GET", f"{path}?name__in=a,b")) == ["a", "b"]
    assert names(await teams("GET", f"{path}?module.size__gt=97&module__exists=true")) == ["c", "b"]
    assert names(await teams("GET", f"{path}?fields=name")) == ["c", "a", "d", "b"]
    assert list((await teams("GET", f"{path}?after=x")).json["errors"]) == ["after"]
    assert list((await teams("GET", f"{path}?nope=x")).json["errors"]) == ["nope"]


async def test_members_are_listed_like_any_instances(teams: Api, sent: list[Sent]) -> None:
    ids = [await member(teams, name, age=age) for name, age in (("Cy", 3), ("Ada", 1), ("Bob", 2))]
    await member(teams, "Zoe", age=1)
    parent = await team(teams, members=ids)
    path = f"/team/{parent}/members"
    sent.clear()
    assert sorted(names(await teams("GET", path))) == ["Ada", "Bob", "Cy"]
    assert [(s.signal, s.sender.__name__, s.keywords.get("arguments")) for s in sent] == [
        ("pre_get_list", "Member", [f"team/{parent}", "members"]),
        ("post_get_list", "Member", None),
    ]
    first = await teams("GET", f"{path}?sort=name&per_page=2&count=true")
    assert (names(first), first.headers["X-Total-Count"]) == (["Ada", "Bob"], "3")
    following = first.headers["Link"].split(", ")[1].split(">")[0].strip("<")
    assert "after=" in following
    assert names(await teams("GET", following)) == ["Cy"]
    assert names(await teams("GET", f"{path}?age__gte=2&sort=-age")) == ["Cy", "Bob"]
    assert names(await teams("GET", f"/team/{await team(teams)}/members")) == []


async def test_existing_instances_join_a_relation(teams: Api, sent: list[Sent]) -> None:
    ada, bob, cy = [await member(teams, name) for name in ("Ada", "Bob", "Cy")]
    parent = await team(teams)
    path = f"/team/{parent}/members"
    sent.clear()
    one = await teams("POST", path, form=f"members%5B%5D={ada}")
    assert (one.status, one.json["name"], one.headers["Location"]) == (201, "Ada", f"{path}/{ada}/")
    several = await teams("POST", path, json_body={"members": [bob, ada, cy, bob]})
    assert (several.status, [m["name"] for m in several.json]) == (201, ["Bob", "Ada", "Cy"])
    assert "Location" not in several.headers
    again = await teams("POST", path, form=[("members[]", ada), ("members[]", bob)])
    assert (again.status, [m["name"] for m in again.json]) == (200, ["Ada", "Bob"])
    assert (await teams("GET", f"/team/{parent}")).json["members"] == [ada, bob, cy]
    joins = [s for s in sent if "get" not in s.signal]
    assert [(s.signal, s.keywords["instance"].name) for s in joins] == [
        ("pre_associate", "Ada"),
        ("post_associate", "Ada"),
        ("pre_associate", "Bob"),
        ("pre_associate", "Cy"),
        ("post_associate", "Bob"),
        ("post_associate", "Cy"),
    ]
    assert {(s.sender.__name__, s.keywords["field"]) for s in joins} == {("Team", "members")}
    assert {type(s.keywords["parent"]).__name__ for s in joins} == {"Team"}
    assert all(s.keywords["arguments"] == [f"team/{parent}", "members"] for s in joins)


UNFIT: list[dict[str, Any]] = [
    {},
    {"members": []},
    {"members": None},
    {"members": "x"},
    {"members": ["x"]},
    {"members": [NOBODY]},
    {"members": [{"id": NOBODY}]},
    {"members": [None]},
    {"name": "Ada"},
    {"members": [NOBODY], "name": "Ada"},
]


@pytest.mark.parametrize("body", UNFIT)
async def test_what_cannot_join_is_refused_and_nothing_is_written(teams: Api, body: Any, sent: list[Sent]) -> None:
    ada = await member(teams)
    parent = await team(teams)
    sent.clear()
    if body.get("members") == [NOBODY]:
        body = body | {"members": [ada, NOBODY]}
    reply = await teams("POST", f"/team/{parent}/members", json_body=body)
    assert reply.status == 400
    assert {name.partition(".")[0] for name in reply.json["errors"]} <= {"members", "name"}
    assert [s for s in sent if "associate" in s.signal] == []
    assert (await teams("GET", f"/team/{parent}")).json["members"] == []


async def test_an_instance_leaves_a_relation_and_lives_on(teams: Api, sent: list[Sent]) -> None:
    ada, bob = await member(teams), await member(teams, "Bob")
    parent = await team(teams, members=[ada, bob])
    path = f"/team/{parent}/members/{ada}"
    sent.clear()
    assert (await teams("DELETE", path)).status == 204
    assert [(s.signal, s.sender.__name__, s.keywords["instance"].name, s.keywords["arguments"]) for s in sent] == [
        (f"{when}_dissociate", "Team", "Ada", [f"team/{parent}", f"members/{ada}"]) for when in ("pre", "post")
    ]
    assert (await teams("DELETE", path)).status == (await teams("GET", path)).status == 404
    assert (await teams("GET", f"/member/{ada}")).status == 200
    assert (await teams("GET", f"/team/{parent}")).json["members"] == [bob]


async def test_a_single_reference_is_replaced_and_unset(teams: Api, sent: list[Sent]) -> None:
    ada, bob = await member(teams), await member(teams, "Bob")
    parent = await team(teams)
    path = f"/team/{parent}/owner"
    assert (await teams("GET", path)).status == (await teams("DELETE", path)).status == 404
    sent.clear()
    first = await teams("POST", path, form={"owner": ada})
    assert (first.status, first.json["name"], first.headers["Location"]) == (201, "Ada", f"{path}/")
    assert (await teams("POST", path, json_body={"owner": ada})).status == 200
    assert (await teams("POST", path, json_body={"owner": bob})).status == 201
    assert (await teams("GET", path)).json["name"] == "Bob"
    assert (await teams("DELETE", path)).status == 204
    assert (await teams("GET", f"/team/{parent}")).json["owner"] is None
    changes = [
        (s.signal, s.keywords["instance"].name) for s in sent if "associate" in s.signal or "dissociate" in s.signal
    ]
    assert changes == [
        ("pre_associate", "Ada"),
        ("post_associate", "Ada"),
        ("pre_dissociate", "Ada"),
        ("pre_associate", "Bob"),
        ("post_dissociate", "Ada"),
        ("post_associate", "Bob"),
        ("pre_dissociate", "Bob"),
        ("post_dissociate", "Bob"),
    ]
    for body in ({"owner": None}, {"owner": NOBODY}, {"owner": "x"}, {"owner": [ada]}):
        assert (await teams("POST", path, json_body=body)).status == 400


async def test_relations_of_embedded_documents_work_the_same(teams: Api, sent: list[Sent]) -> None:
    ada = await member(teams)
    parent = await team(teams)
    path = f"/team/{parent}/projects/{await project(teams, parent)}"
    sent.clear()
    assert (await teams("POST", f"{path}/lead", json_body={"lead": ada})).status == 201
    assert (await teams("POST", f"{path}/members", json_body={"members": [ada]})).status == 201
    assert {(s.sender.__name__, type(s.keywords["parent"]).__name__) for s in sent} == {("Project", "Project")}
    assert (await teams("GET", f"{path}/members/{ada}")).json["name"] == "Ada"
    assert (await teams("GET", f"{path}/lead/friends")).json == []
    assert (await teams("DELETE", f"{path}/members/{ada}")).status == 204
    assert (await teams("GET", path)).json["members"] == []


@pytest.mark.parametrize("when", ["joins", "leaves"])
async def test_a_receiver_may_refuse_who_joins_and_who_leaves(teams: Api, when: str) -> None:
    ada, bob = await member(teams), await member(teams, "Bob")
    parent = await team(teams, members=[ada] if when == "leaves" else [])

    @(signals.pre_associate if when == "joins" else signals.pre_dissociate).connect
    def refuse(sender: Any, instance: Any, parent: Any, field: str) -> None:
        if (instance.name, parent.name, field) == ("Ada", "Engine", "members"):
            raise Forbidden("not Ada")

    if when == "joins":
        reply = await teams("POST", f"/team/{parent}/members", json_body={"members": [bob, ada]})
    else:
        reply = await teams("DELETE", f"/team/{parent}/members/{ada}")
    assert reply.status == 403
    assert (await teams("GET", f"/team/{parent}")).json["members"] == ([ada] if when == "leaves" else [])


async def test_an_embedded_document_that_its_receivers_or_model_refuse_is_not_stored(teams: Api) -> None:
    parent = await team(teams)
    identifier = await project(teams, parent)
    path = f"/team/{parent}/projects"

    @signals.pre_create_instance.connect
    @signals.pre_update_instance.connect
    def refuse(sender: Any, data: dict[str, Any]) -> None:
        if data["name"] == "no":
            raise Invalid(errors={"name": ["is no name"]})

    for method, where in (("POST", path), ("PUT", f"{path}/{identifier}")):
        assert (await teams(method, where, json_body={"name": "no"})).json["errors"] == {"name": ["is no name"]}
        assert (await teams(method, where, json_body={"name": "much too long for a project"})).status == 400
    assert names(await teams("GET", path)) == ["Difference"]


async def test_what_is_wrong_inside_is_named_as_the_path_sees_it(teams: Api) -> None:
    parent = await team(teams)
    path = f"/team/{parent}/projects"
    assert (await teams("POST", path, json_body={"module": {"size": "x"}})).json["errors"] == {
        "module.size": ["expected an integer"]
    }
    assert list((await teams("POST", path, json_body={"name": "x", "module": {}})).json["errors"]) == ["module.name"]
    assert list((await teams("POST", path, json_body={})).json["errors"]) == ["name"]
    assert list((await teams("POST", path, json_body={"name": "x", "lead": NOBODY})).json["errors"]) == ["lead"]
    bad = await teams("POST", path, json_body={"name": "x", "members": [NOBODY], "nope": 1})
    assert list(bad.json["errors"]) == ["nope"]


async def test_what_a_path_does_not_lead_to_is_not_found(teams: Api) -> None:
    ada, bob = await member(teams), await member(teams, "Bob")
    parent, other = await team(teams, members=[ada]), await team(teams, members=[bob])
    identifier = await project(teams, other)
    for path in (
        f"/team/{parent}/members/{bob}",
        f"/team/{parent}/members/{NOBODY}",
        f"/team/{parent}/members/x",
        f"/team/{parent}/members/{bob}/addresses",
        f"/team/{parent}/projects/{identifier}",
        f"/team/{parent}/projects/x",
        f"/team/{NOBODY}/members",
        f"/team/{NOBODY}/projects",
        f"/team/{parent}/owner",
        f"/team/{parent}/owner/addresses",
        f"/team/{parent}/owner/{ada}",
        f"/team/{parent}/name",
        f"/team/{parent}/__class__",
        f"/team/{parent}/nope",
        f"/team/{parent}/members/{ada}/friends/{ada}/friends/{ada}/friends",
        f"/team/{parent}/members/{ada}/x/y",
        f"/team/{parent}//members",
        f"/team/{parent}/members/%ff",
        f"/member/{ada}/tags",
    ):
        reply = await teams("GET", path)
        assert (reply.status, reply.headers["Content-Type"]) == (404, "application/problem+json"), path
    for method, path, body in (
        ("POST", f"/team/{NOBODY}/projects", {"name": "x"}),
        ("POST", f"/team/{NOBODY}/members", {"members": [ada]}),
        ("PUT", f"/team/{parent}/projects/{identifier}", {"name": "x"}),
        ("DELETE", f"/team/{parent}/projects/{identifier}", None),
        ("DELETE", f"/team/{parent}/members/{bob}", None),
        ("DELETE", f"/team/{parent}/members/{bob}/addresses/x", None),
    ):
        assert (await teams(method, path, json_body=body)).status == 404, path
    assert names(await teams("GET", f"/team/{other}/projects")) == ["Difference"]


async def test_each_path_takes_the_methods_that_fit_it(teams: Api) -> None:
    ada = await member(teams, home={"id": "h"})
    parent = await team(teams, members=[ada], owner=ada)
    identifier = await project(teams, parent)
    for path, allowed in (
        (f"/team/{parent}/members", "GET, HEAD, POST, OPTIONS"),
        (f"/team/{parent}/members/{ada}", "GET, HEAD, DELETE, OPTIONS"),
        (f"/team/{parent}/owner", "GET, HEAD, POST, DELETE, OPTIONS"),
        (f"/team/{parent}/projects", "GET, HEAD, POST, OPTIONS"),
        (f"/team/{parent}/projects/{identifier}", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        (f"/team/{parent}/projects/{identifier}/module", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"),
    ):
        options = await teams("OPTIONS", path)
        assert (options.status, options.headers["Allow"]) == (204, allowed)
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - set(allowed.split(", ")):
            refused = await teams(method, path, body="{}")
            assert (refused.status, refused.headers["Allow"]) == (405, allowed), (method, path)
    assert (await teams("HEAD", f"/team/{parent}/members/{ada}")).body == b""


async def test_hidden_instances_are_hidden_on_every_way_to_them(teams: Api) -> None:
    ada, gone = await member(teams), await member(teams, "Gone")
    parent = await team(teams, members=[ada, gone], owner=gone)
    assert (await teams("PUT", f"/member/{gone}", json_body={"retired": True})).status == 200
    assert names(await teams("GET", f"/team/{parent}/members")) == ["Ada"]
    for path in ("members/" + gone, "owner", f"members/{gone}/addresses", "owner/friends"):
        assert (await teams("GET", f"/team/{parent}/{path}")).status == 404
    assert (await teams("GET", f"/team/{parent}")).json["members"] == [ada, gone]
    expanded = (await teams("GET", f"/team/{parent}?expand=members,owner")).json
    assert ([m and m["name"] for m in expanded["members"]], expanded["owner"]) == (["Ada", None], None)
    other = await team(teams)
    assert (await teams("POST", f"/team/{other}/members", json_body={"members": [gone]})).status == 400
    for body in ({"owner": gone}, {"members": [ada, gone]}, {"projects": [{"name": "x", "lead": gone}]}):
        refused = await teams("PUT", f"/team/{other}", json_body=body)
        assert refused.status == 400
        assert refused.json["errors"].popitem()[1] == [f"there is no Member {gone}"]
    assert (await teams("PUT", f"/team/{parent}", json_body={"members": [gone]})).status == 200, "it was there before"


async def test_options_hold_wherever_the_model_is_reached(
    api: Api, served: Any, models: ModuleType, sent: list[Sent]
) -> None:
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team),
        bzz.ModelHive.routes_for(
            served, models.Member, write_only=["password"], read_only=["addresses"], exclude=["age"], sort="-name"
        ),
        bzz.ModelHive.routes_for(served, models.Member, "readers", methods=["GET", "POST"], max_per_page=3, per_page=2),
    )
    people = [await member(api, name, password="secret") for name in ("Ada", "Bob", "Cy")]  # noqa: S106  # nobody's
    parent = await team(api, owner=people[0])
    path = f"/team/{parent}/members"
    assert (await api("POST", path, json_body={"members": people})).status == 201
    assert names(await api("GET", path)) == ["Cy", "Bob"]
    assert (await api("GET", f"{path}?per_page=4")).status == 400
    one = await api("GET", f"{path}/{people[0]}")
    expanded = (await api("GET", f"/team/{parent}?expand=owner,members")).json
    for body in (one.json, expanded["owner"], *expanded["members"]):
        assert not {"password", "age"} & set(body)
    for query in ("password=secret", "age=1", "sort=age", "fields=password", "password__startswith=s"):
        assert (await api("GET", f"{path}?{query}")).status == 400, query
    assert (await api("DELETE", f"{path}/{people[0]}")).status == 405
    assert (await api("OPTIONS", f"{path}/{people[0]}")).headers["Allow"] == "GET, HEAD, OPTIONS"
    assert (await api("POST", f"{path}/{people[0]}/addresses", json_body={"id": "x"})).status == 405
    assert (await api("OPTIONS", f"/team/{parent}/owner")).headers["Allow"] == "GET, HEAD, POST, OPTIONS"


async def test_a_relation_that_may_not_be_seen_or_written_is_no_way(api: Api, served: Any, models: ModuleType) -> None:
    api.mount(
        bzz.ModelHive.routes_for(
            served, models.Team, exclude=["owner"], write_only=["members"], read_only=["projects"]
        ),
        bzz.ModelHive.routes_for(served, models.Member),
    )
    ada = await member(api)
    parent = await team(api, members=[ada])
    assert (await api("GET", f"/team/{parent}/owner")).status == 404
    assert (await api("GET", f"/team/{parent}/members")).status == 404
    assert (await api("POST", f"/team/{parent}/members", json_body={"members": [ada]})).status == 404
    assert (await api("GET", f"/team/{parent}/members/{ada}/addresses")).status == 404
    assert (await api("GET", f"/team/{parent}/projects")).status == 200
    assert (await api("POST", f"/team/{parent}/projects", json_body={"name": "x"})).status == 405
    assert (await api("GET", f"/team/{parent}?expand=owner")).status == 400


async def test_a_model_without_get_is_not_expanded(api: Api, served: Any, models: ModuleType) -> None:
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team),
        bzz.ModelHive.routes_for(served, models.Member, methods=["POST"]),
    )
    parent = await team(api)
    assert (await api("GET", f"/team/{parent}?expand=owner")).status == 400
    assert (await api("GET", f"/team/{parent}/owner")).status == 405


async def test_fifty_clients_that_add_different_members_at_once_lose_none(teams: Api) -> None:
    people = await asyncio.gather(*(member(teams, f"m{n}") for n in range(50)))
    parent = await team(teams)
    replies = await asyncio.gather(
        *(teams("POST", f"/team/{parent}/members", json_body={"members": [person]}) for person in people)
    )
    assert {reply.status for reply in replies} == {201}
    assert sorted((await teams("GET", f"/team/{parent}")).json["members"]) == sorted(people)


async def test_updates_inside_a_list_never_land_in_another_item(teams: Api) -> None:
    ada = await member(teams, addresses=[{"id": str(n), "city": "-"} for n in range(20)])
    path = f"/member/{ada}/addresses"
    acts = [teams("DELETE", f"{path}/{n}") for n in range(0, 20, 2)]
    acts += [teams("PUT", f"{path}/{n}", json_body={"city": f"city {n}"}) for n in range(1, 20, 2)]
    assert {reply.status for reply in await asyncio.gather(*acts)} == {200, 204}
    assert (await teams("GET", path)).json == [{"id": str(n), "city": f"city {n}"} for n in range(1, 20, 2)]
