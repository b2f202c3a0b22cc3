"""Relations that the rows of a mapped association table store: who may read these rows decides who may read them."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
import tornado.ioloop

import bzz
from bzz.testing.conformance.serving import hooked
from tests.lifecycle.relations.conftest import World
from tests.lifecycle.relations.models import Membership, Team, User

READS = (
    "/team/1/people",
    "/team/1/people/1",
    "/team/1?fields=people",
    "/team/1?expand=people",
    "/team?expand=people",
    "/team?people__contains=1",
    "/team?people__contains=1&count=true",
)


@pytest.fixture
def team(world: World, io_loop: tornado.ioloop.IOLoop) -> World:
    """A team with user 1, and another user."""

    async def fill() -> None:
        await world.store(Team)
        await world.store(User)
        await world.store(User)
        await world.store(Membership, team_id=1, user_id=1)

    io_loop.run_sync(fill)
    world.serve(Team)
    world.serve(User)
    return world


async def statuses(world: World) -> list[int]:
    return [(await world.api("GET", path)).status for path in READS]


async def test_who_may_get_the_rows_may_get_the_members(team: World) -> None:
    team.serve(Membership)
    assert await statuses(team) == [200] * len(READS)


async def test_a_relation_whose_rows_have_no_hive_is_read(team: World) -> None:
    assert await statuses(team) == [200] * len(READS)
    assert (await team.api("POST", "/team/1/people", json_body={"people": ["2"]})).status == 405


async def test_nobody_gets_the_members_if_nobody_gets_the_rows(team: World) -> None:
    team.serve(Membership, methods=["POST", "DELETE"])
    assert await statuses(team) == [405, 405, 400, 400, 400, 400, 400]
    for keys in (["1"], ["2"]):
        joined = await team.api("POST", "/team/1/people", json_body={"people": keys})
        assert (joined.status, joined.body) == (204, b""), "it is not told who was a member already"
    assert (await team.api("DELETE", "/team/1/people/2")).status == 204


async def test_who_may_not_get_the_rows_is_refused_the_members(team: World) -> None:
    team.serve(Membership, authenticated={"get": True})
    assert await statuses(team) == [401] * len(READS)
    assert (await team.api("POST", "/team/1/people", json_body={"people": ["2"]})).status == 204


def _hide(cls: type, statement: Any, handler: Any) -> Any:
    return statement.where(sa.false())


@pytest.mark.parametrize("options", [{"scope": lambda statement, handler: statement}, {}])
async def test_the_members_are_at_no_path_if_rows_may_be_hidden(team: World, options: dict[str, Any]) -> None:
    hooks = {} if options else {"get_list_queryset": _hide}
    with hooked(Membership, **hooks):
        team.serve(Membership, **options)
        assert await statuses(team) == [404, 404, 400, 400, 400, 400, 400]
        for method, path in (("POST", "/team/1/people"), ("DELETE", "/team/1/people/1")):
            body = {"people": ["2"]} if method == "POST" else None
            assert (await team.api(method, path, json_body=body)).status == 404
    [kept] = await bzz.ModelHive(team.provider, Team).list(1, "people")
    assert kept.id == 1


async def test_a_hook_for_single_rows_hides_no_member(team: World) -> None:
    def hide(cls: type, model: type, statement: Any, identifier: str, handler: Any) -> Any:
        return statement if handler.request.method == "GET" else statement.where(sa.false())

    with hooked(Membership, get_instance_queryset=hide):
        team.serve(Membership)
        assert await statuses(team) == [200] * len(READS)
