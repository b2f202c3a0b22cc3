"""The page Families is right: each application that it prints serves what the page says."""

from __future__ import annotations

import pytest

import bzz
from bzz.testing import served
from tests.support.client import SECRET, Api
from tests.support.guides import run, signed_in

PAGE = "guides/families.md"


async def test_two_versions_show_a_model_in_two_shapes_at_every_path() -> None:
    guide = run(PAGE)
    async with served(guide["both"]) as client:
        pen = await client.create("/v2/pen", name="x")
        box = await client.create("/v1/box", name="y", pens=[pen["id"]])
        shown = {}
        for version in ("v1", "v2"):
            one = (await client("GET", f"/{version}/pen/{pen['id']}")).json
            [nested] = (await client("GET", f"/{version}/box/{box['id']}/pens")).json
            [expanded] = (await client("GET", f"/{version}/box/{box['id']}?expand=pens")).json["pens"]
            assert one == nested == expanded
            shown[version] = "ink" in one
            assert (await client("GET", f"/{version}/pen?ink=blue")).status == (200 if shown[version] else 400)
        assert shown == {"v1": False, "v2": True}
        for path in ("/v1/nothing", "/v1", "/v2/pen/x/y/z"):
            missing = await client("GET", path)
            assert (missing.status, missing.headers["Content-Type"]) == (404, "application/problem+json"), path
        assert guide["log"] == [("post_create_instance", "another API", "x")]
        await client.create("/v1/pen", name="z")
        assert guide["log"][-1] == ("post_create_instance", "v1", "z")
    assert (guide["pens"].resource.per_page, guide["boxes"].resource.per_page) == (50, 50)


async def test_an_api_serves_the_routes_for_signing_in_below_its_prefix() -> None:
    guide = run(PAGE)
    bzz.AuthHive.configure(guide["app"], secret_key=SECRET)
    async with served(guide["app"]) as client:
        assert (await client("GET", "/v1/auth/me/")).json == {"authenticated": False}
        assert (await client("GET", "/v1/pen")).status == 401


async def test_hives_without_an_api_belong_together_in_one_application() -> None:
    guide = run(PAGE)
    async with served(guide["small"]) as client:
        pen = await client.create("/pen", name="x")
        box = await client.create("/box", name="y", pens=[pen["id"]])
        assert (await client("GET", f"/box/{box['id']}/pens")).json == [pen]
        assert "ink" in pen, "the hives of version 1 change nothing here"
        assert (await client("GET", "/ping")).json == {"pong": True}
        assert (await client("GET", "/nothing")).headers["Content-Type"] == "application/problem+json"


async def test_the_admin_api_needs_the_role_and_the_public_one_only_reads(api: Api) -> None:
    guide = run(PAGE)
    async with served(guide["site"]) as client:
        assert [(await client("GET", path)).status for path in ("/pen", "/admin/pen", "/admin/nothing")] == [
            200,
            401,
            404,
        ]
        assert [(await client("POST", path, json_body={"name": "x"})).status for path in ("/pen", "/admin/pen")] == [
            405,
            401,
        ]
    [eve] = await signed_in(guide["site"], {"eve": ""}, api)
    eve.prefix = ""
    await eve.sign_in(id="eve")
    assert [(await eve("GET", path)).status for path in ("/pen", "/admin/pen", "/admin/box")] == [200, 403, 403]


async def test_the_main_hive_and_a_nested_only_hive_decide_about_nested_paths() -> None:
    guide = run(PAGE)
    async with served(guide["apart"]) as client:
        pen = await client.create("/shop/pen", name="x")
        box = await client.create("/shop/box", name="y", pens=[pen["id"]])
        paths = (f"/shop/plain-pen/{pen['id']}", f"/shop/pen/{pen['id']}", f"/shop/box/{box['id']}/pens")
        assert ["ink" in str((await client("GET", path)).json) for path in paths] == [False, True, True]
        assert (await client("GET", f"/packed/pen/{pen['id']}")).status == 404
        assert (await client("GET", f"/packed/box/{box['id']}/pens")).json == [pen]


def test_a_family_has_one_main_hive_of_a_model_and_a_hive_has_one_api() -> None:
    guide = run(PAGE)
    pen, memory = guide["Pen"], guide["memory"]
    with pytest.raises(ValueError, match="main=True"):
        bzz.Api([bzz.ModelHive(memory, pen, main=True), bzz.ModelHive(memory, pen, main=True)])
    with pytest.raises(ValueError, match="belongs to another Api"):
        bzz.Api([guide["pens"]])
