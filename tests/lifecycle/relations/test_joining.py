"""One-to-many relations: the row that holds the reference decides over it."""

from __future__ import annotations

from typing import Any

import pytest

import bzz
from bzz.exceptions import Forbidden, Invalid
from bzz.signals import post_associate, post_dissociate, pre_update_instance
from tests.lifecycle.relations.conftest import World
from tests.lifecycle.relations.models import Category, Desk, Note, Project, Team, User
from tests.providers.sqlalchemy.conftest import Database


async def test_nobody_takes_a_note_whose_owner_is_read_only(world: World) -> None:
    world.serve(Note, read_only=["owner"])
    for name in ("Ada", "Bob"):
        await world.store(User, name=name)
    await world.store(Note, owner=1)
    await world.store(Note, owner=2)
    for served in (False, True):
        if served:
            world.serve(User)
        taken = await world.api("POST", "/note/2/owner/notes", json_body={"notes": ["1"]})
        assert taken.status == (405 if served else 404)
        assert (await world.read(Note, 1)).owner_id == 1


@pytest.mark.parametrize(
    ("options", "statuses"),
    [
        ({"read_only": ["team"]}, (405, 405)),
        ({"create_only": ["team"]}, (405, 405)),
        ({"exclude": ["team"]}, (404, 404)),
        ({"methods": ["GET"]}, (405, 405)),
        ({"methods": ["GET", "POST", "DELETE"]}, (405, 405)),
        ({"authenticated": True}, (401, 401)),
        ({"authenticated": {"update": True}}, (401, 401)),
        ({"write_only": ["team"]}, (404, 404)),
    ],
)
async def test_a_team_takes_no_project_whose_hive_does_not_let_its_team_change(
    world: World, options: dict[str, Any], statuses: tuple[int, int]
) -> None:
    world.serve(Team)
    world.serve(Project, **options)
    await world.store(Team)
    await world.store(Team)
    await world.store(Project, team=2, secret="s3cret")
    replies = [
        await world.api("POST", "/team/1/projects", json_body={"projects": ["1"]}),
        await world.api("DELETE", "/team/2/projects/1"),
        await world.api("PUT", "/team/1", json_body={"projects": ["1"]}),
        await world.api("PATCH", "/team/1", json_body={"projects": ["1"]}),
        await world.api("POST", "/team", json_body={"projects": ["1"]}),
        await world.api("POST", "/team", form="projects[]=1"),
    ]
    assert [reply.status for reply in replies] == [*statuses, 400, 400, 400, 400]
    assert not any(b"s3cret" in reply.body for reply in replies)
    assert (await world.read(Project, 1)).team_id == 2


async def test_a_body_cannot_set_what_other_rows_store_and_the_error_says_what_can(world: World) -> None:
    world.serve(Team)
    world.serve(Project)
    await world.store(Team)
    refused = await world.api("PATCH", "/team/1", json_body={"projects": []})
    assert refused.json["errors"] == {
        "projects": ["is stored in Project; use POST and DELETE at the path of the field, .../projects"]
    }


async def test_a_sign_up_form_shows_nothing_through_a_relation(world: World) -> None:
    world.serve(Team)
    world.serve(Project, methods=["POST"])
    await world.store(Team)
    await world.store(Project, secret="s3cret")
    reply = await world.api("POST", "/team/1/projects", json_body={"projects": ["1"]})
    assert reply.status == 405
    assert (await world.api("GET", "/team/1/projects")).status == 405
    assert (await world.api("GET", "/team/1?expand=projects")).status == 400


