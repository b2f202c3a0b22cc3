"""What a list's query string can ask for, over HTTP, on each provider."""

from __future__ import annotations

import random
from typing import Any
from urllib.parse import quote

import mongoengine
import pytest
from pymongo import monitoring

import bzz
from bzz import signals
from bzz.conditions import Condition
from bzz.interfaces import Query
from tests.conftest import Api, Reply
from tests.teams import documents, member, project, team
from tests.test_nested import names


async def people(api: Api) -> None:
    everybody: dict[str, dict[str, Any]] = {
        "Ada": {"age": 36, "tags": ["math", "a.b"], "home": {"id": "x", "city": "London"}},
        "ada b": {"age": 5, "tags": ["Math"], "home": {"id": "y"}},
        "Bob": {"tags": []},
        "B.b": {"age": 20, "home": {"id": "x", "city": "Rio"}},
        "50%\n": {"age": 20},
    }
    for name, values in everybody.items():
        await member(api, name, **values)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("age=20", ["B.b", "50%\n"]),
        ("age=", ["Bob"]),
        ("age__eq=5", ["ada b"]),
        ("age__ne=20", ["Ada", "ada b", "Bob"]),
        ("age__ne=", ["Ada", "ada b", "B.b", "50%\n"]),
        ("age__in=5,36", ["Ada", "ada b"]),
        ("age__in=5,", ["ada b", "Bob"]),
        ("age__nin=20,36", ["ada b", "Bob"]),
        ("age__nin=20,", ["Ada", "ada b"]),
        ("age__gt=20", ["Ada"]),
        ("age__gte=20", ["Ada", "B.b", "50%\n"]),
        ("age__lt=20", ["ada b"]),
        ("age__lte=20&age__gt=5", ["B.b", "50%\n"]),
        ("age__exists=false", ["Bob"]),
        ("age__exists=1", ["Ada", "ada b", "B.b", "50%\n"]),
        ("name__gt=Ada", ["ada b", "Bob", "B.b"]),
        ("name__contains=b", ["ada b", "Bob", "B.b"]),
        ("name__contains=.", ["B.b"]),
        ("name__contains=[a", []),
        ("name__contains=", ["Ada", "ada b", "Bob", "B.b", "50%\n"]),
        ("name__icontains=ADA", ["Ada", "ada b"]),
        ("name__icontains=.*", []),
        ("name__startswith=Ad", ["Ada"]),
        ("name__istartswith=aD", ["Ada", "ada b"]),
        ("name__startswith=^A", []),
        ("name__endswith=b", ["ada b", "Bob", "B.b"]),
        ("name__endswith=%25", []),
        ("name__endswith=%25%0A", ["50%\n"]),
        ("name__iendswith=.B", ["B.b"]),
        ("name__in=Ada,Bob", ["Ada", "Bob"]),
        ("tags__contains=math", ["Ada"]),
        ("tags__contains=math&tags__contains=a.b", ["Ada"]),
        ("tags__contains=math&tags__contains=x", []),
        ("tags__contains=a.*", []),
        ("tags__exists=false", ["Bob", "B.b", "50%\n"]),
        ("home.city=Rio", ["B.b"]),
        ("home.city__ne=Rio", ["Ada", "ada b", "Bob", "50%\n"]),
        ("home.city__icontains=O&home.id=x", ["Ada", "B.b"]),
        ("home__exists=false", ["Bob", "50%\n"]),
        ("home.city__exists=false", ["ada b", "Bob", "50%\n"]),
        ("retired=false&age=20", ["B.b", "50%\n"]),
        ("friends__exists=false&age=36", ["Ada"]),
    ],
)
async def test_an_operator_finds_what_it_says(teams: Api, query: str, found: list[str]) -> None:
    await people(teams)
    assert sorted(names(await teams("GET", f"/member?{query}"))) == sorted(found)


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("age__contains=1", "takes eq, ne, in, nin, exists, gt, gte, lt, lte, not contains"),
        ("retired__gt=true", "takes eq, ne, in, nin, exists, not gt"),
        ("name__regex=.", "takes eq, ne"),
        ("name__=x", "takes eq, ne"),
        ("tags=x", "takes contains, exists, not eq"),
        ("home=x", "takes exists, not eq"),
        ("addresses.city=x", "unknown field"),
        ("friends.name=x", "unknown field"),
        ("home.nope=x", "unknown field"),
        ("home.=x", "unknown field"),
        (".city=x", "unknown field"),
        ("__gt=1", "unknown field"),
        ("age__gt=x", "expected an integer"),
        ("age__in=1,x", "expected an integer"),
        ("age__gt=", "takes a value"),
        ("tags__exists=", "takes a value"),
        ("age__exists=maybe", "expected true or false"),
        ("name__contains=%00", "without NUL"),
        ("friends__contains=", "takes a value"),
        ("name=a&name=b", "more than once"),
        ("fields=name,nope", "'nope' is unknown; there are "),
        ("fields=", "is unknown"),
        ("expand=name", "cannot expand 'name'; there are friends"),
        ("expand=home", "is no reference"),
        ("expand=friends.friends.friends", "cannot expand"),
        ("count=x", "expected true or false"),
        ("sort=tags", "cannot sort"),
        ("sort=home.city,nope", "cannot sort"),
        ("after=", "is no cursor"),
        ("after=%F0%9F%90%9D", "is no cursor"),
        ("after=W10", "is no cursor"),
        ("after=WyJpZCIsWzFdXQ", "is no cursor"),
        ("after=WyJpZCIsW251bGxdXQ", "is no cursor"),
        ("after=WyItbmFtZSIsWyJBZGEiXV0", "is no cursor"),
    ],
)
async def test_what_cannot_be_asked_is_refused_with_what_can(teams: Api, query: str, wrong: str) -> None:
    reply = await teams("GET", f"/member?{query}")
    assert reply.status == 400
    [[message]] = reply.json["errors"].values()
    assert wrong in message


