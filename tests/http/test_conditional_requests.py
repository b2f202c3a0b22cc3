"""Entity tags, ``If-None-Match`` and ``If-Match``, on each provider."""

from __future__ import annotations

import asyncio
from types import ModuleType
from typing import Any

import pytest

import bzz
from bzz import signals
from bzz.testing import Sent
from tests.support.client import Api
from tests.support.conditional import tagged, write
from tests.support.teams import member, project, team


async def test_an_entity_tag_names_the_stored_state_in_any_representation(teams: Api) -> None:
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


async def test_an_entity_tag_does_not_change_with_a_field_that_requests_may_not_read(
    api: Api, served: Any, models: ModuleType
) -> None:
    api.mount(bzz.ModelHive.routes_for(served, models.Member, write_only=["password"]))
    one = await api("POST", "/member", json_body={"name": "Ada"})
    path = f"/member/{one.json['id']}"
    assert (await write(api, "PUT", path, {"password": "1234"})).headers["ETag"] == one.headers["ETag"]
    assert (await write(api, "PUT", path, {"password": "5"}, If_Match=one.headers["ETag"])).status == 200


async def test_an_unchanged_representation_is_304(teams: Api) -> None:
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


async def test_a_write_with_a_precondition_that_does_not_hold_is_412_and_not_announced(
    teams: Api, sent: list[Sent]
) -> None:
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


async def test_a_dissociate_may_have_a_precondition_on_the_member(teams: Api) -> None:
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


async def test_if_match_compares_all_fields_not_the_written_ones_alone(teams: Api) -> None:
    path, both = f"/member/{await member(teams)}", asyncio.Barrier(2)
    etag = await tagged(teams, path)

    @signals.pre_update_instance.connect
    async def meet(sender: Any) -> None:
        await both.wait()

    bodies: list[dict[str, Any]] = [{"age": 3}, {"home": {"id": "h"}}]
    replies = await asyncio.gather(*(write(teams, "PUT", path, body, If_Match=etag) for body in bodies))
    assert sorted(reply.status for reply in replies) == [200, 412]


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


async def test_a_delete_compares_again_after_its_announcement(teams: Api) -> None:
    ada = await member(teams)
    path = f"/member/{ada}"

    @signals.pre_delete_instance.connect
    async def change(sender: Any) -> None:
        await write(teams, "PUT", path, {"age": 9})

    assert (await write(teams, "DELETE", path, If_Match=await tagged(teams, path))).status == 412
    assert (await teams("GET", path)).json["age"] == 9
