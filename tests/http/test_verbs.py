"""The methods that a path takes."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import bzz
from tests.support.client import Api
from tests.support.teams import member, project, team


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/user", "GET, HEAD, POST, OPTIONS"), ("/user/1/", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS")],
)
async def test_options_and_405_list_the_methods_of_a_path(users: Api, path: str, allowed: str) -> None:
    reply = await users("OPTIONS", path)
    assert (reply.status, reply.headers["Allow"], reply.body) == (204, allowed, b"")
    for method in {"PUT", "PATCH", "DELETE", "POST", "TRACE", "BREW"} - set(allowed.split(", ")):
        reply = await users(method, path, body="")
        assert (reply.status, reply.headers["Allow"]) == (405, allowed)
        assert reply.headers["Content-Type"] == "application/problem+json"


async def test_each_kind_of_path_takes_the_methods_that_fit_it(teams: Api) -> None:
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


async def test_an_unknown_method_at_an_unknown_path_is_405(teams: Api) -> None:
    reply = await teams("TRACE", "/team/x/nope")
    assert (reply.status, reply.headers["Content-Type"]) == (405, "application/problem+json")


async def test_the_hive_that_stores_a_reference_must_allow_updates_for_joining_and_leaving(
    api: Api, served: Any, models: ModuleType
) -> None:
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team, methods=["PATCH"]),
        bzz.ModelHive.routes_for(served, models.Member, methods=["GET"]),
    )
    for path, allowed in (
        ("members", "POST, OPTIONS"),
        ("members/2", "DELETE, OPTIONS"),
        ("owner", "POST, DELETE, OPTIONS"),
    ):
        assert (await api("OPTIONS", f"/team/1/{path}")).headers["Allow"] == allowed, path


async def test_a_path_takes_no_method_through_a_hive_that_does_not_allow_get(
    api: Api, served: Any, models: ModuleType
) -> None:
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team, methods=["GET", "POST"]),
        bzz.ModelHive.routes_for(served, models.Member, methods=["GET", "DELETE"]),
    )
    for path, allowed in (
        ("/team", "GET, HEAD, POST, OPTIONS"),
        ("/team/1", "GET, HEAD, OPTIONS"),
        ("/team/1/members", "GET, HEAD, OPTIONS"),
        ("/team/1/members/2", "GET, HEAD, OPTIONS"),
        ("/team/1/projects", "GET, HEAD, POST, OPTIONS"),
    ):
        assert (await api("OPTIONS", path)).headers["Allow"] == allowed, path


async def test_a_relation_that_requests_may_not_set_takes_no_writes(api: Api, served: Any, models: ModuleType) -> None:
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team, read_only=["members", "projects"]),
        bzz.ModelHive.routes_for(served, models.Member),
    )
    for path in ("members", "members/2", "projects", "projects/2", "projects/2/module"):
        assert (await api("OPTIONS", f"/team/1/{path}")).headers["Allow"] == "GET, HEAD, OPTIONS", path
