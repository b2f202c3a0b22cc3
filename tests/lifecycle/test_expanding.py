"""Replies with ``fields`` and ``expand``, on each provider."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import quote

import bzz
from bzz.providers.memory import MemoryProvider
from bzz.providers.values import Query
from bzz.signals import pre_get_list
from bzz.testing.client import Reply
from tests.support.client import Api
from tests.support.commands import Commands
from tests.support.teams import documents, member, names, project, team


async def test_fields_and_expand_shape_the_reply(teams: Api) -> None:
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


async def test_a_dangling_reference_is_shown_skipped_in_lists_and_expanded_to_null(teams: Api) -> None:
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


async def test_each_expanded_field_takes_one_query(api: Api, commands: Commands) -> None:
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
    assert [sorted(part) for part in following["filter"]["$or"]] == [["$expr", "name"], ["$expr", "_id", "name"]]
    assert following["filter"]["$or"][0]["$expr"].keys() == {"$gt"}
    [find, count] = await asked("/team?count=true")
    assert ("find" in find, {"count", "aggregate"} & set(count) != set()) == (True, True)
    [following] = await asked("/team?name__icontains=" + quote(".*E"))
    assert following["filter"] == {"name": {"$regex": r"\.\*E", "$options": "i"}}


async def test_at_most_10000_references_are_expanded(teams: Api) -> None:
    ids = [await member(teams, str(number)) for number in range(25)]
    await asyncio.gather(*(teams("PUT", f"/member/{key}", json_body={"friends": ids}) for key in ids))
    assert (await teams("GET", f"/member/{ids[0]}?expand=friends.friends")).status == 200
    refused = await teams("GET", "/member?per_page=25&expand=friends.friends")
    assert (refused.status, refused.json["detail"]) == (
        400,
        "At most 10000 references are expanded at once; ask for fewer.",
    )


@dataclass
class Shown:
    """It shows itself in its own way."""

    id: str
    member: str | None = field(default=None, metadata={"reference": "Shown"})
    members: list[str] = field(default_factory=list, metadata={"reference": "Shown"})

    @bzz.represents
    def to_dict(self) -> Any:
        return (
            "nothing" if self.id == "text" else {"key": self.id, "member": self.member, "members": [1, *self.members]}
        )


async def test_a_model_with_to_dict_is_expanded_where_it_shows_keys(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Shown))
    await api.create("/shown", id="a")
    await api.create("/shown", id="text", member="a")
    await api.create("/shown", id="b", member="a", members=["a", "text"])
    inner = {"key": "a", "member": None, "members": [1]}
    assert (await api("GET", "/shown?expand=member,members&fields=member,members")).json == [
        {"member": None, "members": [1]},
        {"member": inner, "members": [1, inner, "nothing"]},
        "nothing",
    ]


async def test_the_entity_tag_of_a_write_does_not_depend_on_expand(teams: Api) -> None:
    ada = await member(teams)
    path = f"/team/{await team(teams, owner=ada)}"
    plain = (await teams("PUT", path, json_body={"name": "x"})).headers["ETag"]
    expanded = await teams("PUT", f"{path}?expand=owner", json_body={"name": "x"})
    assert (expanded.json["owner"]["name"], expanded.headers["ETag"]) == ("Ada", plain)


async def test_a_receiver_of_pre_get_list_may_add_to_expand(teams: Api, models: ModuleType) -> None:
    def show_owner(sender: type, query: Query) -> None:
        query.expand.append("owner")

    await team(teams, owner=await member(teams))
    with pre_get_list.connected_to(show_owner, sender=models.Team):
        [shown] = (await teams("GET", "/team")).json
    assert shown["owner"]["name"] == "Ada"
