"""Replies: what a caller may not read is not shown, not compared, and not larger than allowed."""

from __future__ import annotations

from typing import Any

import pytest

import bzz
from bzz.exceptions import PreconditionFailed
from tests.lifecycle.relations.conftest import World
from tests.lifecycle.relations.models import Group, Note, Profile, Project, Team, User


async def test_a_model_without_a_hive_shows_nothing_through_a_reference(world: World) -> None:
    world.serve(Note)
    await world.store(User, password="s3cret")
    await world.store(Note, owner=1)
    for path in ("/note?expand=owner", "/note/1?expand=owner", "/note/1/owner", "/note/1/owner/notes"):
        reply = await world.api("GET", path)
        assert reply.status in (400, 404), path
        assert b"s3cret" not in reply.body
    assert (await world.api("GET", "/note/1")).json["owner"] == "1"
    assert (await world.api("PATCH", "/note/1", json_body={"owner": "9"})).status == 400


async def test_who_may_not_read_learns_nothing_by_repeating_values(world: World) -> None:
    world.serve(User, methods=["POST", "PATCH"], read_only=["balance"])
    await world.store(User, balance=700)
    replies = [await world.api("PATCH", "/user/1", json_body=body) for body in ({"balance": 699}, {"balance": 700})]
    assert [(reply.status, reply.json["errors"]) for reply in replies] == [(400, {"balance": ["is read-only"]})] * 2
    assert (await world.api("PATCH", "/user/1", json_body={"id": "1"})).status == 400
    for tag in ("*", '"x"'):
        refused = await world.api("PATCH", "/user/1", json_body={"name": "x"}, headers={"If-Match": tag})
        assert (refused.status, refused.headers.get("ETag")) == (400, None)
    changed = await world.api("PATCH", "/user/1", json_body={"name": "x"})
    assert (changed.status, changed.body, changed.headers.get("ETag")) == (204, b"", None)


async def test_a_tag_covers_the_relations_that_its_reply_shows(world: World) -> None:
    world.serve(User)
    world.serve(Group)
    await world.store(User)
    for _ in range(3):
        await world.store(Group)
    plain = (await world.api("GET", "/user/1")).headers["ETag"]
    shown = (await world.api("GET", "/user/1?fields=groups")).headers["ETag"]
    uncovered = await world.api("PATCH", "/user/1", json_body={"groups": ["1"]}, headers={"If-Match": plain})
    assert uncovered.status == PreconditionFailed.status_code
    assert "?fields=groups" in uncovered.json["detail"]
    first = await world.api("PATCH", "/user/1", json_body={"groups": ["1"]}, headers={"If-Match": shown})
    second = await world.api("PATCH", "/user/1", json_body={"groups": ["2"]}, headers={"If-Match": shown})
    assert (first.status, second.status) == (200, 412)
    again = first.headers["ETag"]
    assert (await world.api("PATCH", "/user/1", json_body={"groups": ["3"]}, headers={"If-Match": again})).status == 200
    assert (await world.api("PATCH", "/user/1", json_body={"name": "x"}, headers={"If-Match": plain})).status == 200
    forged = f'{plain[:-1]}.groups,password,nope"'
    assert (await world.api("DELETE", "/user/1", headers={"If-Match": forged})).status == 412
    now = (await world.api("GET", "/user/1?expand=groups")).headers["ETag"]
    assert (await world.api("DELETE", "/user/1", headers={"If-Match": now})).status == 204


async def test_a_reply_is_no_longer_than_allowed_however_often_an_instance_is_repeated(world: World) -> None:
    world.serve(User, max_reply=100_000)
    world.serve(Note, max_reply=100_000, max_per_page=1000)
    world.serve(Team)
    await world.store(User, name="x" * 10_000)
    for _ in range(20):
        await world.store(Note, owner=1)
    refused = await world.api("GET", "/note?expand=owner")
    assert (refused.status, "100000 bytes" in refused.json["detail"]) == (400, True)
    assert (await world.api("GET", "/note?expand=owner&per_page=5")).status == 200
    assert (await world.api("GET", "/note?expand=owner.notes&per_page=5")).status == 200
    for _ in range(12):
        await world.store(User, name="y" * 10_000)
    assert (await world.api("GET", "/user")).status == 400
    stored = await world.api("POST", "/user", json_body={"name": "z" * 100_000})
    assert (stored.status, stored.body) == (201, b"")
    assert stored.headers["Location"] == "/user/14/"


async def test_members_that_the_caller_may_not_see_leave_no_trace_and_stay(world: World) -> None:
    world.serve(User)
    world.serve(Group, scope=lambda statement, handler: statement.where(Group.name != "hidden"))
    for name in ("a", "hidden", "b"):
        await world.store(Group, name=name)
    await world.store(User, groups=[1, 2])
    shown = await world.api("GET", "/user/1?fields=groups")
    assert (shown.json, "." in shown.headers["ETag"]) == ({"groups": ["1"]}, False)
    assert len((await world.api("GET", "/user?expand=groups")).json[0]["groups"]) == 1
    for query in ("groups__contains=2", "groups__exists=true"):
        assert (await world.api("GET", f"/user?{query}")).status == 400, query
    assert (await world.api("PATCH", "/user/1?fields=groups", json_body={"groups": ["3"]})).json == {"groups": ["3"]}
    assert [group.id for group in (await bzz.ModelHive(world.provider, User).list(1, "groups"))] == [2, 3]
    assert (await world.api("PATCH", "/user/1", json_body={"groups": ["2"]})).status == 400


