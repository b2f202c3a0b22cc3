"""Embedded documents, methods and conditional requests, over HTTP, on each provider."""

from __future__ import annotations

import asyncio
import re
from types import ModuleType
from typing import Any

import pytest

import bzz
from bzz import signals
from bzz.exceptions import Invalid
from bzz.providers.memory import MemoryProvider
from bzz.testing import Sent
from bzz.testing.client import Reply
from tests.support.client import Api
from tests.support.models import User
from tests.support.teams import member, names, project, team


def said(sent: list[Sent]) -> list[tuple[str, str]]:
    return [(s.signal, s.sender.__name__) for s in sent]


ETAG = re.compile(r'"[0-9a-f]{32}"')


async def tagged(api: Api, path: str) -> str:
    etag: str = (await api("GET", path)).headers["ETag"]
    assert ETAG.fullmatch(etag)
    return etag


async def write(api: Api, method: str, path: str, body: Any = None, **headers: str) -> Reply:
    return await api(method, path, json_body=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


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
    assert said(sent) == [
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


async def test_an_entity_tag_is_of_the_stored_state_however_it_is_shown(teams: Api) -> None:
    created = await teams("POST", "/member", json_body={"name": "Ada", "addresses": [{"id": "a"}]})
    ada = created.json["id"]
    etag = created.headers["ETag"]
    parent = await team(teams, members=[ada])
    for path in (
        f"/member/{ada}",
        f"/member/{ada}?fields=name",
        f"/member/{ada}?expand=friends",
        f"/team/{parent}/members/{ada}",
    ):
        assert await tagged(teams, path) == etag
    same = await write(teams, "PUT", f"/member/{ada}", {"name": "Ada"})
    assert same.headers["ETag"] == etag
    changed = await write(teams, "PUT", f"/member/{ada}", {"age": 3})
    assert changed.headers["ETag"] == await tagged(teams, f"/member/{ada}") != etag
    back = await write(teams, "PUT", f"/member/{ada}", {"age": None})
    assert back.headers["ETag"] == etag
    assert "ETag" not in (await teams("GET", "/member")).headers


async def test_a_hidden_value_has_no_part_in_the_entity_tag(api: Api, served: Any, models: ModuleType) -> None:
    api.mount(bzz.ModelHive.routes_for(served, models.Member, write_only=["password"]))
    one = await api("POST", "/member", json_body={"name": "Ada"})
    path = f"/member/{one.json['id']}"
    assert (await write(api, "PUT", path, {"password": "1234"})).headers["ETag"] == one.headers["ETag"]
    assert (await write(api, "PUT", path, {"password": "5"}, If_Match=one.headers["ETag"])).status == 200


async def test_what_the_client_has_already_is_not_sent_again(teams: Api) -> None:
    ada = await member(teams)
    path = f"/member/{ada}"
    etag = await tagged(teams, path)
    for value in (etag, f'"x", W/{etag}', "*"):
        for method in ("GET", "HEAD"):
            reply = await write(teams, method, path, If_None_Match=value)
            assert (reply.status, reply.body, reply.headers["ETag"]) == (304, b"", etag)
    assert (await write(teams, "GET", path + "?fields=name", If_None_Match=etag)).status == 304
    assert (await write(teams, "GET", path, If_None_Match='"x"')).status == 200
    assert (await write(teams, "GET", path + "?expand=friends", If_None_Match=etag)).status == 200
    assert (await write(teams, "GET", "/member", If_None_Match="*")).status == 200

    @signals.post_get_instance.connect
    def watch(sender: Any) -> None:
        """May change what is shown."""

    assert (await write(teams, "GET", path, If_None_Match=etag)).status == 200


async def test_a_write_happens_only_in_the_state_it_was_made_for(teams: Api, sent: list[Sent]) -> None:
    ada = await member(teams, age=1)
    path = f"/member/{ada}"
    old = await tagged(teams, path)
    new = (await write(teams, "PATCH", path, {"age": 2}, If_Match=f'"x", {old}')).headers["ETag"]
    sent.clear()
    for wrong in (old, f"W/{new}", '"x"', "nonsense", ""):
        for method in ("PUT", "PATCH", "DELETE"):
            reply = await write(teams, method, path, {"age": 3}, If_Match=wrong)
            assert (reply.status, reply.headers["ETag"]) == (412, new), wrong
    for excluded in (new, "*", f'"x", W/{new}'):
        assert (await write(teams, "PUT", path, {"age": 3}, If_None_Match=excluded)).status == 412
    assert sent == [], "nobody is told of what will not be"
    assert (await write(teams, "PUT", path, {"age": 3}, If_None_Match=old)).status == 200
    assert (await write(teams, "PUT", path, {"age": 3}, If_Match="*")).status == 200
    signals.pre_update_instance._clear_state()
    assert (await write(teams, "PUT", path, {"age": 4}, If_Match=old)).status == 412
    assert (await write(teams, "DELETE", path, If_Match=await tagged(teams, path))).status == 204
    assert (await write(teams, "PUT", path, {"age": 3}, If_Match="*")).status == 404


@pytest.mark.parametrize("watched", [True, False])
async def test_embedded_documents_have_entity_tags_of_their_own(teams: Api, watched: bool) -> None:
    if watched:
        for signal in (signals.pre_update_instance, signals.pre_delete_instance):
            signal.connect(lambda sender: None, weak=False)
    parent = await team(teams)
    path = f"/team/{parent}/projects/{await project(teams, parent)}"
    etag = await tagged(teams, path)
    await project(teams, parent, "Another")
    assert await tagged(teams, path) == etag
    changed = await write(teams, "PUT", path, {"name": "New"}, If_Match=etag)
    assert changed.status == 200
    for method in ("PUT", "DELETE"):
        assert (await write(teams, method, path, {"name": "Newer"}, If_Match=etag)).status == 412
    assert (await write(teams, "DELETE", path, If_Match=changed.headers["ETag"])).status == 204


async def test_leaving_a_relation_may_depend_on_the_state_of_who_leaves(teams: Api) -> None:
    ada = await member(teams)
    path = f"/team/{await team(teams, members=[ada])}/members/{ada}"
    assert (await write(teams, "DELETE", path, If_Match='"x"')).status == 412
    assert (await write(teams, "DELETE", path, If_Match=await tagged(teams, path))).status == 204


@pytest.mark.parametrize("watched", [True, False])
async def test_of_fifty_conditional_updates_at_once_exactly_one_wins(teams: Api, watched: bool) -> None:
    if watched:
        signals.pre_update_instance.connect(lambda sender: None, weak=False)
    ada = await member(teams, age=0)
    path = f"/member/{ada}"
    for turn in range(3):
        etag = await tagged(teams, path)
        replies = await asyncio.gather(
            *(write(teams, "PUT", path, {"tags": [f"{turn}.{n}"]}, If_Match=etag) for n in range(50))
        )
        [winner] = [reply for reply in replies if reply.status == 200]
        assert sorted({reply.status for reply in replies}) == [200, 412]
        assert (await teams("GET", path)).json == winner.json


async def test_updates_of_different_fields_at_once_both_survive(teams: Api) -> None:
    parent = await team(teams)
    one, two = await project(teams, parent), await project(teams, parent)
    ada = await member(teams)
    both = asyncio.Barrier(2)

    @signals.pre_update_instance.connect
    async def meet(sender: Any) -> None:
        if sender.__name__ in ("Member", "Project"):
            await both.wait()

    await asyncio.gather(
        write(teams, "PUT", f"/member/{ada}", {"age": 3}), write(teams, "PUT", f"/member/{ada}", {"home": {"id": "h"}})
    )
    found = (await teams("GET", f"/member/{ada}")).json
    assert (found["age"], found["home"]["id"]) == (3, "h")
    await asyncio.gather(
        write(teams, "PUT", f"/team/{parent}/projects/{one}", {"name": "One"}),
        write(teams, "PUT", f"/team/{parent}/projects/{two}", {"module": {"name": "m"}}),
    )
    [first, second] = (await teams("GET", f"/team/{parent}/projects")).json
    assert (first["name"], second["module"]["name"]) == ("One", "m")


async def test_a_malformed_entity_tag_is_none(teams: Api) -> None:
    path = f"/member/{await member(teams)}"
    etag = await tagged(teams, path)
    for wrong in ('"abc*', "abc*", "W/*", "foo, *", '*"a"', '"a" *', f"{etag} *", f"x{etag}", "*, *"):
        assert (await write(teams, "PUT", path, {"age": 1}, If_Match=wrong)).status == 412, wrong
    assert (await write(teams, "PUT", path, {"age": 1}, If_Match=f' "a,b" , {etag} ')).status == 200


async def test_a_delete_looks_again_before_it_deletes(teams: Api) -> None:
    ada = await member(teams)
    path = f"/member/{ada}"

    @signals.pre_delete_instance.connect
    async def change(sender: Any) -> None:
        await write(teams, "PUT", path, {"age": 9})

    assert (await write(teams, "DELETE", path, If_Match=await tagged(teams, path))).status == 412
    assert (await teams("GET", path)).json["age"] == 9


async def test_a_method_nobody_knows_on_a_path_that_leads_nowhere_is_a_problem(teams: Api) -> None:
    reply = await teams("TRACE", "/team/x/nope")
    assert (reply.status, reply.headers["Content-Type"]) == (405, "application/problem+json")


async def test_relations_that_are_hidden_are_no_way_to_what_they_hold(
    api: Api, served: Any, models: ModuleType
) -> None:
    api.mount(
        bzz.ModelHive.routes_for(served, models.Member, write_only=["home", "addresses", "friends"]),
    )
    ada = await member(api, home={"id": "h"}, addresses=[{"id": "a"}])
    for path in ("home", "addresses", "addresses/a", "friends", f"friends/{ada}"):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            assert (await api(method, f"/member/{ada}/{path}", body="{}")).status == 404


async def test_if_match_is_of_all_fields_whichever_are_written(teams: Api) -> None:
    path, both = f"/member/{await member(teams)}", asyncio.Barrier(2)
    etag = await tagged(teams, path)

    @signals.pre_update_instance.connect
    async def meet(sender: Any) -> None:
        await both.wait()

    bodies: list[dict[str, Any]] = [{"age": 3}, {"home": {"id": "h"}}]
    replies = await asyncio.gather(*(write(teams, "PUT", path, body, If_Match=etag) for body in bodies))
    assert sorted(reply.status for reply in replies) == [200, 412]


async def test_a_subclass_may_answer_without_awaiting(api: Api, provider: MemoryProvider) -> None:
    class Short(bzz.ModelHandler):
        def get(self) -> None:  # type: ignore[override]
            self.finish("short")

    api.mount(bzz.ModelHive.routes_for(provider, User, handler_class=Short))
    assert (await api("GET", "/user")).body == b"short"
    assert (await api("POST", "/user", json_body={"name": "Ada"})).status == 201
