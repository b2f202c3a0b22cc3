"""Where paths lead, over HTTP, on each provider."""

from __future__ import annotations

from typing import Any

import mongoengine

from tests.support.client import Api
from tests.support.teams import NOBODY, documents, member, names, project, team


async def test_a_write_through_a_reference_changes_the_referenced_instance(teams: Api) -> None:
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


async def test_errors_are_keyed_as_seen_from_the_end_of_the_path(teams: Api) -> None:
    parent = await team(teams)
    path = f"/team/{parent}/projects"
    assert (await teams("POST", path, json_body={"name": "x", "module": {"size": "x"}})).json["errors"] == {
        "module.size": ["expected an integer"]
    }
    assert list((await teams("POST", path, json_body={"name": "x", "module": {}})).json["errors"]) == ["module.name"]
    assert list((await teams("POST", path, json_body={})).json["errors"]) == ["name"]
    assert list((await teams("POST", path, json_body={"name": "x", "lead": NOBODY})).json["errors"]) == ["lead"]
    bad = await teams("POST", path, json_body={"name": "x", "members": [NOBODY], "nope": 1})
    assert list(bad.json["errors"]) == ["nope"]


async def test_a_path_to_no_instance_is_not_found(teams: Api) -> None:
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


async def test_an_instance_that_a_hook_hides_is_hidden_on_each_path(teams: Api) -> None:
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


async def test_errors_of_a_model_are_keyed_as_seen_from_the_end_of_the_path(teams: Api, store: str) -> None:
    parent = await team(teams)
    refused = await teams("POST", f"/team/{parent}/projects", json_body={"name": "much too long for a project"})
    said = (refused.status, refused.json["detail"], refused.json.get("errors"))
    assert said == {
        "memory": (400, "The name of a project is short.", None),
        "mongoengine": (400, "The input is not valid.", {"name": ["String value is too long"]}),
    }.get(store)


async def test_errors_elsewhere_in_the_parent_become_the_detail(teams: Api, store: str) -> None:
    if store != "mongoengine":
        return
    parent = await team(teams)
    second = [(await teams.create(f"/team/{parent}/projects", name=name))["id"] for name in ("a", "b")][1]

    def refuse(sender: Any, document: Any) -> None:
        wrong = {"name": "is odd", "projects": {0: {"name": "is long"}, 1: {"name": "is longer"}}}
        raise mongoengine.ValidationError("No.", errors=wrong)

    with mongoengine.signals.pre_save.connected_to(refuse, sender=documents.Team):
        refused = await teams("PUT", f"/team/{parent}/projects/{second}", json_body={"name": "c"})
    assert refused.json["errors"] == {"name": ["is longer"]}
    assert refused.json["detail"] == "name: is odd projects.0.name: is long"
