"""Relations of rows whose own class allows less than the class of the path."""

from __future__ import annotations

from typing import Any

import pytest

import bzz
from bzz.auth.providers.mock import MockProvider
from bzz.signals import post_update_instance, pre_update_instance
from tests.lifecycle.relations.conftest import World
from tests.lifecycle.relations.models import (
    Admin,
    Badge,
    Comment,
    GoldProfile,
    Group,
    Profile,
    Project,
    Task,
    Team,
    User,
)
from tests.support.client import SECRET, Browser


async def test_a_relation_that_its_own_class_fixes_takes_no_member(world: World) -> None:
    world.serve(User)
    world.serve(Admin, read_only=["groups"])
    world.serve(Group)
    await world.store(Group)
    await world.store(Admin)
    assert (await world.api("POST", "/user/1/groups", json_body={"groups": ["1"]})).status == 405


async def test_a_member_whose_own_class_forbids_it_neither_joins_nor_gives_way(world: World) -> None:
    world.serve(Team)
    world.serve(Profile)
    world.serve(GoldProfile, read_only=["team"])
    await world.store(Team)
    await world.store(GoldProfile)
    assert (await world.api("POST", "/team/1/profile", json_body={"profile": "1"})).status == 405
    await bzz.ModelHive(world.provider, GoldProfile).update(1, {"team": 1})
    await world.store(Profile)
    assert (await world.api("POST", "/team/1/profile", json_body={"profile": "2"})).status == 409


@pytest.mark.parametrize("options", [{"read_only": ["team"]}, {"methods": ["GET", "POST", "DELETE"]}])
async def test_what_is_allowed_instead_is_what_the_path_takes(world: World, options: dict[str, Any]) -> None:
    world.serve(Team)
    world.serve(Profile)
    world.serve(GoldProfile, **options)
    world.serve(User)
    world.serve(Admin, methods=["GET", "POST"])
    await world.store(Team)
    await world.store(GoldProfile)
    await world.store(Admin)
    refused = [
        await world.api("POST", "/team/1/profile", json_body={"profile": "1"}),
        await world.api("POST", "/profile/1/team", json_body={"team": "1"}),
        await world.api("PUT", "/user/1", json_body={"name": "x"}),
        await world.api("DELETE", "/user/1"),
    ]
    for reply in refused:
        assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
        assert reply.json["detail"] == "This path takes GET, HEAD, OPTIONS."


async def test_a_member_with_a_private_foreign_key_is_told_that_it_joins_and_leaves(
    world: World, told: list[tuple[Any, ...]]
) -> None:
    world.serve(Team)
    world.serve(Badge)
    await world.store(Team)
    await world.store(Badge)
    told.clear()
    assert (await world.api("POST", "/team/1/badges", json_body={"badges": ["1"]})).status == 201
    assert (await world.api("DELETE", "/team/1/badges/1")).status == 204
    assert [name for name, *_ in told if name.startswith("pre")] == [
        "pre_update_instance",
        "pre_associate",
        "pre_update_instance",
        "pre_dissociate",
    ]


async def test_a_signed_in_user_who_may_not_change_a_row_is_refused(world: World) -> None:
    world.serve(User, authenticated=False)
    world.serve(Admin, authenticated={"get": False, "update": lambda handler: False})
    world.api.mount(bzz.AuthHive.routes_for([MockProvider()]))
    bzz.AuthHive.configure(world.api.app, SECRET)
    browser = Browser(world.api)
    await browser.sign_in()
    await world.store(Admin)
    refused = await browser("PATCH", "/user/1", json_body={"name": "x"})
    assert (refused.status, refused.json["detail"]) == (403, "You may not update this Admin.")


async def test_a_relation_that_a_receiver_sets_is_told(world: World, told: list[tuple[Any, ...]]) -> None:
    world.serve(User)
    world.serve(Group)
    await world.store(User)
    await world.store(Group)

    def join(sender: Any, data: dict[str, Any]) -> None:
        data["groups"] = [1]

    told.clear()
    with pre_update_instance.connected_to(join, User):
        assert (await world.api("PATCH", "/user/1", json_body={"name": "x"})).status == 200
    assert ("post_associate", "User", 1, 1, "groups") in told


async def test_a_member_that_moves_while_receivers_run_is_a_conflict_or_not_found(world: World) -> None:
    world.serve(Team)
    world.serve(Project)
    for _ in range(3):
        await world.store(Team)
    await world.store(Project, team=1)
    projects = bzz.ModelHive(world.provider, Project)

    async def move(sender: Any, handler: Any) -> None:
        if handler is not None:
            await projects.update(1, {"team": 3 if handler.request.method == "POST" else 2})

    with pre_update_instance.connected_to(move, Project):
        assert (await world.api("POST", "/team/2/projects", json_body={"projects": ["1"]})).status == 409
        assert (await world.api("DELETE", "/team/3/projects/1")).status == 404


async def test_a_place_that_is_left_while_receivers_run_is_a_conflict(world: World) -> None:
    world.serve(Team)
    world.serve(Profile)
    await world.store(Team)
    await world.store(Profile, team=1)
    await world.store(Profile)
    profiles = bzz.ModelHive(world.provider, Profile)

    async def leave(sender: Any, instance: Any, handler: Any) -> None:
        if handler is not None and instance.id == 1:
            await profiles.update(1, {"team": None})

    with pre_update_instance.connected_to(leave, Profile):
        assert (await world.api("POST", "/team/1/profile", json_body={"profile": "2"})).status == 409
    assert (await world.read(Profile, 2)).team_id is None
    assert (await world.api("POST", "/team/1/profile", json_body={"profile": "2"})).status == 201


async def test_a_place_that_is_taken_while_receivers_run_is_a_conflict_about_the_relation(world: World) -> None:
    world.serve(Team)
    world.serve(Profile)
    await world.store(Team)
    await world.store(Profile)
    await world.store(Profile)
    profiles = bzz.ModelHive(world.provider, Profile)

    async def take(sender: Any, data: dict[str, Any], handler: Any) -> None:
        if handler is not None:
            data["text"] = "x"
            await profiles.update(1, {"team": 1})

    with pre_update_instance.connected_to(take, Profile):
        refused = await world.api("POST", "/team/1/profile", json_body={"profile": "2"})
    assert (refused.status, refused.json["errors"]) == (409, {"profile": ["is taken"]})


async def test_what_the_orm_changes_with_a_member_that_is_deleted_is_told(
    world: World, told: list[tuple[Any, ...]]
) -> None:
    world.serve(Project)
    world.serve(Task)
    await world.store(Project)
    await world.store(Task, project=1)
    await world.store(Comment, task_id=1)
    told.clear()
    assert (await world.api("DELETE", "/project/1/tasks/1")).status == 204
    changes = [("delete_instance", "Task", 1), ("update_instance", "Comment", 1)]
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in changes]


async def test_a_dependent_is_told_where_only_the_second_signal_is_heard(world: World) -> None:
    world.serve(Team)
    await world.store(Team)
    await world.store(Project, team=1)
    seen = []

    def see(sender: Any, instance: Any) -> None:
        seen.append(instance.team_id)

    with post_update_instance.connected_to(see, Project):
        assert (await world.api("DELETE", "/team/1")).status == 204
    assert seen == [None]