async def test_a_reserved_word_wins_over_a_field_of_its_name(teams: Api) -> None:
    assert list((await teams("GET", "/member?page=x")).json["errors"]) == ["page"]


async def walk(api: Api, path: str) -> list[str]:
    """Follow ``Link: next`` from ``path``, and return the names met."""
    met: list[str] = []
    while path:
        reply = await api("GET", path)
        met += names(reply)
        path = next((part[1:].split(">")[0] for part in reply.headers["Link"].split(", ") if "next" in part), "")
    return met


@pytest.mark.parametrize(
    "sort", ["age,name", "-age,name", "age,-home.city", "-home.city,-age,name", "-retired,age", "id", "-id"]
)
async def test_a_walk_by_cursor_meets_each_instance_once(teams: Api, sort: str) -> None:
    choose = random.Random(1)  # noqa: S311  # the same each time
    for number in range(25):
        home = choose.choice([None, {"id": "x"}, {"id": "x", "city": choose.choice(["Rio", "Lisbon"])}])
        await member(teams, str(number), age=choose.choice([None, 1, 2]), home=home)
    whole = names(await teams("GET", f"/member?per_page=100&sort={sort}"))
    assert await walk(teams, f"/member?per_page=4&sort={sort}") == whole
    assert await walk(teams, f"/member?per_page=3&sort={sort}&age__exists=true") == [
        m["name"] for m in (await teams("GET", f"/member?per_page=100&sort={sort}")).json if m["age"] is not None
    ]


async def test_a_walk_is_not_disturbed_by_what_comes_and_goes(teams: Api) -> None:
    ids = [await member(teams, f"b{number}") for number in range(9)]
    path, met = "/member?sort=name&per_page=3", []
    while path:
        reply = await teams("GET", path)
        met += names(reply)
        path = next((part[1:].split(">")[0] for part in reply.headers["Link"].split(", ") if "next" in part), "")
        await member(teams, "a")
        await teams("DELETE", f"/member/{ids[len(met) - 1]}")
    assert met == [f"b{number}" for number in range(9)]


