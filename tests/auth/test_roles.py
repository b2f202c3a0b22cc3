"""``role``: a check that reads the roles of the signed-in user."""

from __future__ import annotations

from typing import Any

import pytest

import bzz
from bzz.providers.memory import MemoryProvider
from tests.support.auth import RolesProvider
from tests.support.client import SECRET, Api, Browser
from tests.support.models import User


@pytest.mark.parametrize("names", [(), ("",), (["admin"],), ("admin", None)])
def test_a_role_needs_names(names: Any) -> None:
    with pytest.raises(TypeError, match="role takes names of roles, each a text"):
        bzz.role(*names)


def test_the_same_roles_are_the_same_check() -> None:
    assert bzz.role("admin", "editor") == bzz.role("editor", "admin") != bzz.role("admin")


@pytest.mark.parametrize(
    ("credentials", "status"),
    [
        ({"roles": ["editor"]}, 200),
        ({"roles": ["reader", "admin"]}, 200),
        ({"roles": ["reader", {"name": "admin"}]}, 403),
        ({"roles": []}, 403),
        ({"roles": "admin"}, 403),
        ({"roles": {"admin": True}}, 403),
        ({"roles": None}, 403),
        ({}, 403),
    ],
)
async def test_a_user_passes_with_one_of_the_roles(api: Api, credentials: dict[str, Any], status: int) -> None:
    routes = bzz.ModelHive.routes_for(MemoryProvider(), User, authenticated=bzz.role("admin", "editor"))
    api.mount(bzz.AuthHive.routes_for([RolesProvider]), routes)
    bzz.AuthHive.configure(api.app, SECRET)
    assert (await api("GET", "/user")).status == 401
    browser = Browser(api)
    await browser.sign_in(**credentials)
    assert (await browser("GET", "/user")).status == status


async def test_a_user_that_is_no_dict_has_no_roles(api: Api) -> None:
    class Keyed(bzz.ModelHandler):
        def get_current_user(self) -> str:
            return "admin"

    checks = {"get": bzz.role("admin")}
    api.mount(bzz.ModelHive.routes_for(MemoryProvider(), User, handler_class=Keyed, authenticated=checks))
    assert (await api("GET", "/user")).status == 403
