"""Which paths and expansions need a signed-in user.

The hive that stores a reference decides about joining and leaving. A hive that the path passes through decides about
reading.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import bzz
from bzz.auth.providers.mock import MockProvider
from tests.support.client import SECRET, Api, Browser


async def test_a_path_needs_a_user_if_one_resource_along_it_does(api: Api, served: Any, models: ModuleType) -> None:
    bzz.AuthHive.configure(api.app, SECRET)
    api.mount(bzz.AuthHive.routes_for([MockProvider]))
    api.mount(bzz.ModelHive.routes_for(served, models.Team, authenticated=False))
    api.mount(bzz.ModelHive.routes_for(served, models.Member, authenticated={"get": True, "create": False}))
    team = await api.create("/team", name="Engine")
    at = f"/team/{team['id']}"
    ada = {"id": (await api("POST", "/member", json_body={"name": "Ada"})).headers["X-Created-Id"]}
    assert (await api("GET", at)).status == 200
    assert (await api("GET", f"{at}/members")).status == 401
    assert (await api("HEAD", f"{at}/members")).status == 401
    assert (await api("POST", f"{at}/members", json_body={"members": [ada["id"]]})).status == 204
    assert (await api("OPTIONS", f"{at}/members")).status == 204
    assert (await api("GET", f"{at}/projects")).status == 200
    browser = Browser(api)
    await browser.sign_in()
    assert [member["name"] for member in (await browser("GET", f"{at}/members")).json] == ["Ada"]
    assert (await api("DELETE", f"{at}/members/{ada['id']}")).status == 204, "the team stores the reference"


async def test_the_hive_that_stores_a_reference_decides_about_joining_and_leaving(
    api: Api, served: Any, models: ModuleType
) -> None:
    bzz.AuthHive.configure(api.app, SECRET)
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team, authenticated={"get": False, "create": False}),
        bzz.ModelHive.routes_for(served, models.Member, authenticated=False),
    )
    ada, team = await api.create("/member", name="Ada"), await api.create("/team", name="Engine")
    at = f"/team/{team['id']}/members"
    assert (await api("POST", at, json_body={"members": [ada["id"]]})).status == 401
    assert (await api("DELETE", f"{at}/{ada['id']}")).status == 401


async def test_expand_needs_a_user_if_reading_the_expanded_model_does(
    api: Api, served: Any, models: ModuleType
) -> None:
    bzz.AuthHive.configure(api.app, SECRET, authenticated_get=False, authenticated_create=False)
    api.mount(bzz.AuthHive.routes_for([MockProvider]))
    api.mount(bzz.ModelHive.routes_for(served, models.Team, authenticated=False))
    api.mount(bzz.ModelHive.routes_for(served, models.Member, authenticated={"get": True}))
    ada = (await api("POST", "/member", json_body={"name": "Ada"})).headers["X-Created-Id"]
    team = await api.create("/team", name="Engine", members=[ada])
    for path in ("/team", f"/team/{team['id']}"):
        assert (await api("GET", path)).status == 200
        assert (await api("GET", f"{path}?expand=members")).status == 401
    put = await api("PUT", f"/team/{team['id']}?expand=members", json_body={"name": "Changed"})
    assert put.status == 401
    assert (await api("POST", "/team?expand=members", json_body={"name": "New"})).status == 401
    assert [one["name"] for one in (await api("GET", "/team")).json] == ["Engine"]
    browser = Browser(api)
    await browser.sign_in()
    [shown] = (await browser("GET", "/team?expand=members")).json
    assert shown["members"][0]["name"] == "Ada"


async def test_expand_needs_a_user_if_one_of_several_expanded_models_does(
    api: Api, models: ModuleType, served: Any
) -> None:
    bzz.AuthHive.configure(api.app, SECRET, authenticated_get=False, authenticated_create=False)
    api.mount(bzz.ModelHive.routes_for(served, models.Team), bzz.ModelHive.routes_for(served, models.Member))
    assert (await api("GET", "/team?expand=owner,members.friends")).status == 200
    api.mount(bzz.ModelHive.routes_for(served, models.Member, resource_name="closed", authenticated=True))
    for expanded in ("owner", "members.friends", "owner,members"):
        assert (await api("GET", f"/team?expand={expanded}")).status == 401


async def test_a_write_without_a_user_shows_nothing_that_reading_needs_a_user_for(
    api: Api, served: Any, models: ModuleType
) -> None:
    bzz.AuthHive.configure(api.app, SECRET, authenticated_create=False, authenticated_update=False)
    api.mount(bzz.ModelHive.routes_for(served, models.Team), bzz.ModelHive.routes_for(served, models.Member))
    made = await api("POST", "/member", json_body={"name": "Ada"})
    at, ada = made.headers["Location"], made.headers["X-Created-Id"]
    team = (await api("POST", "/team", json_body={"name": "Engine"})).headers["Location"]
    replies = [
        made,
        await api("PUT", at, json_body={"age": 36}),
        await api("PUT", at, json_body={}),
        await api("POST", f"{team}members", json_body={"members": [ada]}),
        await api("POST", f"{team}members", json_body={"members": [ada]}),
        await api("POST", f"{team}owner", json_body={"owner": ada}),
    ]
    assert [reply.status for reply in replies] == [201, 204, 204, 204, 204, 204]
    assert {reply.body for reply in replies} == {b""}
    assert not any("ETag" in reply.headers for reply in replies)
    assert [reply.headers.get("Location") for reply in replies[1:]] == [None] * 5


async def test_a_write_shows_nothing_if_reading_one_resource_along_the_path_needs_a_user(
    api: Api, models: ModuleType, served: Any
) -> None:
    bzz.AuthHive.configure(api.app, SECRET, authenticated_create=False, authenticated_update=False)
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team),
        bzz.ModelHive.routes_for(served, models.Member, authenticated=False),
    )
    team = (await api("POST", "/team", json_body={"name": "Engine"})).headers["Location"]
    ada = await api.create("/member", name="Ada")
    joined = await api("POST", f"{team}members", json_body={"members": [ada["id"]]})
    assert (joined.status, joined.body) == (204, b"")


async def test_the_applications_switch_counts_if_one_hive_of_the_model_has_none(
    api: Api, models: ModuleType, served: Any
) -> None:
    bzz.AuthHive.configure(api.app, SECRET, authenticated_create=False)
    api.mount(
        bzz.ModelHive.routes_for(served, models.Team, authenticated=False),
        bzz.ModelHive.routes_for(served, models.Member, resource_name="a"),
        bzz.ModelHive.routes_for(served, models.Member, resource_name="b", authenticated={"get": False}),
    )
    team = await api.create("/team", name="Engine")
    assert (await api("GET", f"/team/{team['id']}/members")).status == 401
    assert (await api("GET", "/b")).status == 200


async def test_the_strictest_hive_of_a_model_counts_on_paths_through_relations(
    api: Api, models: ModuleType, served: Any
) -> None:
    hive: Callable[..., Any] = bzz.ModelHive.routes_for
    api.mount(
        hive(served, models.Team),
        hive(served, models.Member, resource_name="a", authenticated={"get": False, "create": False}),
        hive(served, models.Member, resource_name="b", authenticated={"create": False}),
        hive(served, models.Member, resource_name="c", authenticated={"create": True, "get": False}),
    )
    ada = await api.create("/a", name="Ada")
    team = await api.create("/team", name="Engine", members=[ada["id"]])
    at = f"/team/{team['id']}/members"
    assert (await api("POST", f"{at}/{ada['id']}/addresses", json_body={"id": "x"})).status == 401
    assert (await api("GET", at)).status == 200
    bzz.AuthHive.configure(api.app, SECRET, authenticated_create=False, authenticated_update=False)
    assert (await api("GET", at)).status == 401
    assert (await api("GET", "/a")).status == 200
