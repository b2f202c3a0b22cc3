"""The acts of a hive for plain code, on each provider, and beside the same acts over HTTP."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from types import ModuleType
from typing import Any

import pytest
from bson import ObjectId

import bzz
from bzz.exceptions import Conflict, Forbidden, Invalid, NotFound
from bzz.providers.conditions import Condition
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Query
from bzz.signals import post_get_list, pre_create_instance, pre_get_list
from bzz.testing import Sent
from tests.support.client import Api
from tests.support.models import User
from tests.support.teams import NOBODY


@pytest.fixture
def hives(served: Any, models: ModuleType) -> tuple[bzz.ModelHive, bzz.ModelHive]:
    """Teams and members."""
    return bzz.ModelHive(served, models.Team), bzz.ModelHive(served, models.Member)


@dataclass
class Price:
    """Its key is a number."""

    id: Decimal


def shown(sent: list[Sent]) -> list[tuple[str, str, str]]:
    """Return the sent signals as text, each key of a store replaced by its number."""
    keys: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return keys.setdefault(found[0], f"#{len(keys)}")

    def plain(value: Any) -> Any:
        if hasattr(value, "to_mongo"):
            return value.to_mongo().to_dict()
        return repr(value) if isinstance(value, (ObjectId, Query, Exception)) else vars(value)

    def text(one: Sent) -> str:
        keywords = {name: value for name, value in sorted(one.keywords.items()) if name != "handler"}
        return re.sub("[0-9a-f]{24}", numbered, json.dumps(keywords, default=plain))

    return [(one.signal, one.sender.__name__, text(one)) for one in sent]


async def over_http(api: Api) -> None:
    ada, bob = [(await api.create("/member", name=name))["id"] for name in ("Ada", "Bob")]
    parent = (await api.create("/team", name="Engine", members=[ada]))["id"]
    assert (await api("POST", f"/team/{parent}/members", json_body={"members": [ada, bob]})).status == 201
    assert (await api("POST", f"/team/{parent}/owner", json_body={"owner": ada})).status == 201
    assert (await api("GET", f"/team/{parent}/members?name__startswith=A&sort=-name&per_page=5&count=true")).json
    project = (await api.create(f"/team/{parent}/projects", name="Difference"))["id"]
    assert (await api("PUT", f"/team/{parent}/projects/{project}", json_body={"name": "Analytical"})).status == 200
    assert (await api("POST", f"/team/{parent}/projects/{project}/module", json_body={"name": "m"})).status == 201
    assert (await api("GET", f"/team/{parent}/projects/{project}/module")).status == 200
    assert (await api("GET", f"/team/{parent}/projects")).status == 200
    assert (await api("PUT", f"/member/{ada}", json_body={"age": "36"})).status == 200
    assert (await api("PUT", f"/member/{ada}", json_body={})).status == 200
    assert (await api("GET", f"/member/{NOBODY}")).status == 404
    assert (await api("POST", "/member", json_body={"age": 1})).status == 400
    assert (await api("DELETE", f"/team/{parent}/members/{bob}")).status == 204
    assert (await api("DELETE", f"/team/{parent}/owner")).status == 204
    assert (await api("DELETE", f"/team/{parent}/projects/{project}")).status == 204
    assert (await api("DELETE", f"/team/{parent}")).status == 204


async def in_process(teams: bzz.ModelHive, members: bzz.ModelHive) -> None:
    ada, bob = [(await members.create({"name": name})).id for name in ("Ada", "Bob")]
    parent = (await teams.create({"name": "Engine", "members": [ada]})).id
    assert [m.name for m in await teams.associate(parent, "members", [ada, bob])] == ["Ada", "Bob"]
    assert [m.name for m in await teams.associate(parent, "owner", ada)] == ["Ada"]
    page = await teams.list(parent, "members", name__startswith="A", sort="-name", per_page=5, count=True)
    assert ([m.name for m in page], page.more, page.total, page.cursor) == (["Ada"], False, 1, None)
    project = (await teams.create(parent, "projects", {"name": "Difference"})).id
    assert (await teams.update(parent, "projects", project, {"name": "Analytical"})).name == "Analytical"
    assert (await teams.create(parent, "projects", project, "module", {"name": "m"})).name == "m"
    assert (await teams.get(parent, "projects", project, "module")).name == "m"
    assert [p.name for p in await teams.list(parent, "projects")] == ["Analytical"]
    assert (await members.update(ada, {"age": 36})).age == 36
    assert (await members.update(ada, {})).age == 36
    with pytest.raises(NotFound):
        await members.get(NOBODY)
    with pytest.raises(Invalid):
        await members.create({"age": 1})
    await teams.dissociate(parent, "members", bob)
    await teams.dissociate(parent, "owner")
    await teams.delete(parent, "projects", project)
    await teams.delete(parent)


async def test_plain_code_and_requests_send_the_same_signals(
    teams: Api, hives: tuple[bzz.ModelHive, bzz.ModelHive], sent: list[Sent]
) -> None:
    await over_http(teams)
    handlers = [one.keywords["handler"] for one in sent]
    requested = shown(sent)
    sent.clear()
    await in_process(*hives)
    for one, other in zip(shown(sent), requested, strict=True):
        assert one == other
    assert len(sent) == 36
    assert None not in handlers
    assert {one.keywords["handler"] for one in sent} == {None}


@pytest.fixture
def users(provider: MemoryProvider) -> bzz.ModelHive:
    return bzz.ModelHive(provider, User, read_only=["admin"], exclude=["email"], methods=["GET"], max_per_page=2)


async def test_options_that_restrict_requests_do_not_restrict_plain_code(users: bzz.ModelHive) -> None:
    ada = await users.create({"id": "ada", "name": "Ada", "admin": True, "email": "ada@example.com"})
    assert (ada.id, ada.admin, ada.email) == ("ada", True, "ada@example.com")
    assert (await users.update("ada", {"admin": False, "email": None})).admin is False
    for name in "bcd":
        await users.create({"name": name, "email": f"{name}@example.com"})
    assert len(await users.list(per_page=1000)) == 4
    assert [user.name for user in await users.list(email__startswith="c", sort="-email")] == ["c"]
    with pytest.raises(Invalid):
        await users.update("ada", {"id": "eve"})


async def test_a_list_has_the_order_and_page_size_of_its_hive(provider: MemoryProvider) -> None:
    users = bzz.ModelHive(provider, User, sort="-name", per_page=2)
    for name in "bca":
        await users.create({"name": name})
    assert [user.name for user in await users.list()] == ["c", "b"]


async def test_the_cursor_of_a_page_leads_to_the_next_one(users: bzz.ModelHive) -> None:
    for name in "dbacb":
        await users.create({"name": name})
    page = await users.list(sort="-name", per_page=2, count=True)
    met = [user.name for user in page]
    while page.cursor:
        page = await users.list(sort="-name", per_page=2, after=page.cursor)
        met += [user.name for user in page]
    assert met == ["d", "c", "b", "b", "a"]
    assert page.more is False


async def test_the_value_of_a_filter_is_typed_or_text(users: bzz.ModelHive) -> None:
    for age in (1, 2, 3):
        await users.create({"name": str(age), "age": age})
    await users.create({"name": "no age"})
    for query, found in (
        ({"age": 2}, ["2"]),
        ({"age": "2"}, ["2"]),
        ({"age": None}, ["no age"]),
        ({"age__in": [1, 3]}, ["1", "3"]),
        ({"age__in": "1,3"}, ["1", "3"]),
        ({"age__in": {3}}, ["3"]),
        ({"age__exists": False}, ["no age"]),
        ({"page": 2, "per_page": 3}, ["no age"]),
    ):
        assert [user.name for user in await users.list(**{"sort": "name", **query})] == found, query


@pytest.mark.parametrize(
    "query",
    [
        *({"nope": 1}, {"self": 1}, {"age__nope": 1}, {"fields": "name"}, {"expand": "x"}),
        *({"age": "x"}, {"page": 0}, {"after": 1}, {"sort": ["name"]}, {"age__in": 3}, {"age__in": None}),
    ],
    ids=str,
)
async def test_the_error_of_a_query_names_its_parameter(users: bzz.ModelHive, query: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as caught:
        await users.list(**query)
    assert caught.value.errors.keys() == query.keys()


@pytest.mark.parametrize("id_", [7, b"x", "", "a/b", object(), ("x",)])
async def test_a_value_that_no_key_can_have_is_not_found(users: bzz.ModelHive, id_: Any) -> None:
    for act in (users.get(id_), users.update(id_, {}), users.delete(id_)):
        with pytest.raises(NotFound):
            await act


async def test_a_key_in_a_path_is_typed_or_text(provider: MemoryProvider) -> None:
    prices = bzz.ModelHive(provider, Price)
    for id_ in (Decimal("1.5"), "1.5"):
        await prices.create({"id": Decimal("1.5")})
        assert (await prices.get(id_)).id == Decimal("1.5")
        await prices.delete(id_)
    with pytest.raises(TypeError, match="None"):
        await prices.get(None)


async def test_the_error_of_a_call_says_which_acts_the_path_takes(
    hives: tuple[bzz.ModelHive, bzz.ModelHive],
) -> None:
    teams, members = hives
    parent = (await teams.create({"name": "Engine"})).id
    for wrong, message in (
        (teams.get, "team takes list, create, not get"),
        (lambda: teams.list(parent), f"team/{parent} takes get, update, delete, not list"),
        (lambda: teams.get(parent, "members"), f"team/{parent}/members takes list, associate, not get"),
        (lambda: teams.create(parent, {"name": "x"}), "takes get, update, delete, not create"),
        (lambda: teams.update(parent, "owner", {}), "owner takes get, associate, dissociate, not update"),
        (lambda: teams.create({}, parent), "after the path comes a Mapping"),
        (lambda: teams.get(parent, "nope"), "Team has no path"),
        (lambda: teams.get(parent, "projects", "x", "nope"), "Team has no path"),
        (members.update, "after the path comes a Mapping"),
    ):
        with pytest.raises(TypeError, match=message):
            await wrong()


async def test_receivers_may_refuse_and_change_acts_of_plain_code(users: bzz.ModelHive) -> None:
    @pre_create_instance.connect
    def check(sender: Any, data: dict[str, Any]) -> None:
        if data["name"] == "Eve":
            raise Forbidden("Not you.")
        data["age"] = "7"

    assert (await users.create({"name": "Ada"})).age == 7
    with pytest.raises(Forbidden):
        await users.create({"name": "Eve"})

    @pre_get_list.connect
    def narrow(sender: Any, query: Any) -> None:
        query.where.append(Condition("age", "gt", 7))

    assert await users.list() == []
    pre_get_list.disconnect(narrow)

    @post_get_list.connect
    def add(sender: Any, items: list[Any]) -> None:
        items.append("a guest")

    assert [getattr(item, "name", item) for item in await users.list()] == ["Ada", "a guest"]


async def test_arguments_begin_with_the_name_in_the_routes(provider: MemoryProvider, sent: list[Sent]) -> None:
    users = bzz.ModelHive(provider, User)
    await users.list()
    users.routes("/api", "people")
    await users.list()
    assert [s.keywords["arguments"] for s in sent if s.signal == "pre_get_list"] == [["user"], ["people"]]


async def test_a_closed_hive_can_be_used_again(users: bzz.ModelHive) -> None:
    await users.create({"id": "ada", "name": "Ada"})
    await users.close()
    await users.close()
    assert (await users.get("ada")).name == "Ada"


async def test_values_that_no_store_can_write_are_refused(users: bzz.ModelHive) -> None:
    beyond = datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))
    with pytest.raises(Invalid):
        await users.create({"name": "x", "born": beyond})
    for values in ({"name": "\ud800"}, {"name": "x", "tags": ["\udfff"]}, {"name": "x", "scores": {"\ud800": 1}}):
        with pytest.raises(Invalid):
            await users.create(values)
    assert (await users.create({"name": "\U0001f41d"})).name == "\U0001f41d"


async def test_a_taken_key_is_a_conflict(users: bzz.ModelHive) -> None:
    await users.create({"id": "ada", "name": "Ada"})
    with pytest.raises(Conflict):
        await users.create({"id": "ada", "name": "Another"})