async def test_a_member_that_joins_is_updated_and_tells_it_as_itself(world: World, told: list[tuple[Any, ...]]) -> None:
    world.serve(Team)
    world.serve(Project)
    await world.store(Team)
    await world.store(Team)
    await world.store(Project, team=2)
    await world.store(Project)
    told.clear()
    joined = await world.api("POST", "/team/1/projects", json_body={"projects": ["1", "2"]})
    assert (joined.status, [one["team"] for one in joined.json]) == (201, ["1", "1"])
    first = [("update_instance", "Project", 1), ("dissociate", "Team", 2, 1, "projects")]
    first.append(("associate", "Team", 1, 1, "projects"))
    second = [("update_instance", "Project", 2), ("associate", "Team", 1, 2, "projects")]
    expected = [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in [*first, *second]]
    assert told == expected
    told.clear()
    assert (await world.api("POST", "/team/1/projects", json_body={"projects": ["1"]})).status == 200
    assert told == []
    assert (await world.api("DELETE", "/team/1/projects/1")).status == 204
    assert told == [
        ("pre_update_instance", "Project", 1),
        ("pre_dissociate", "Team", 1, 1, "projects"),
        ("post_update_instance", "Project", 1),
        ("post_dissociate", "Team", 1, 1, "projects"),
    ]


async def test_a_body_that_moves_a_member_tells_the_same(world: World, told: list[tuple[Any, ...]]) -> None:
    world.serve(Project)
    await world.store(Team)
    await world.store(Team)
    await world.store(Project, team=1)
    told.clear()
    assert (await world.api("PATCH", "/project/1", json_body={"team": "2"})).status == 200
    names = [("update_instance", "Project", 1), ("dissociate", "Team", 1, 1, "projects")]
    names.append(("associate", "Team", 2, 1, "projects"))
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in names]


async def test_a_receiver_may_change_what_joins_and_its_refusal_undoes_all(
    world: World, told: list[tuple[Any, ...]]
) -> None:
    world.serve(Team)
    world.serve(Project)
    for _ in range(2):
        await world.store(Team)
        await world.store(Project)

    async def rename(sender: Any, data: dict[str, Any], instance: Any) -> None:
        data["name"] = "joined"
        if instance.id == 2:
            raise Forbidden("not this one")

    with pre_update_instance.connected_to(rename, Project):
        refused = await world.api("POST", "/team/1/projects", json_body={"projects": ["1", "2"]})
        assert refused.status == 403
        assert [(await world.read(Project, n)).team_id for n in (1, 2)] == [None, None]
        assert {name for name, *_ in told if "create" not in name} == {
            "pre_update_instance", "pre_associate", "request_failed"
        }  # fmt: skip
        assert (await world.api("POST", "/team/1/projects", json_body={"projects": ["1"]})).json["name"] == "joined"


async def test_a_member_is_told_as_it_is_after_the_write(world: World) -> None:
    world.serve(Team)
    world.serve(Project)
    await world.store(Team)
    await world.store(Project)
    seen = []

    def see(sender: Any, instance: Any) -> None:
        seen.append(instance.team_id)

    with post_associate.connected_to(see):
        await world.api("POST", "/team/1/projects", json_body={"projects": ["1"]})
    assert seen == [1]


async def test_a_tree_whose_parent_is_read_only_keeps_its_shape(world: World) -> None:
    world.serve(Category, read_only=["parent"])
    await world.store(Category)
    await world.store(Category, parent=1)
    assert (await world.api("POST", "/category/2/children", json_body={"children": ["1"]})).status == 405
    assert (await world.api("DELETE", "/category/1/children/2")).status == 405
    assert [one["id"] for one in (await world.api("GET", "/category/1/children")).json] == ["2"]


async def test_members_join_silently_where_nobody_listens(world: World) -> None:
    world.serve(Team)
    world.serve(Project)
    await world.store(Team)
    for _ in range(3):
        await world.store(Project)
    joined = await world.api("POST", "/team/1/projects", json_body={"projects": ["1", "2", "3"]})
    assert [one["team"] for one in joined.json] == ["1"] * 3


async def test_a_member_that_shows_only_a_foreign_key_tells_the_moves_too(
    world: World, told: list[tuple[Any, ...]]
) -> None:
    world.serve(Team)
    world.serve(Desk)
    await world.store(Team)
    await world.store(Team)
    await world.store(Desk, team_id=2)
    told.clear()
    assert (await world.api("POST", "/team/1/desks", json_body={"desks": ["1"]})).json["team_id"] == 1
    names = [
        ("update_instance", "Desk", 1),
        ("dissociate", "Team", 2, 1, "desks"),
        ("associate", "Team", 1, 1, "desks"),
    ]
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in names]
    told.clear()
    assert (await world.api("PATCH", "/desk/1", json_body={"team_id": 2})).status == 200
    names[1:] = [("dissociate", "Team", 1, 1, "desks"), ("associate", "Team", 2, 1, "desks")]
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in names]
    refused = await world.api("DELETE", "/team/2/desks/1")
    assert (refused.status, refused.json["errors"]) == (409, {"team_id": ["is required"]})
    assert (await world.read(Desk, 1)).team_id == 2