async def test_a_cursor_is_of_one_order_only(teams: Api) -> None:
    for number in range(3):
        await member(teams, str(number))
    link = (await teams("GET", "/member?sort=name&per_page=1")).headers["Link"]
    after = link.split("after=")[1].split(">")[0]
    assert names(await teams("GET", f"/member?sort=name&per_page=1&after={after}")) == ["1"]
    for query in (f"sort=-name&after={after}", f"sort=age&after={after}", f"after={after}"):
        reply = await teams("GET", f"/member?{query}")
        assert (reply.status, reply.json["detail"]) == (400, "The cursor is of a list in another order.")
    both = await teams("GET", f"/member?sort=name&page=2&after={after}")
    assert (both.status, list(both.json["errors"])) == (400, ["after"])


async def test_a_cursor_never_says_what_may_not_be_read(api: Api, served: Any, models: Any) -> None:
    api.mount(bzz.ModelHive.routes_for(served, models.Member, write_only=["password"], sort="name"))
    for number in range(3):
        await member(api, "x", password=str(number))

    @signals.pre_get_list.connect
    def by_password(sender: Any, query: Query) -> None:
        query.sort = [("password", True)]

    reply = await api("GET", "/member?per_page=2")
    assert reply.headers["Link"].endswith('</member?per_page=2&page=2>; rel="next"')
    assert len(await walk(api, "/member?per_page=1")) == 3


async def test_a_count_is_of_all_pages(teams: Api) -> None:
    await people(teams)
    first = await teams("GET", "/member?age=20&per_page=1&count=true")
    assert first.headers["X-Total-Count"] == "2"
    following = next(part[1:].split(">")[0] for part in first.headers["Link"].split(", ") if "next" in part)
    assert (await teams("GET", following)).headers["X-Total-Count"] == "2"
    assert "X-Total-Count" not in (await teams("GET", "/member?count=false")).headers


async def test_fields_and_expand_shape_what_is_shown(teams: Api) -> None:
    ada = await member(teams)
    bob = await member(teams, "Bob", friends=[ada])
    parent = await team(teams, owner=bob, members=[bob, ada])
    await project(teams, parent, lead=ada)
    [shown] = (await teams("GET", "/team?fields=name,owner&expand=owner,members.friends,projects.lead")).json
    assert list(shown) == ["name", "members", "owner", "projects"]
    assert shown["owner"]["name"] == "Bob"
    assert shown["owner"]["friends"] == [ada], "only what is asked for is expanded"
    assert [m["name"] for m in shown["members"]] == ["Bob", "Ada"]
    assert [friend["name"] for friend in shown["members"][0]["friends"]] == ["Ada"]
    assert shown["projects"][0]["lead"]["name"] == "Ada"
    one = await teams("GET", f"/team/{parent}?fields=id&expand=owner.friends")
    assert (list(one.json), one.json["owner"]["friends"][0]["name"]) == (["id", "owner"], "Ada")
    put = await teams("PUT", f"/team/{parent}?fields=name&expand=owner", json_body={"name": "New"})
    assert (put.json["name"], put.json["owner"]["name"]) == ("New", "Bob")
    assert (await teams("GET", f"/team/{parent}/members/{bob}?expand=friends")).json["friends"][0]["name"] == "Ada"
    for wrong in ("page=1", "nope=1", "name=x", "fields=nope", "expand=nope"):
        assert (await teams("GET", f"/team/{parent}?{wrong}")).status == 400
    created = await teams("POST", "/team?fields=name", json_body={"name": "x"})
    assert (created.status, created.json) == (201, {"name": "x"})


