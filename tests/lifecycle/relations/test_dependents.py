"""Deletes: what the ORM changes or deletes with an instance, and members that a relation owns."""

from __future__ import annotations

from typing import Any

import pytest

from bzz.exceptions import Forbidden
from bzz.signals import post_update_instance, pre_delete_instance
from bzz.testing import capture
from tests.lifecycle.relations.conftest import World
from tests.lifecycle.relations.models import Project, Task, Team


async def test_what_the_orm_changes_with_a_delete_is_told(world: World, told: list[tuple[Any, ...]]) -> None:
    world.serve(Team)
    world.serve(Project, methods=["GET"])
    world.serve(Task, methods=["GET"])
    await world.store(Team)
    await world.store(Project, team=1)
    told.clear()
    with capture(post_update_instance) as sent:
        assert (await world.api("DELETE", "/team/1")).status == 204
    assert sent[0].keywords["instance"].team_id is None, "as it is after the write"
    changes = [("delete_instance", "Team", 1), ("update_instance", "Project", 1)]
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in changes]
    assert (await world.read(Project, 1)).team_id is None


async def test_what_the_orm_deletes_with_a_delete_is_told_and_cannot_refuse(
    world: World, told: list[tuple[Any, ...]]
) -> None:
    world.serve(Project)
    await world.store(Project)
    await world.store(Task, project=1)

    def refuse(sender: Any) -> None:
        raise Forbidden("never")

    told.clear()
    with pre_delete_instance.connected_to(refuse, Task):
        assert (await world.api("DELETE", "/project/1")).status == 204
    changes = [("delete_instance", "Project", 1), ("delete_instance", "Task", 1)]
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in changes]


@pytest.mark.parametrize(("methods", "status"), [(["GET", "PUT"], 405), (["GET", "DELETE"], 204)])
async def test_leaving_a_relation_that_owns_its_members_is_a_delete(
    world: World, told: list[tuple[Any, ...]], methods: list[str], status: int
) -> None:
    world.serve(Project)
    world.serve(Task, methods=methods)
    await world.store(Project)
    await world.store(Task, project=1)
    told.clear()
    assert (await world.api("DELETE", "/project/1/tasks/1")).status == status
    deleted = [("pre_delete_instance", "Task", 1), ("post_delete_instance", "Task", 1)]
    assert told == (deleted if status == 204 else [])
    assert len((await world.api("GET", "/task")).json) == (0 if status == 204 else 1)
