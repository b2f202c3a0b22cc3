"""One-to-one relations from the side that does not store the reference, and to-one references by a path."""

from __future__ import annotations

from typing import Any

from tests.lifecycle.relations.conftest import World
from tests.lifecycle.relations.models import Profile, Project, Team, User


async def test_a_profile_whose_team_is_read_only_stays(world: World) -> None:
    world.serve(Team)
    world.serve(Profile, read_only=["team"])
    await world.store(Team)
    await world.store(Team)
    await world.store(Profile, team=1)
    assert (await world.api("PATCH", "/team/2", json_body={"profile": "1"})).status == 400
    assert (await world.api("POST", "/team/2/profile", json_body={"profile": "1"})).status == 405
    assert (await world.read(Profile, 1)).team_id == 1


async def test_the_profile_that_is_replaced_is_updated_too(world: World, told: list[tuple[Any, ...]]) -> None:
    world.serve(Team)
    world.serve(Profile)
    await world.store(Team)
    await world.store(Profile, team=1)
    await world.store(Profile)
    told.clear()
    replaced = await world.api("POST", "/team/1/profile", json_body={"profile": "2"})
    assert (replaced.status, replaced.json["team"]) == (201, "1")
    changes = [
        ("update_instance", "Profile", 1),
        ("dissociate", "Team", 1, 1, "profile"),
        ("update_instance", "Profile", 2),
        ("associate", "Team", 1, 2, "profile"),
    ]
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in changes]
    assert [(await world.read(Profile, n)).team_id for n in (1, 2)] == [None, 1]


async def test_a_profile_that_the_caller_may_not_see_is_not_replaced(world: World) -> None:
    world.serve(Team)
    world.serve(Profile, scope=lambda statement, handler: statement.where(Profile.text != "hidden"))
    await world.store(Team)
    await world.store(Profile, team=1, text="hidden")
    await world.store(Profile, text="seen")
    refused = await world.api("POST", "/team/1/profile", json_body={"profile": "2"})
    assert refused.status == 409
    assert [(await world.read(Profile, n)).team_id for n in (1, 2)] == [1, None]


async def test_a_reference_that_its_members_show_is_changed_by_an_update(
    world: World, told: list[tuple[Any, ...]]
) -> None:
    world.serve(Team)
    world.serve(Project)
    await world.store(Team)
    await world.store(Project)
    told.clear()
    assert (await world.api("POST", "/project/1/team", json_body={"team": "1"})).status == 201
    changes = [("update_instance", "Project", 1), ("associate", "Team", 1, 1, "projects")]
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in changes]
    told.clear()
    assert (await world.api("DELETE", "/project/1/team")).status == 204
    changes = [("update_instance", "Project", 1), ("dissociate", "Team", 1, 1, "projects")]
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in changes]


async def test_a_reference_that_its_members_do_not_show_is_told_by_its_own_class(
    world: World, told: list[tuple[Any, ...]]
) -> None:
    world.serve(Team)
    world.serve(User)
    await world.store(Team)
    await world.store(User)
    told.clear()
    assert (await world.api("POST", "/team/1/lead", json_body={"lead": "1"})).status == 201
    assert told == [("pre_associate", "Team", 1, 1, "lead"), ("post_associate", "Team", 1, 1, "lead")]
    told.clear()
    assert (await world.api("PATCH", "/team/1", json_body={"lead": None})).status == 200
    changes = [("update_instance", "Team", 1), ("dissociate", "Team", 1, 1, "lead")]
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in changes]


async def test_the_reply_shows_the_members_of_a_new_member_as_they_are_after_the_write(world: World) -> None:
    world.serve(Team)
    world.serve(User)
    world.serve(Project)
    await world.store(Team)
    await world.store(Project)
    joined = await world.api("POST", "/project/1/team?fields=projects", json_body={"team": "1"})
    assert joined.json == {"projects": ["1"]}
