"""The requests to paths below an instance: embedded documents and members, on each provider."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import bzz
from bzz import signals
from bzz.exceptions import Invalid
from bzz.testing import Sent
from tests.support.client import Api
from tests.support.teams import member, names, project, team


def sent_by(sent: list[Sent]) -> list[tuple[str, str]]:
    return [(s.signal, s.sender.__name__) for s in sent]


async def test_an_embedded_document_is_created_read_updated_and_deleted_below_its_parent(
    teams: Api, sent: list[Sent]
) -> None:
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
    about = [s for s in sent if s.sender.__name__ == "Project"]
    written = [s for s in about if not ("get" in s.signal or s.signal == "request_failed")]
    assert [(s.signal, s.keywords["arguments"]) for s in written] == [
        ("pre_create_instance", listed),
        ("post_create_instance", listed),
        ("pre_update_instance", one),
        ("post_update_instance", one),
        ("pre_delete_instance", one),
        ("post_delete_instance", one),
    ]
    diff = {"name": {"from": "Difference", "to": "Analytical"}, "module.size": {"from": None, "to": 3}}
    assert written[2].keywords["updated_fields"] == written[3].keywords["updated_fields"] == diff
    assert {type(s.keywords["instance"]).__name__ for s in written[1:]} == {"Project"}
    assert written[0].keywords["data"] == {"name": "Difference", "module": {"name": "m"}}
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
    assert sent_by(sent) == [
        ("pre_create_instance", "Module"),
        ("post_create_instance", "Module"),
        ("pre_create_instance", "Module"),
        ("request_failed", "Module"),
        ("pre_update_instance", "Module"),
        ("post_update_instance", "Module"),
        ("pre_delete_instance", "Module"),
        ("post_delete_instance", "Module"),
        ("pre_get_instance", "Module"),
        ("request_failed", "Module"),
    ]


async def test_an_id_of_the_client_is_unique_in_its_list_and_never_changes(teams: Api) -> None:
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


async def test_a_document_without_an_id_is_listed_and_created_but_has_no_path(teams: Api) -> None:
    path = f"/member/{await member(teams)}/hobbies"
    for _ in range(2):
        created = await teams("POST", path, json_body={"name": "chess"})
        assert (created.status, created.json) == (201, {"name": "chess"})
        assert not {"Location", "X-Created-Id"} & set(created.headers)
    assert names(await teams("GET", path)) == ["chess", "chess"]
    assert (await teams("GET", f"{path}/chess")).status == (await teams("GET", f"{path}/0")).status == 404


async def test_a_list_of_embedded_documents_is_in_stored_order_and_paged(teams: Api) -> None:
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
    assert [(s.signal, s.sender.__name__, s.keywords["arguments"]) for s in sent] == [
        ("pre_get_list", "Member", [f"team/{parent}", "members"]),
        ("post_get_list", "Member", [f"team/{parent}", "members"]),
    ]
    first = await teams("GET", f"{path}?sort=name&per_page=2&count=true")
    assert (names(first), first.headers["X-Total-Count"]) == (["Ada", "Bob"], "3")
    following = first.headers["Link"].split(", ")[1].split(">")[0].strip("<")
    assert "after=" in following
    assert names(await teams("GET", following)) == ["Cy"]
    assert names(await teams("GET", f"{path}?age__gte=2&sort=-age")) == ["Cy", "Bob"]
    assert names(await teams("GET", f"/team/{await team(teams)}/members")) == []


async def test_an_embedded_document_that_receivers_or_the_model_refuse_is_not_stored(teams: Api) -> None:
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


async def test_a_relation_that_requests_may_not_read_has_no_path(api: Api, served: Any, models: ModuleType) -> None:
    api.mount(
        bzz.ModelHive.routes_for(served, models.Member, write_only=["home", "addresses", "friends"]),
    )
    ada = await member(api, home={"id": "h"}, addresses=[{"id": "a"}])
    for path in ("home", "addresses", "addresses/a", "friends", f"friends/{ada}"):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            assert (await api(method, f"/member/{ada}/{path}", body="{}")).status == 404


@pytest.mark.parametrize("parameter", ["name=Ada", "name__ne=Ada", "sort=name", "page=1", "x=1"])
async def test_a_write_with_an_unknown_parameter_is_refused_by_name(teams: Api, parameter: str) -> None:
    """A condition in the query string of a write is never ignored."""
    ada, bob = await member(teams), await member(teams, "Bob")
    at = f"/team/{await team(teams, members=[ada])}"
    task = f"{at}/projects/{await project(teams, at.rpartition('/')[2])}"
    before = (await teams("GET", at)).json
    for method, path, body in (
        ("POST", "/team", {"name": "New"}),
        ("PUT", at, {"name": "Changed"}),
        ("PATCH", at, {"name": "Changed"}),
        ("DELETE", at, None),
        ("POST", f"{at}/projects", {"name": "New"}),
        ("PATCH", task, {"name": "Changed"}),
        ("DELETE", task, None),
        ("POST", f"{at}/members", {"members": [bob]}),
        ("DELETE", f"{at}/members/{ada}", None),
    ):
        reply = await teams(method, f"{path}?{parameter}", json_body=body)
        key = parameter.partition("=")[0]
        assert (reply.status, reply.json["errors"]) == (400, {key: ["unknown; there are fields, expand"]})
    assert (await teams("GET", at)).json == before
    assert len((await teams("GET", "/team")).json) == 1


async def test_a_model_without_get_is_not_shown_by_any_write(api: Api, served: Any, models: ModuleType) -> None:
    """Neither its own routes nor a relation that leads to it show an instance."""
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team),
        bzz.ModelHive.routes_for(served, models.Member, methods=["POST", "PUT", "PATCH"]),
    )
    created = await api("POST", "/member", json_body={"name": "Ada", "age": 36})
    ada = created.headers["X-Created-Id"]
    at = f"/team/{await team(api)}"
    replies = [
        created,
        await api("PUT", f"/member/{ada}", json_body={"age": 37}),
        await api("PATCH", f"/member/{ada}", json_body={}),
        await api("POST", f"{at}/members", json_body={"members": [ada]}),
        await api("POST", f"{at}/members", json_body={"members": [ada]}),
    ]
    assert [(one.status, one.body) for one in replies] == [(201, b"")] + [(204, b"")] * 4
    assert not any("ETag" in one.headers for one in replies)
    assert (await api("GET", at)).json["members"] == [ada]


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("tag", ["*", '"x"'])
async def test_a_model_without_get_compares_no_entity_tag(
    api: Api, served: Any, models: ModuleType, header: str, tag: str
) -> None:
    api.mount(bzz.ModelHive.routes_for(served, models.Member, methods=["POST", "PUT", "DELETE"]))
    ada = (await api("POST", "/member", json_body={"name": "Ada"})).headers["X-Created-Id"]
    for method, body in (("PUT", {"name": "Bob"}), ("DELETE", None)):
        reply = await api(method, f"/member/{ada}", json_body=body, headers={header: tag})
        assert (reply.status, reply.json["detail"]) == (
            400,
            "GET is not allowed here, so leave out If-Match and If-None-Match.",
        )
        assert "ETag" not in reply.headers