async def test_a_row_of_another_class_that_the_caller_may_not_see_is_shown_as_none(world: World) -> None:
    world.serve(Team)
    world.serve(Profile, scope=lambda statement, handler: statement.where(Profile.text != "hidden"))
    for number, text in enumerate(("hidden", "seen"), 1):
        await world.store(Team)
        await world.store(Profile, text=text, team=number)
    assert (await world.api("GET", "/team?fields=profile")).json == [{"profile": None}, {"profile": "2"}]
    assert [
        team["profile"] and team["profile"]["text"] for team in (await world.api("GET", "/team?expand=profile")).json
    ] == [None, "seen"]


@pytest.mark.parametrize(("options", "status"), [({"methods": ["POST"]}, 400), ({"authenticated": True}, 401)])
async def test_ids_of_rows_that_the_caller_may_not_read_are_not_shown(
    world: World, options: dict[str, Any], status: int
) -> None:
    world.serve(Team)
    world.serve(Project, **options)
    await world.store(Team)
    for query in ("fields=name,projects", "projects__contains=1", "expand=projects"):
        assert (await world.api("GET", f"/team?{query}")).status == status, query


async def test_no_value_that_a_request_may_not_read_is_found_by_repeating_it(world: World) -> None:
    world.serve(User, write_only=["balance"], create_only=["balance"])
    world.serve(Note, write_only=["owner"], create_only=["owner"])
    await world.store(User, balance=700)
    await world.store(Note, owner=1)
    for path, name, values in (("/user/1", "balance", (699, 700)), ("/note/1", "owner", ("1", None))):
        replies = [await world.api("PATCH", path, json_body={name: value}) for value in values]
        assert [(reply.status, reply.json["errors"]) for reply in replies] == [(400, {name: ["is read-only"]})] * 2


async def test_a_changed_relation_that_no_tag_covers_is_shown(world: World) -> None:
    world.serve(User)
    world.serve(Group, scope=lambda queryset, handler: queryset)
    await world.store(User)
    await world.store(Group)
    first = await world.api("GET", "/user/1?fields=groups")
    headers = {"If-None-Match": first.headers["ETag"]}
    assert (await world.api("POST", "/user/1/groups", json_body={"groups": ["1"]})).status == 201
    assert (await world.api("GET", "/user/1?fields=groups", headers=headers)).json == {"groups": ["1"]}
    assert (await world.api("GET", "/user/1?fields=name", headers=headers)).status == 304
    tag = {"If-Match": first.headers["ETag"]}
    refused = await world.api("PATCH", "/user/1", json_body={"groups": []}, headers=tag)
    assert (refused.status, refused.json["detail"]) == (
        412,
        "The entity tag of If-Match does not cover groups; no tag does, so leave out If-Match.",
    )


async def test_members_that_a_page_could_not_list_are_not_shown_when_they_join(world: World) -> None:
    world.serve(User)
    world.serve(Group, max_per_page=2)
    await world.store(User)
    for _ in range(3):
        await world.store(Group)
    assert len((await world.api("POST", "/user/1/groups", json_body={"groups": ["1", "2"]})).json) == 2
    for status in (204, 204):
        joined = await world.api("POST", "/user/1/groups", json_body={"groups": ["1", "2", "3"]})
        assert (joined.status, joined.body) == (status, b"")
    assert (await world.api("POST", "/user/1/groups", json_body={"groups": ["1", "2", "9"]})).json["errors"] == {
        "groups": ["there is no Group 9"]
    }
    assert (await world.api("GET", "/user/1?fields=groups")).json == {"groups": ["1", "2", "3"]}


async def test_an_expansion_reads_no_more_large_instances_than_a_reply_may_show(world: World) -> None:
    heard: list[str] = []
    world.serve(User)
    world.serve(Note, max_per_page=1000, per_page=1000, max_reply=500_000)
    for number in range(101):
        await world.store(User, name="x" * 10_000)
        await world.store(Note, owner=number + 1)

    def listen(sender: str, operation_name: str, **_: Any) -> None:
        heard.append(operation_name)

    with bzz.signals.pre_provider_call.connected_to(listen):
        assert (await world.api("GET", "/note?expand=owner")).status == 400
    assert heard == ["begin", "list", "list"], "the list, and the first hundred owners"


@pytest.mark.parametrize("options", [{"write_only": ["owner"]}, {"methods": ["PATCH"]}])
async def test_no_reference_that_a_request_may_not_read_is_found_by_repeating_it(
    world: World, options: dict[str, Any]
) -> None:
    world.serve(Note, **options)
    world.serve(User, scope=lambda statement, handler: statement.where(User.name != "hidden"))
    for name in ("hidden", "hidden", "open"):
        await world.store(User, name=name)
    await world.store(Note, owner=1)
    for key, status in (("1", 400), ("2", 400), ("9", 400), ("3", 204 if "methods" in options else 200)):
        reply = await world.api("PATCH", "/note/1", json_body={"owner": key})
        assert reply.status == status
        assert status != 400 or reply.json["errors"] == {"owner": [f"there is no User {key}"]}


async def test_no_tag_of_its_own_making_tells_a_caller_which_members_it_may_not_read(world: World) -> None:
    world.serve(User)
    world.serve(Group, authenticated=True)
    await world.store(User)
    await world.store(Group, users=[1])
    tag = (await world.api("GET", "/user/1")).headers["ETag"]
    for made in (f'{tag[:-1]}.groups"', '"x.groups"'):
        for method in ("PATCH", "DELETE"):
            reply = await world.api(
                method, "/user/1", json_body={} if method == "PATCH" else None, headers={"If-Match": made}
            )
            assert (reply.status, reply.headers.get("ETag")) == (401, None)