async def test_what_dangles_in_the_store_is_shown_as_an_id_skipped_and_null(teams: Api) -> None:
    ada, gone = await member(teams), await member(teams, "Gone")
    parent = await team(teams, members=[gone, ada], owner=gone)
    assert (await teams("DELETE", f"/member/{gone}")).status == 204
    shown = (await teams("GET", f"/team/{parent}")).json
    assert (shown["members"], shown["owner"]) == ([gone, ada], gone)
    listed = await teams("GET", f"/team/{parent}/members?count=true")
    assert (names(listed), listed.headers["X-Total-Count"]) == (["Ada"], "1")
    expanded = (await teams("GET", f"/team/{parent}?expand=members,owner")).json
    assert ([m and m["name"] for m in expanded["members"]], expanded["owner"]) == ([None, "Ada"], None)
    assert (await teams("GET", f"/team/{parent}/owner")).status == 404
    assert (await teams("PUT", f"/team/{parent}", json_body={"name": "x", "members": [gone, ada]})).status == 200
    assert (await teams("PUT", f"/team/{parent}", json_body={"owner": None})).json["owner"] is None


async def test_what_receivers_ask_for_is_typed(teams: Api) -> None:
    await people(teams)
    asked = Condition("age", "in", ["36", 5])

    @signals.pre_get_list.connect
    def narrow(sender: Any, query: Query) -> None:
        query.where.append(asked)

    assert sorted(names(await teams("GET", "/member?home__exists=true"))) == ["Ada", "ada b"]
    asked = Condition("nope", "eq", 1)
    assert (await teams("GET", "/member")).status == 500


class Commands(monitoring.CommandListener):
    """Remembers what is asked of the store."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name in ("find", "count", "aggregate", "getMore", "update", "insert"):
            self.asked.append(dict(event.command))

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Not of interest."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Not of interest."""


@pytest.fixture
def commands(mongodb_uri: str, mongodb: None) -> Commands:
    """What MongoEngine asks of the server, from now on."""
    mongoengine.disconnect()
    listener = Commands()
    mongoengine.connect("bzz_test", host=mongodb_uri, uuidRepresentation="standard", event_listeners=[listener])
    return listener


async def test_the_store_is_asked_no_more_than_it_has_to_be(api: Api, commands: Commands) -> None:
    api.mount(*(bzz.ModelHive.routes_for("mongoengine", model) for model in (documents.Team, documents.Member)))
    ids = [await member(api, f"m{number}") for number in range(30)]
    for number in range(25):
        await team(api, owner=ids[number], members=ids[number : number + 5])

    replies: list[Reply] = []

    async def asked(path: str) -> list[dict[str, Any]]:
        commands.asked.clear()
        replies.append(await api("GET", path))
        assert replies[-1].status == 200
        return list(commands.asked)

    assert [command.get("find") for command in await asked("/team?expand=owner,members")] == [
        "team",
        "member",
        "member",
    ]
    assert len(await asked(f"/team/{(await api('GET', '/team')).json[0]['id']}/members?per_page=2")) == 2
    first = await asked("/team?sort=name&per_page=7")
    assert [(c["limit"], c.get("skip", 0), c["filter"]) for c in first] == [(8, 0, {})]
    link = replies[-1].headers["Link"]
    [following] = await asked(next(part[1:].split(">")[0] for part in link.split(", ") if "next" in part))
    assert (following["limit"], following.get("skip", 0)) == (8, 0)
    assert [sorted(part) for part in following["filter"]["$or"]] == [["name"], ["_id", "name"]]
    assert following["filter"]["$or"][0]["name"].keys() == {"$gt"}
    [find, count] = await asked("/team?count=true")
    assert ("find" in find, {"count", "aggregate"} & set(count) != set()) == (True, True)
    [following] = await asked("/team?name__icontains=" + quote(".*E"))
    assert following["filter"] == {"name": {"$regex": r"\.\*E", "$options": "i"}}
