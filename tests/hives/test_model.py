"""ModelHive: each option, and the errors of wrong ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
import tornado.web

import bzz
from bzz.providers.memory import MemoryProvider
from bzz.testing import Sent
from tests.support.client import Api
from tests.support.extras import needs_extras
from tests.support.models import User
from tests.support.teams import names
from tests.support.users import make_users


async def test_a_hive_takes_the_methods_it_is_given(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, User, methods=["get", "POST"]))
    ada = await api.create("/user", name="Ada")
    reply = await api("DELETE", f"/user/{ada['id']}")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize("prefix", ["api", "/api", "/api/"])
@pytest.mark.parametrize("name", ["people", "/people/"])
async def test_prefix_and_resource_name_in_any_spelling(
    api: Api, provider: MemoryProvider, prefix: str, name: str
) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, User, prefix=prefix, resource_name=name))
    for path in ("/api/people", "/api/people/"):
        reply = await api("POST", path, form={"name": "Ada"})
        assert reply.headers["Location"] == f"/api/people/{reply.json['id']}/"
        assert (await api("GET", path)).status == 200
    assert (await api("GET", "/people")).status == 404


async def test_arguments_are_the_path_with_the_resources_name(
    api: Api, provider: MemoryProvider, sent: list[Sent]
) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, User, prefix="api", resource_name="/people/"))
    ada = await api.create("/api/people", name="Ada")
    await api("GET", f"/api/people/{ada['id']}/")
    assert sent[0].keywords["arguments"] == ["people"]
    assert sent[2].keywords["arguments"] == [f"people/{ada['id']}"]


async def test_the_options_of_a_page_set_its_length_and_order(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, User, sort="-name", per_page=2, max_per_page=3))
    await make_users(api)
    assert names(await api("GET", "/user")) == ["Ed", "Di"]
    assert names(await api("GET", "/user?per_page=3")) == ["Ed", "Di", "Cy"]
    assert (await api("GET", "/user?per_page=4")).json["errors"] == {"per_page": ["expected an integer from 1 to 3"]}


async def test_options_hide_and_fix_fields(api: Api, provider: MemoryProvider) -> None:
    api.mount(
        bzz.ModelHive.routes_for(
            provider, User, exclude=["balance"], read_only=["admin"], write_only=["email"], fields=None
        )
    )
    ada = await api.create("/user", name="Ada", email="a@b.c")
    assert not {"balance", "email"} & set(ada)
    assert ada["admin"] is False
    path = f"/user/{ada['id']}"
    for body in ({"balance": 1}, {"admin": True}, {"nope": 1}, {"__class__": "x"}, {"id": "y"}):
        reply = await api("PUT", path, json_body=body)
        assert (reply.status, list(reply.json["errors"])) == (400, list(body))
    for hidden in ("balance", "email"):
        assert (await api("GET", f"/user?{hidden}=1")).status == 400
        assert (await api("GET", f"/user?sort={hidden}")).status == 400


async def test_a_handler_class_of_ones_own_answers(api: Api, provider: MemoryProvider) -> None:
    class Loud(bzz.ModelHandler):
        def set_default_headers(self) -> None:
            self.set_header("X-Loud", "yes")

    api.mount(bzz.ModelHive.routes_for(provider, User, handler_class=Loud))
    assert (await api("GET", "/user")).headers["X-Loud"] == "yes"


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"exclude": ["nmae"]}, TypeError),
        ({"per_pgae": 3}, TypeError),
        ({"sort": "nmae"}, TypeError),
        ({"methods": ["GTE"]}, ValueError),
        ({"per_page": 200}, ValueError),
        ({"per_page": 0}, ValueError),
        ({"resource_name": "/"}, ValueError),
        ({"max_body": -1}, ValueError),
        ({"exclude": "name"}, TypeError),
        ({"methods": "GET"}, TypeError),
        ({"handler_class": tornado.web.RequestHandler}, TypeError),
    ],
)
def test_a_wrong_option_is_an_error_when_routes_are_made(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        bzz.ModelHive.routes_for("memory", User, **options)


@dataclass
class Unhashable:
    def __call__(self, handler: Any) -> bool:
        return True


@pytest.mark.parametrize("given", ["get", ["get"], {"read": True}, {"get": "no"}, 1, dict, {"get": Unhashable()}])
def test_a_wrong_value_of_authenticated_is_an_error(given: Any) -> None:
    with pytest.raises(TypeError, match="authenticated must be True, False, a check, or a dict of them by get, create"):
        bzz.ModelHive.routes_for(MemoryProvider(), User, authenticated=given)


@needs_extras
def test_the_error_of_an_unknown_option_lists_the_known_ones() -> None:
    with pytest.raises(TypeError, match=r"unknown option per_pgae; there are .*per_page, .*threads"):
        bzz.ModelHive.routes_for("mongoengine", User, per_pgae=3)  # type: ignore[call-arg]


def test_the_largest_reply_has_at_least_one_byte() -> None:
    with pytest.raises(ValueError, match="max_reply must be 1 byte or more, not 0"):
        bzz.ModelHive(MemoryProvider(), User, max_reply=0)