async def test_a_foreign_key_refers_only_to_instances_that_the_caller_may_see(world: World) -> None:
    world.serve(Team, scope=lambda statement, handler: statement.where(Team.name != "hidden"))
    world.serve(Desk)
    for name in ("seen", "hidden"):
        await world.store(Team, name=name)
    await world.store(Desk, team_id=1)
    for team in (2, 3):
        refused = await world.api("PATCH", "/desk/1", json_body={"team_id": team})
        assert (refused.status, refused.json["errors"]) == (400, {"team_id": [f"there is no Team {team}"]})
        assert (await world.api("POST", "/desk", json_body={"team_id": team})).status == 400


async def test_plain_code_sets_what_other_rows_store_by_associate_alone(world: World) -> None:
    await world.store(Team)
    await world.store(Project)
    teams = bzz.ModelHive(world.provider, Team)
    text = r"is stored in Project; use associate\(\) and dissociate\(\)"
    with pytest.raises(Invalid, match=text):
        await teams.update(1, {"projects": [1]})
    with pytest.raises(Invalid, match=text):
        await teams.create({"projects": [1]})
    [joined] = await teams.associate(1, "projects", 1)
    assert joined.team_id == 1


async def test_the_former_parents_of_many_members_are_loaded_at_once(world: World, database: Database) -> None:
    world.serve(Team)
    world.serve(Project)
    await world.store(Team)
    for number in range(2, 22):
        await world.store(Team)
        await world.store(Project, team=number)
    left = []

    def leave(sender: Any, parent: Any, instance: Any) -> None:
        left.append(parent.id)

    with post_dissociate.connected_to(leave):
        database.statements.clear()
        await world.api("POST", "/team/1/projects", json_body={"projects": [str(number) for number in range(1, 21)]})
    assert left == [*range(2, 22)]
    assert sum("FROM reach_team" in text and "UPDATE" not in text for text in database.statements) < 6


async def test_a_parent_that_moves_in_the_same_write_is_told_as_it_is_after_it(world: World) -> None:
    world.serve(Category)
    for parent in (None, 1, None):
        await world.store(Category, parent=parent)
    seen = {}

    def see(sender: Any, parent: Any, instance: Any) -> None:
        seen[parent.id, instance.id] = parent.parent_id

    with post_dissociate.connected_to(see):
        await world.api("POST", "/category/3/children", json_body={"children": ["1", "2"]})
    assert seen == {(1, 2): 3}


async def test_a_note_that_a_hook_hides_from_writes_joins_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def unlocked(cls: type, model: Any, queryset: Any, instance_id: str, handler: Any) -> Any:
        return queryset if handler is None or handler.request.method == "GET" else queryset.where(Note.text != "locked")

    monkeypatch.setattr(Note, "get_instance_queryset", classmethod(unlocked), raising=False)
    world.serve(Note)
    world.serve(User)
    await world.store(User)
    for text in ("locked", "open", "open"):
        await world.store(Note, text=text)
    for keys, status in ((["1"], 404), (["2", "1"], 404), (["2", "3"], 201)):
        assert (await world.api("POST", "/user/1/notes", json_body={"notes": keys})).status == status
    assert [(await world.read(Note, key)).owner_id for key in (1, 2, 3)] == [None, 1, 1]


async def test_a_body_is_told_the_public_name_of_the_path_to_use(world: World) -> None:
    world.serve(User, rename={"notes": "texts"})
    world.serve(Note)
    refused = await world.api("POST", "/user", json_body={"texts": []})
    assert refused.json["errors"] == {
        "texts": ["is stored in Note; use POST and DELETE at the path of the field, .../texts"]
    }
