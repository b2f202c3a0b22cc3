"""The acts associate and dissociate, over HTTP, on each provider."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

import bzz
from bzz import signals
from bzz.exceptions import Forbidden
from bzz.providers.memory import MemoryProvider
from bzz.testing import Sent
from tests.support.client import Api
from tests.support.teams import NOBODY, member, project, team


async def test_existing_instances_join_a_relation(teams: Api, sent: list[Sent]) -> None:
    ada, bob, cy = [await member(teams, name) for name in ("Ada", "Bob", "Cy")]
    parent = await team(teams)
    path = f"/team/{parent}/members"
    sent.clear()
    one = await teams("POST", path, form=f"members%5B%5D={ada}")
    assert (one.status, one.json["name"], one.headers["Location"]) == (201, "Ada", f"{path}/{ada}/")
    several = await teams("POST", path, json_body={"members": [bob, ada, cy, bob]})
    assert (several.status, [m["name"] for m in several.json]) == (201, ["Bob", "Ada", "Cy"])
    assert "Location" not in several.headers
    again = await teams("POST", path, form=[("members[]", ada), ("members[]", bob)])
    assert (again.status, [m["name"] for m in again.json]) == (200, ["Ada", "Bob"])
    assert (await teams("GET", f"/team/{parent}")).json["members"] == [ada, bob, cy]
    joins = [s for s in sent if "get" not in s.signal]
    assert [(s.signal, s.keywords["instance"].name) for s in joins] == [
        ("pre_associate", "Ada"),
        ("post_associate", "Ada"),
        ("pre_associate", "Bob"),
        ("pre_associate", "Cy"),
        ("post_associate", "Bob"),
        ("post_associate", "Cy"),
    ]
    assert {(s.sender.__name__, s.keywords["field"]) for s in joins} == {("Team", "members")}
    assert {type(s.keywords["parent"]).__name__ for s in joins} == {"Team"}
    assert all(s.keywords["arguments"] == [f"team/{parent}", "members"] for s in joins)


UNFIT: list[dict[str, Any]] = [
    {},
    {"members": []},
    {"members": None},
    {"members": "x"},
    {"members": ["x"]},
    {"members": [NOBODY]},
    {"members": [{"id": NOBODY}]},
    {"members": [None]},
    {"name": "Ada"},
    {"members": [NOBODY], "name": "Ada"},
]


@pytest.mark.parametrize("body", UNFIT)
async def test_an_invalid_association_writes_nothing(teams: Api, body: Any, sent: list[Sent]) -> None:
    ada = await member(teams)
    parent = await team(teams)
    sent.clear()
    if body.get("members") == [NOBODY]:
        body = body | {"members": [ada, NOBODY]}
    reply = await teams("POST", f"/team/{parent}/members", json_body=body)
    assert reply.status == 400
    assert {name.partition(".")[0] for name in reply.json["errors"]} <= {"members", "name"}
    assert [s for s in sent if "associate" in s.signal] == []
    assert (await teams("GET", f"/team/{parent}")).json["members"] == []


async def test_a_dissociated_member_is_not_deleted(teams: Api, sent: list[Sent]) -> None:
    ada, bob = await member(teams), await member(teams, "Bob")
    parent = await team(teams, members=[ada, bob])
    path = f"/team/{parent}/members/{ada}"
    sent.clear()
    assert (await teams("DELETE", path)).status == 204
    assert [(s.signal, s.sender.__name__, s.keywords["instance"].name, s.keywords["arguments"]) for s in sent] == [
        (f"{when}_dissociate", "Team", "Ada", [f"team/{parent}", f"members/{ada}"]) for when in ("pre", "post")
    ]
    assert (await teams("DELETE", path)).status == (await teams("GET", path)).status == 404
    assert (await teams("GET", f"/member/{ada}")).status == 200
    assert (await teams("GET", f"/team/{parent}")).json["members"] == [bob]


async def test_a_single_reference_is_replaced_and_unset(teams: Api, sent: list[Sent]) -> None:
    ada, bob = await member(teams), await member(teams, "Bob")
    parent = await team(teams)
    path = f"/team/{parent}/owner"
    assert (await teams("GET", path)).status == (await teams("DELETE", path)).status == 404
    sent.clear()
    first = await teams("POST", path, form={"owner": ada})
    assert (first.status, first.json["name"], first.headers["Location"]) == (201, "Ada", f"{path}/")
    assert (await teams("POST", path, json_body={"owner": ada})).status == 200
    assert (await teams("POST", path, json_body={"owner": bob})).status == 201
    assert (await teams("GET", path)).json["name"] == "Bob"
    assert (await teams("DELETE", path)).status == 204
    assert (await teams("GET", f"/team/{parent}")).json["owner"] is None
    changes = [
        (s.signal, s.keywords["instance"].name) for s in sent if "associate" in s.signal or "dissociate" in s.signal
    ]
    assert changes == [
        ("pre_associate", "Ada"),
        ("post_associate", "Ada"),
        ("pre_dissociate", "Ada"),
        ("pre_associate", "Bob"),
        ("post_dissociate", "Ada"),
        ("post_associate", "Bob"),
        ("pre_dissociate", "Bob"),
        ("post_dissociate", "Bob"),
    ]
    for body in ({"owner": None}, {"owner": NOBODY}, {"owner": "x"}, {"owner": [ada]}):
        assert (await teams("POST", path, json_body=body)).status == 400


async def test_members_join_and_leave_a_relation_of_an_embedded_document(teams: Api, sent: list[Sent]) -> None:
    ada = await member(teams)
    parent = await team(teams)
    path = f"/team/{parent}/projects/{await project(teams, parent)}"
    sent.clear()
    assert (await teams("POST", f"{path}/lead", json_body={"lead": ada})).status == 201
    assert (await teams("POST", f"{path}/members", json_body={"members": [ada]})).status == 201
    assert {(s.sender.__name__, type(s.keywords["parent"]).__name__) for s in sent} == {("Project", "Project")}
    assert (await teams("GET", f"{path}/members/{ada}")).json["name"] == "Ada"
    assert (await teams("GET", f"{path}/lead/friends")).json == []
    assert (await teams("DELETE", f"{path}/members/{ada}")).status == 204
    assert (await teams("GET", path)).json["members"] == []


@pytest.mark.parametrize("when", ["joins", "leaves"])
async def test_a_receiver_may_refuse_a_member_that_joins_or_leaves(teams: Api, when: str) -> None:
    ada, bob = await member(teams), await member(teams, "Bob")
    parent = await team(teams, members=[ada] if when == "leaves" else [])

    @(signals.pre_associate if when == "joins" else signals.pre_dissociate).connect
    def refuse(sender: Any, instance: Any, parent: Any, field: str) -> None:
        if (instance.name, parent.name, field) == ("Ada", "Engine", "members"):
            raise Forbidden("not Ada")

    if when == "joins":
        reply = await teams("POST", f"/team/{parent}/members", json_body={"members": [bob, ada]})
    else:
        reply = await teams("DELETE", f"/team/{parent}/members/{ada}")
    assert reply.status == 403
    assert (await teams("GET", f"/team/{parent}")).json["members"] == ([ada] if when == "leaves" else [])


async def test_fifty_concurrent_associations_lose_no_member(teams: Api) -> None:
    people = await asyncio.gather(*(member(teams, f"m{n}") for n in range(50)))
    parent = await team(teams)
    replies = await asyncio.gather(
        *(teams("POST", f"/team/{parent}/members", json_body={"members": [person]}) for person in people)
    )
    assert {reply.status for reply in replies} == {201}
    assert sorted((await teams("GET", f"/team/{parent}")).json["members"]) == sorted(people)


async def test_one_of_six_concurrent_requests_adds_the_same_member(teams: Api, sent: list[Sent]) -> None:
    ada, parent = await member(teams), await team(teams)
    sent.clear()
    replies = await asyncio.gather(
        *(teams("POST", f"/team/{parent}/members", json_body={"members": [ada]}) for _ in range(6))
    )
    assert sorted(reply.status for reply in replies) == [200] * 5 + [201]
    assert [s.signal for s in sent].count("post_associate") == 1
    assert (await teams("GET", f"/team/{parent}")).json["members"] == [ada]


async def test_concurrent_replacements_of_a_reference_tell_the_truth(teams: Api, sent: list[Sent]) -> None:
    people = [await member(teams, str(number)) for number in range(8)]
    parent = await team(teams, owner=people[0])
    sent.clear()
    replies = await asyncio.gather(
        *(teams("POST", f"/team/{parent}/owner", json_body={"owner": person}) for person in people[1:])
    )
    statuses = {reply.status for reply in replies}
    assert {201} <= statuses <= {201, 409}
    changes = [(s.signal, s.keywords["instance"].name) for s in sent if s.signal.startswith("post_")]
    left = [name for signal, name in changes if signal == "post_dissociate"]
    joined = [name for signal, name in changes if signal == "post_associate"]
    assert len(left) == len(joined) == [reply.status for reply in replies].count(201)
    last = (await teams("GET", f"/team/{parent}/owner")).json["name"]
    assert sorted(left) == sorted({"0", *joined} - {last}), "who has joined leaves before the next one joins"


async def test_one_of_two_concurrent_dissociations_of_a_member_is_not_found(teams: Api) -> None:
    ada = await member(teams)
    parent = await team(teams, members=[ada])
    both = asyncio.Barrier(2)

    @signals.pre_dissociate.connect
    async def meet(sender: Any) -> None:
        await both.wait()

    replies = await asyncio.gather(*(teams("DELETE", f"/team/{parent}/members/{ada}") for _ in range(2)))
    assert sorted(reply.status for reply in replies) == [204, 404]


async def test_the_reply_shows_an_instance_that_joined_itself_as_it_is_now(teams: Api) -> None:
    ada = await member(teams)
    reply = await teams("POST", f"/member/{ada}/friends", json_body={"friends": [ada]})
    assert reply.json["friends"] == [ada]


async def test_an_error_names_at_most_100_missing_members(teams: Api) -> None:
    ada, parent = await member(teams), await team(teams)
    keys = [ada, *(f"{number:024}" for number in range(200))]
    reply = await teams("POST", f"/team/{parent}/members", json_body={"members": keys})
    [message] = reply.json["errors"]["members"]
    assert (reply.status, message.count(",")) == (400, 99)


@dataclass
class Numbered:
    id: int
    itself: int | None = field(default=None, metadata={"reference": "Numbered"})


async def test_a_primary_key_may_be_zero(api: Api, provider: MemoryProvider) -> None:
    api.mount(bzz.ModelHive.routes_for(provider, Numbered))
    await api.create("/numbered", id=0)
    assert (await api("POST", "/numbered/0/itself", json_body={"itself": 0})).json == {"id": "0", "itself": "0"}
    assert (await api("DELETE", "/numbered/0/itself")).status == 204


async def test_a_receiver_of_post_associate_may_answer_the_request(teams: Api) -> None:
    ada, parent = await member(teams), await team(teams)

    @signals.post_associate.connect
    def answer(sender: Any, handler: Any) -> None:
        handler.set_status(202)
        handler.finish("later")

    reply = await teams("POST", f"/team/{parent}/members", json_body={"members": [ada]})
    assert (reply.status, reply.body) == (202, b"later")
    assert (await teams("GET", f"/team/{parent}")).json["members"] == [ada]


async def test_a_member_that_two_requests_replace_by_another_leaves_once(teams: Api, sent: list[Sent]) -> None:
    ada, bob = await member(teams), await member(teams, "Bob")
    parent = await team(teams, owner=ada)
    both = asyncio.Barrier(2)

    @signals.pre_associate.connect
    async def meet(sender: Any) -> None:
        await both.wait()

    replies = await asyncio.gather(
        *(teams("POST", f"/team/{parent}/owner", json_body={"owner": bob}) for _ in range(2))
    )
    assert sorted(reply.status for reply in replies) == [200, 201]
    assert [s.signal for s in sent if s.signal.startswith("post_") and s.signal.endswith("sociate")] == [
        "post_dissociate",
        "post_associate",
    ]


async def test_an_error_names_at_most_100_fields(teams: Api) -> None:
    body = {f"x{number}": 1 for number in range(5000)}
    reply = await teams("POST", f"/team/{await team(teams)}/members", json_body=body)
    assert (reply.status, len(reply.json["errors"])) == (400, 100)


async def test_a_body_that_changes_a_list_of_references_tells_the_update_and_then_who_left_and_joined(
    teams: Api, sent: list[Sent]
) -> None:
    ada, bob = await member(teams), await member(teams, "Bob")
    parent = await team(teams, members=[ada])
    sent.clear()
    assert (await teams("PATCH", f"/team/{parent}", json_body={"members": [bob], "owner": ada})).status == 200
    told = [(s.signal, s.keywords["field"], s.keywords["instance"].name) for s in sent if "sociate" in s.signal]
    told = [one for one in told if one[1] == "members"]
    names = [("dissociate", "members", "Ada"), ("associate", "members", "Bob")]
    assert told == [(f"{when}_{name}", *rest) for when in ("pre", "post") for name, *rest in names]
    order = [s.signal for s in sent]
    assert order.index("pre_update_instance") < order.index("pre_dissociate") < order.index("post_update_instance")
    assert sum("owner" in s.keywords.get("field", "") for s in sent) == 2
