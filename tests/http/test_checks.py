"""Checks: functions that say which requests may go on, for hives and for applications."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
import tornado.web

import bzz
from bzz.exceptions import Forbidden, Unavailable
from bzz.providers.memory import MemoryProvider
from tests.support.auth import RolesProvider, signed_in
from tests.support.client import SECRET, Api
from tests.support.models import Country

ASK = "You may not do this; ask for the permission, or sign in as another user."


class Asked:
    """A check that admits users with a role, and counts how often it is asked."""

    def __init__(self, role: str) -> None:
        self.role, self.count = bzz.role(role), 0

    async def __call__(self, handler: bzz.Handler) -> bool:
        self.count += 1
        return self.role(handler)


@pytest.fixture
def app_with_roles(api: Api) -> Api:
    bzz.AuthHive.configure(api.app, SECRET)
    return api.mount(bzz.AuthHive.routes_for([RolesProvider]))


def countries(**options: Any) -> bzz.RouteList:
    return bzz.ModelHive.routes_for(MemoryProvider(), Country, **options)


async def test_a_check_that_is_not_passed_is_401_without_a_user_and_403_with_one(app_with_roles: Api) -> None:
    api = app_with_roles.mount(countries(authenticated=bzz.role("admin")))
    stranger = await api("GET", "/country")
    assert (stranger.status, stranger.headers["WWW-Authenticate"]) == (401, "Bearer")
    refused = await (await signed_in(api, "reader"))("GET", "/country")
    assert (refused.status, refused.json["detail"]) == (403, ASK)
    assert (await (await signed_in(api, "admin"))("GET", "/country")).status == 200
    assert (await api("OPTIONS", "/country")).status == 204


async def test_each_verb_has_a_check_of_its_own(app_with_roles: Api) -> None:
    checks = {"get": False, "create": bzz.role("admin"), "update": lambda handler: True, "delete": True}
    api = app_with_roles.mount(countries(authenticated=checks))
    reader, admin = await signed_in(api, "reader"), await signed_in(api, "admin")
    assert (await reader("POST", "/country", json_body={"id": "br"})).status == 403
    assert (await admin("POST", "/country", json_body={"id": "br"})).status == 201
    assert (await api("GET", "/country/br")).status == 200
    assert (await api("PUT", "/country/br", json_body={"name": "Brazil"})).json["name"] == "Brazil"
    assert (await api("DELETE", "/country/br")).status == 401
    assert (await reader("DELETE", "/country/br")).status == 204


async def test_an_applications_check_holds_for_models_that_do_not_say_otherwise(app_with_roles: Api) -> None:
    bzz.AuthHive.configure(app_with_roles.app, SECRET, authenticated_get=bzz.role("admin"), authenticated_create=False)
    api = app_with_roles.mount(countries(), countries(resource_name="open", authenticated={"get": False}))
    reader, admin = await signed_in(api, "reader"), await signed_in(api, "admin")
    assert [(await ask("GET", "/country")).status for ask in (api, reader, admin)] == [401, 403, 200]
    assert (await api("GET", "/open")).status == 200
    made = await reader("POST", "/country", json_body={"id": "br"})
    assert (made.status, made.body, "ETag" in made.headers) == (201, b"", False)


async def test_a_check_is_asked_once_for_a_request(app_with_roles: Api) -> None:
    asked = Asked("admin")
    api = app_with_roles.mount(countries(authenticated=asked))
    admin = await signed_in(api, "admin")
    etag = (await admin("POST", "/country", json_body={"id": "br"})).headers["ETag"]
    assert asked.count == 1
    held = await admin("PUT", "/country/br", json_body={"name": "Brazil"}, headers={"If-Match": etag})
    assert (held.status, asked.count) == (200, 2)
    assert (await admin("GET", "/country")).status == 200
    assert asked.count == 3


async def test_a_check_chooses_the_reply_by_raising(app_with_roles: Api) -> None:
    def busy(handler: bzz.Handler) -> bool:
        raise Unavailable("The directory of users is away; try again later.")

    async def teapot(handler: bzz.Handler) -> bool:
        raise tornado.web.HTTPError(418, reason="Short and stout")

    def broken(handler: bzz.Handler) -> bool:
        raise RuntimeError

    api = app_with_roles.mount(countries(authenticated={"get": busy, "create": teapot, "update": broken}))
    away = await api("GET", "/country")
    assert (away.status, away.json["detail"]) == (503, "The directory of users is away; try again later.")
    refused = await api("POST", "/country", json_body={})
    assert (refused.status, refused.json["detail"]) == (418, "Short and stout")
    assert (await api("PUT", "/country/br", json_body={})).status == 500


async def test_a_check_runs_before_the_path_the_query_and_the_body_are_read(app_with_roles: Api) -> None:
    api = app_with_roles.mount(countries(authenticated=bzz.role("admin")))
    reader = await signed_in(api, "reader")
    json = {"Content-Type": "application/json"}
    assert (await reader("GET", "/country/1/nowhere")).status == 403
    assert (await reader("GET", "/country?nonsense=1")).status == 403
    assert (await reader("POST", "/country", body=b"{malformed", headers=json)).status == 403


async def test_a_user_that_does_not_pass_the_check_for_reading_may_write_but_sees_nothing(app_with_roles: Api) -> None:
    def sorry(handler: bzz.Handler) -> bool:
        if handler.current_user:
            raise Forbidden("Only the census reads countries.")
        return False

    api = app_with_roles.mount(countries(authenticated={"get": sorry, "create": True}))
    reader = await signed_in(api, "reader")
    made = await reader("POST", "/country", json_body={"id": "br"})
    changed = await reader("PUT", "/country/br", json_body={"name": "Brazil"})
    assert [(one.status, one.body, "ETag" in one.headers) for one in (made, changed)] == [
        (201, b"", False),
        (204, b"", False),
    ]
    for method in ("PUT", "DELETE"):
        body = {"name": "Brasil"} if method == "PUT" else None
        compared = await reader(method, "/country/br", json_body=body, headers={"If-Match": "*"})
        assert (compared.status, compared.json["detail"]) == (403, "Only the census reads countries.")


async def test_a_check_for_reading_that_fails_stops_a_write_before_it_is_stored(app_with_roles: Api) -> None:
    def broken(handler: bzz.Handler) -> bool:
        raise RuntimeError

    checks: Any = {"get": broken, "create": False}
    hive = bzz.ModelHive(MemoryProvider(), Country, authenticated=checks)
    api = app_with_roles.mount(hive.routes())
    assert (await api("POST", "/country", json_body={"id": "br"})).status == 500
    assert [*await hive.list()] == []


async def test_all_checks_along_a_path_must_be_passed(app_with_roles: Api, served: Any, models: ModuleType) -> None:
    team, member = Asked("admin"), Asked("editor")
    api = app_with_roles.mount(
        bzz.ModelHive.routes_for(served, models.Team, authenticated=team),
        bzz.ModelHive.routes_for(served, models.Member, authenticated=member),
    )
    admin, both = await signed_in(api, "admin"), await signed_in(api, "admin", "editor")
    ada = (await both("POST", "/member", json_body={"name": "Ada"})).json["id"]
    at = f"/team/{(await both('POST', '/team', json_body={'name': 'Engine', 'members': [ada]})).json['id']}"
    for path in (f"{at}/members", f"{at}?expand=members", "/team?expand=members"):
        assert [(await ask("GET", path)).status for ask in (api, admin, both)] == [401, 403, 200]
    assert (await admin("GET", at)).status == 200
    asked = team.count, member.count
    assert (await both("PUT", f"{at}?expand=members", json_body={"name": "Motor"})).status == 200
    assert (team.count, member.count) == (asked[0] + 1, asked[1] + 1)


async def test_all_checks_of_several_hives_of_a_model_must_be_passed_on_paths_to_it(
    app_with_roles: Api, served: Any, models: ModuleType
) -> None:
    hive = bzz.ModelHive.routes_for
    api = app_with_roles.mount(
        hive(served, models.Team, authenticated=False),
        hive(served, models.Member, "a", authenticated={"get": bzz.role("editor")}),
        hive(served, models.Member, "b", authenticated={"get": False}),
        hive(served, models.Member, "c"),
    )
    at = (await api("POST", "/team", json_body={"name": "Engine"})).headers["Location"]
    reader, editor = await signed_in(api, "reader"), await signed_in(api, "editor")
    assert [(await ask("GET", f"{at}members")).status for ask in (api, reader, editor)] == [401, 403, 200]
    bzz.AuthHive.configure(api.app, SECRET, authenticated_get=bzz.role("admin"))
    assert (await editor("GET", f"{at}members")).status == 403
    assert (await (await signed_in(api, "editor", "admin"))("GET", f"{at}members")).status == 200


async def test_a_check_holds_in_an_application_without_a_policy(api: Api) -> None:
    api.mount(countries(authenticated=lambda handler: handler.request.headers.get("X-Key") == "k"))
    assert (await api("GET", "/country")).status == 401
    assert (await api("GET", "/country", headers={"X-Key": "k"})).status == 200
