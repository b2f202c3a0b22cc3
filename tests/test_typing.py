"""The types of the public names, for mypy: a wrong type, or a wrong use that mypy would accept, fails ``make types``.

``assert_type`` does nothing at run time; the right uses run all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, assert_type

import tornado.web

import bzz
from bzz.auth import MockProvider
from bzz.lifecycle.in_process import Page
from bzz.providers import Schema
from bzz.providers.memory import MemoryProvider
from bzz.signals import post_create_instance, pre_update_instance
from bzz.testing import Client, Reply, Sent, capture, served
from tests.support.client import SECRET
from tests.support.models import User
from tests.support.teams import records


class Custom(bzz.ModelHandler):
    """A subclass, as ``handler_class`` takes it."""


def test_routes_are_lists_that_an_application_takes() -> None:
    provider = MemoryProvider()
    models = assert_type(bzz.ModelHive.routes_for(provider, User), bzz.RouteList)
    assert_type(bzz.ModelHive.routes_for("memory", User, "api", "people", read_only=["age"]), bzz.RouteList)
    assert_type(bzz.ModelHive(MemoryProvider, User, handler_class=Custom).routes(prefix="api"), bzz.RouteList)
    mocks = assert_type(bzz.MockHive.routes_for([("GET", "/health", {"body": {"ok": True}})]), bzz.RouteList)
    auth = assert_type(bzz.AuthHive.routes_for([MockProvider], "api"), bzz.RouteList)
    flat = assert_type(bzz.flatten([models, mocks, auth, (r"/plain", tornado.web.RequestHandler)]), bzz.RouteList)
    assert_type(models.below("v1") + mocks, bzz.RouteList)
    assert_type(bzz.AuthHive([MockProvider]).routes("api"), bzz.RouteList)
    assert_type(bzz.MockHive([("GET", "/health")]).routes(), bzz.RouteList)
    app = tornado.web.Application([*models, mocks, *flat], default_handler_class=bzz.NotFoundHandler)
    assert all(isinstance(routes, bzz.RouteList) for routes in (models, mocks, auth, flat))
    bzz.AuthHive.configure(app, SECRET, authenticated_get=False, authenticated_create=bzz.role("admin"))


async def test_acts_of_plain_code_return_instances_and_pages() -> None:
    provider = MemoryProvider()
    teams, members = bzz.ModelHive(provider, records.Team), bzz.ModelHive(provider, records.Member)
    ada = assert_type(await members.create({"name": "Ada"}), Any)
    team = assert_type(await teams.create({"name": "Engine"}), Any)
    assert_type(await members.get(ada.id), Any)
    assert_type(await members.update(ada.id, {"age": 36}), Any)
    page = assert_type(await members.list(age__gte=18, sort="-age", count=True), Page)
    assert_type(page.more, bool)
    assert_type(page.total, int | None)
    assert_type(page.cursor, str | None)
    assert_type(page[0], Any)
    joined = assert_type(await teams.associate(team.id, "members", [ada.id]), Sequence[Any])
    assert [member.name for member in joined] == ["Ada"]
    deleting = assert_type(teams.delete(team.id), Coroutine[Any, Any, None])
    await deleting
    assert_type(provider.describe(User), Schema)
    assert isinstance(page, Page)


async def test_a_connected_receiver_keeps_its_type() -> None:
    @post_create_instance.connect
    async def welcome(sender: type, instance: User) -> str:
        return instance.name

    @pre_update_instance.connect_via(User)
    def refuse(sender: type, data: dict[str, Any]) -> None:
        raise bzz.exceptions.Forbidden("Not now.")

    assert_type(await welcome(User, User(name="Ada")), str)
    kept: Callable[[type, dict[str, Any]], None] = refuse
    assert kept is refuse
    with post_create_instance.connected_to(welcome), capture(post_create_instance) as sent:
        assert_type(sent, list[Sent])
    assert_type(bzz.signals.declared(), Mapping[str, bzz.signals.Signal])


async def test_in_pool_returns_what_its_function_returns() -> None:
    assert_type(await bzz.in_pool(len, "abc"), int)
    assert_type(await bzz.in_pool(sorted, [3, 1], reverse=True), list[int])


async def test_a_client_for_tests_returns_replies() -> None:
    async with served(tornado.web.Application(bzz.ModelHive.routes_for(MemoryProvider(), User))) as client:
        assert_type(client, Client)
        assert_type(await client("GET", "/user"), Reply)


if TYPE_CHECKING:

    async def wrong_uses(hive: bzz.ModelHive, app: tornado.web.Application) -> None:
        """Mypy must find an error in each line; ``warn_unused_ignores`` tells of a line in which it finds none."""
        bzz.ModelHive.routes_for("memory")  # type: ignore[call-arg]
        bzz.ModelHive.routes_for("memory", User(name="Ada"))  # type: ignore[arg-type]
        bzz.ModelHive("memory", User, handler_class=tornado.web.RequestHandler)  # type: ignore[arg-type]
        bzz.ModelHive("memory", User, per_page="20")  # type: ignore[arg-type]
        bzz.ModelHive("memory", User, authenticated="get")  # type: ignore[arg-type]
        bzz.MockHive.routes_for({"GET": 200}.values())  # type: ignore[arg-type]
        bzz.AuthHive.routes_for("mock")  # type: ignore[arg-type]
        bzz.AuthHive.configure(app, SECRET, authenticated_get="admin")  # type: ignore[arg-type]
        bzz.role(1)  # type: ignore[arg-type]
        bzz.AuthHive.configure(app)  # type: ignore[call-arg]
        bzz.AuthHive.configure(app, SECRET, secret="x")  # type: ignore[call-arg]
        bzz.flatten(3)  # type: ignore[arg-type]
        bzz.register_provider("books", dict)  # type: ignore[arg-type]
        bzz.Provider()  # type: ignore[abstract]
        bool(hive.list().more)  # type: ignore[attr-defined]
        bool(await hive.delete("1"))  # type: ignore[func-returns-value]
        await bzz.in_pool(len)  # type: ignore[call-arg]
        await bzz.in_pool(len, 3)  # type: ignore[arg-type]
        post_create_instance.connect(3)  # type: ignore[type-var]
        capture("post_create_instance")  # type: ignore[arg-type]
        bzz.exceptions.Invalid(errors={"name": "is required"})  # type: ignore[dict-item]
